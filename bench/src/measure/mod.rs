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
use crate::results::Results;
use emulator::Emulator;
use plan::Plan;
use programs::Programs;
use run::ExpectedAnswer;

/// Carries out the plan against one emulator.
pub(crate) async fn measure(plan: &Plan, scratch: &Path) -> Result<Results, BoxError> {
    let emulator = Emulator::start(&plan.emulator).await?;
    let user = emulator.variables.get("DB_USER").cloned().ok_or("no DB_USER")?;
    let mut expected = ExpectedAnswer { user, version: None };
    let mut contenders = contenders::time(plan, &emulator, &mut expected).await;
    contenders::count(plan, &emulator, &mut expected, scratch, &mut contenders).await;
    let programs = Programs { plan, variables: &emulator.variables };
    let (library_us, signing_us) = programs.library_and_signers().await;
    let allocations = programs.allocations(scratch).await;
    emulator.stop().await?;
    let (machine, rounds) = (plan.machine.clone(), plan.rounds);
    Ok(Results { machine, rounds, contenders, library_us, signing_us, allocations })
}
