//! All contenders: their processes in turn, and what is counted of each.

use std::path::Path;

use crate::error::BoxError;
use crate::measure::emulator::Emulator;
use crate::measure::instructions;
use crate::measure::plan::{Comparison, Contender};
use crate::measure::progress::{measurement, print};
use crate::measure::run::{ExpectedAnswer, Timings, network_use, timings};
use crate::measure::turns::turns;
use crate::results::ContenderResults;
use crate::sample::Sample;

/// Times one process of each contender per round. A round before the first fills the caches and
/// does not count.
pub(crate) async fn time(
    plan: &Comparison,
    emulator: &Emulator,
    expected: &mut ExpectedAnswer,
) -> Vec<ContenderResults> {
    let mut runs: Vec<Result<Vec<Timings>, BoxError>> = plan
        .contenders
        .iter()
        .map(|it| it.problem.clone().map_or(Ok(Vec::new()), |problem| Err(problem.into())))
        .collect();
    for round in 0..=plan.rounds {
        print(&format!("round {round} of {}", plan.rounds));
        for turn in turns(round, plan.contenders.len()) {
            let (Some(runs), Some(contender)) = (runs.get_mut(turn), plan.contenders.get(turn))
            else {
                continue;
            };
            let Ok(earlier) = runs else { continue };
            match timings(contender, emulator, expected).await {
                Ok(timings) if round > 0 => earlier.push(timings),
                Ok(_) => {}
                Err(error) => {
                    print(&format!("{} failed: {error}", contender.title));
                    *runs = Err(error);
                }
            }
        }
    }
    plan.contenders.iter().zip(runs).map(|(contender, runs)| results(contender, runs)).collect()
}

/// Counts round trips and instructions of those that could be timed.
pub(crate) async fn count(
    plan: &Comparison,
    emulator: &Emulator,
    expected: &mut ExpectedAnswer,
    scratch: &Path,
    contenders: &mut [ContenderResults],
) {
    for (results, contender) in contenders.iter_mut().zip(&plan.contenders) {
        if results.problem.is_some() {
            continue;
        }
        if contender.asks {
            let what = format!("counting round trips: {}", contender.title);
            print(&what);
            let counted = network_use(contender, emulator, expected).await;
            results.wire = measurement(&what, counted);
        }
        if let Some(valgrind) = plan.valgrind.as_ref().filter(|_| contender.counted) {
            let what = format!("counting instructions: {}", contender.title);
            print(&what);
            let counted = instructions::count(valgrind, contender, emulator, scratch).await;
            results.instructions = measurement(&what, counted);
        }
    }
}

/// One contender's results, with one value per run.
fn results(contender: &Contender, runs: Result<Vec<Timings>, BoxError>) -> ContenderResults {
    let results = ContenderResults {
        name: contender.name.clone(),
        title: contender.title.clone(),
        asks: contender.asks,
        zip_bytes: contender.zip_bytes,
        ..ContenderResults::default()
    };
    let runs = match runs {
        Ok(runs) => runs,
        Err(error) => return ContenderResults { problem: Some(error.to_string()), ..results },
    };
    let sample = |of: fn(&Timings) -> f64| Sample::new(runs.iter().map(of));
    ContenderResults {
        init: sample(|run| run.init),
        first: sample(|run| run.first),
        cold: sample(|run| run.init + run.first),
        kept: sample(|run| run.kept),
        fresh: sample(|run| run.fresh),
        resident_kib: sample(|run| run.resident_kib),
        cpu_init: sample(|run| run.cpu_init),
        cpu_first: sample(|run| run.cpu_first),
        cpu_kept: sample(|run| run.cpu_kept),
        cpu_fresh: sample(|run| run.cpu_fresh),
        emulator_cpu_kept: sample(|run| run.emulator_cpu_kept),
        emulator_cpu_fresh: sample(|run| run.emulator_cpu_fresh),
        ..results
    }
}
