//! Measures every contender of a plan, and the function's library.
//!
//! The modules; each imports only from its left:
//!
//! `plan` → `turns` → `progress` → `emulator` → `runtime_api` → `usage` → `relay` → `run` →
//! `instructions` → `contenders` → `programs`

mod contenders;
mod emulator;
mod instructions;
pub(crate) mod plan;
mod programs;
mod progress;
mod relay;
mod run;
mod runtime_api;
mod turns;
mod usage;

use std::path::Path;

use crate::error::BoxError;
use crate::results::{ContenderResults, MySqlResults, Results};
use emulator::{Emulator, Engine};
use plan::{Comparison, Plan};
use programs::Programs;
use run::ExpectedAnswer;

/// Carries out the plan against one emulator with PostgreSQL.
pub(crate) async fn measure(plan: &Plan, scratch: &Path) -> Result<Results, BoxError> {
    let comparison = &plan.comparison;
    let emulator = Emulator::start(&comparison.emulator, Engine::PostgreSql).await?;
    let contenders = compare(comparison, &emulator, scratch).await?;
    let programs = Programs { plan, variables: &emulator.variables };
    let (library_us, signing_us) = programs.library_and_signers().await;
    let allocations = programs.allocations(scratch).await;
    emulator.stop().await?;
    let (machine, rounds) = (comparison.machine.clone(), comparison.rounds);
    Ok(Results { machine, rounds, contenders, library_us, signing_us, allocations })
}

/// Compares the contenders against one emulator with MySQL.
pub(crate) async fn measure_mysql(
    comparison: &Comparison,
    scratch: &Path,
) -> Result<MySqlResults, BoxError> {
    let emulator = Emulator::start(&comparison.emulator, Engine::MySql).await?;
    let contenders = compare(comparison, &emulator, scratch).await?;
    emulator.stop().await?;
    let (machine, rounds) = (comparison.machine.clone(), comparison.rounds);
    Ok(MySqlResults { machine, rounds, contenders })
}

async fn compare(
    comparison: &Comparison,
    emulator: &Emulator,
    scratch: &Path,
) -> Result<Vec<ContenderResults>, BoxError> {
    let user = emulator.variables.get("DB_USER").cloned().ok_or("no DB_USER")?;
    let mut expected = ExpectedAnswer { user, version: None };
    let mut contenders = contenders::time(comparison, emulator, &mut expected).await;
    contenders::count(comparison, emulator, &mut expected, scratch, &mut contenders).await;
    Ok(contenders)
}
