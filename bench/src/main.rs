//! Plays Lambda for the function and for other ways to do the same, and measures them in turn.
//!
//! `bench PLAN FOLDER`: the plan is `run.py`'s; results.json, the page and the plots go into the
//! folder. `make bench` does both.

#![expect(clippy::disallowed_methods, reason = "the one place that reads environment and clock")]

mod allocated;
mod cost;
mod environment;
mod goals;
mod http;
mod instructions;
mod life;
mod order;
mod page;
mod plan;
mod plot;
mod results;
mod runtime_api;
mod sample;
mod wire;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Write as _, stderr};
use std::path::Path;
use std::slice::from_ref;
use std::{env, fs};

use serde::de::DeserializeOwned;
use tokio::process::Command;

use environment::{Emulator, Variables};
use life::{Life, Truth};
use order::order;
use plan::{Contender, Plan};
use plot::{Bar, Chart};
use results::{Finding, Library, LibraryBatches, Measured, Results};
use sample::Sample;

/// Why there are no results.
type Failed = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failed> {
    let mut arguments = env::args().skip(1);
    let (plan, folder) = arguments.next().zip(arguments.next()).ok_or("bench PLAN FOLDER")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let scratch = Path::new(&plan).parent().ok_or("the plan is in no folder")?;
    let parsed = serde_json::from_str(&fs::read_to_string(&plan)?)?;
    let results = runtime.block_on(measure(&parsed, scratch))?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    fs::write(folder.join("results.json"), serde_json::to_string_pretty(&results)? + "\n")?;
    fs::write(folder.join("README.md"), page::page(&results))?;
    plots(&results, folder)
}

async fn measure(plan: &Plan, scratch: &Path) -> Result<Results, Failed> {
    let emulator = Emulator::start(&plan.emulator).await?;
    let user = emulator.variables.get("DB_USER").cloned().ok_or("no DB_USER")?;
    let mut truth = Truth { user, version: None };
    let mut contenders = rounds(plan, &emulator, &mut truth).await;
    for (measured, contender) in contenders.iter_mut().zip(&plan.contenders) {
        if measured.problem.is_some() {
            continue;
        }
        if contender.asks {
            say(&format!("counting round trips: {}", contender.title));
            measured.wire = life::count(contender, &emulator, &mut truth).await.into();
        }
        if let Some(valgrind) = plan.valgrind.as_ref().filter(|_| contender.counted) {
            say(&format!("counting instructions: {}", contender.title));
            let counted = instructions::count(valgrind, contender, &emulator, scratch).await;
            measured.instructions = counted.into();
        }
    }
    say("measuring the library and the signers");
    let batches = printed::<LibraryBatches>(from_ref(&plan.library), &emulator.variables).await;
    let (library_us, mut signing_us) = library(batches.into());
    let profile = scratch.join("dhat.json").display().to_string();
    let command = [plan.allocations.clone(), profile];
    let allocations = printed(&command, &emulator.variables).await.into();
    for (signer, command) in &plan.signers {
        let micros = printed::<Vec<f64>>(command, &emulator.variables).await;
        signing_us.insert(signer.clone(), Finding::from(micros).map(Sample::new));
    }
    emulator.stop().await?;
    let (machine, rounds) = (plan.machine.clone(), plan.rounds);
    let goals = Vec::new();
    let mut results =
        Results { machine, rounds, goals, contenders, library_us, signing_us, allocations };
    results.goals = goals::judge(&results);
    Ok(results)
}

/// What the program `library` printed, by what it is about.
fn library(
    batches: Finding<LibraryBatches>,
) -> (Finding<Library>, BTreeMap<String, Finding<Sample>>) {
    let (library, signers) = match batches {
        Finding::Found(batches) => {
            let library = Library {
                handler: Sample::new(batches.handler),
                probe: Sample::new(batches.probe),
                raw: Sample::new(batches.raw),
                direct: Sample::new(batches.direct),
            };
            let signers = [batches.sign, batches.sdk_sign].map(Sample::new).map(Finding::Found);
            (Finding::Found(library), signers)
        }
        Finding::Failed(problem) => {
            let signers = [problem.clone(), problem.clone()].map(Finding::Failed);
            (Finding::Failed(problem), signers)
        }
        Finding::NotMeasured => {
            (Finding::NotMeasured, [Finding::NotMeasured, Finding::NotMeasured])
        }
    };
    let names = [goals::PROBE.to_owned(), "aws-sdk-rds (Rust)".to_owned()];
    (library, names.into_iter().zip(signers).collect())
}

/// One process of each contender a round. A round before the first fills the caches and does not
/// count.
async fn rounds(plan: &Plan, emulator: &Emulator, truth: &mut Truth) -> Vec<Measured> {
    let mut lives: Vec<Result<Vec<Life>, Failed>> = plan
        .contenders
        .iter()
        .map(|it| it.problem.clone().map_or(Ok(Vec::new()), |problem| Err(problem.into())))
        .collect();
    for round in 0..=plan.rounds {
        say(&format!("round {round} of {}", plan.rounds));
        for turn in order(round, plan.contenders.len()) {
            let (Some(lives), Some(contender)) = (lives.get_mut(turn), plan.contenders.get(turn))
            else {
                continue;
            };
            let Ok(lived) = lives else { continue };
            match life::live(contender, emulator, truth).await {
                Ok(life) if round > 0 => lived.push(life),
                Ok(_) => {}
                Err(error) => {
                    say(&format!("{} failed: {error}", contender.title));
                    *lives = Err(error);
                }
            }
        }
    }
    lives.into_iter().zip(&plan.contenders).map(|(lives, it)| measured(it, lives)).collect()
}

fn measured(contender: &Contender, lives: Result<Vec<Life>, Failed>) -> Measured {
    let mut measured = Measured {
        name: contender.name.clone(),
        title: contender.title.clone(),
        asks: contender.asks,
        zip_bytes: contender.zip_bytes,
        ..Measured::default()
    };
    match lives {
        Ok(lives) => measured.take(&lives),
        Err(error) => measured.problem = Some(error.to_string()),
    }
    measured
}

/// Runs a program with the emulator's variables and reads what it prints.
async fn printed<T: DeserializeOwned>(
    command: &[String],
    variables: &Variables,
) -> Result<T, Failed> {
    let [program, arguments @ ..] = command else { return Err("an empty command".into()) };
    let output = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(variables)
        .stderr(std::process::Stdio::inherit())
        .output()
        .await?;
    if !output.status.success() {
        return Err(format!("{program}: {}", output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn plots(results: &Results, folder: &Path) -> Result<(), Failed> {
    let usable = || results.contenders.iter().filter(|it| it.problem.is_none());
    let bars = |parts: fn(&Measured) -> Vec<f64>, all: bool| {
        usable()
            .filter(|it| all || it.asks)
            .map(|it| Bar { name: it.title.clone(), parts: parts(it) })
            .collect()
    };
    Chart {
        title: "From the spawn to the verdict",
        unit: "ms",
        parts: &["INIT", "first invocation"],
        bars: bars(|it| vec![it.init.median, it.first.median], false),
    }
    .write(&folder.join("cold.svg"))?;
    Chart {
        title: "Warm invocations: over the kept session, and what a fresh one adds",
        unit: "ms",
        parts: &["kept session", "fresh session"],
        bars: bars(|it| vec![it.kept.median, (it.fresh.median - it.kept.median).max(0.0)], false),
    }
    .write(&folder.join("warm.svg"))?;
    Chart {
        title: "Resident after the first invocation, and zip",
        unit: "MB",
        parts: &["resident", "zip"],
        bars: bars(
            |it| vec![it.resident_kib.median * 1024.0 / 1e6, goals::zip_bytes(it) / 1e6],
            true,
        ),
    }
    .write(&folder.join("size.svg"))
}

fn say(text: &str) {
    // Nobody is left to tell when standard error is closed.
    drop(writeln!(stderr(), "bench: {text}"));
}
