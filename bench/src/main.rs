//! Plays Lambda for the function and for other programs that do the same, measures them in turn,
//! and writes a report about what was measured.
//!
//! `bench measure PLAN FOLDER` carries out the plan that `run.py` makes, writes results.json into
//! the folder, and then the report. `bench report FOLDER` writes the report again from that file:
//! the page and the charts.
//!
//! The modules; each imports only from its left:
//!
//! `error` → `sample` → `results` → `report` → `measure` → `main`

mod error;
mod measure;
mod report;
mod results;
mod sample;

use std::path::Path;
use std::{env, fs};

use error::BoxError;
use measure::plan::Plan;
use results::Results;

const USAGE: &str = "usage: bench measure PLAN FOLDER, or bench report FOLDER";

fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["measure", plan, folder] => {
            measured(Path::new(plan), Path::new(folder))?;
            reported(Path::new(folder))
        }
        ["report", folder] => reported(Path::new(folder)),
        _ => Err(USAGE.into()),
    }
}

/// Measures, and writes results.json. Large files of the tools go beside the plan.
fn measured(plan: &Path, folder: &Path) -> Result<(), BoxError> {
    let scratch = plan.parent().ok_or("the plan is in no folder")?;
    let plan: Plan = serde_json::from_str(&fs::read_to_string(plan)?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let results = runtime.block_on(measure::measure(&plan, scratch))?;
    fs::create_dir_all(folder)?;
    fs::write(folder.join("results.json"), serde_json::to_string_pretty(&results)? + "\n")?;
    Ok(())
}

/// Writes the report, always from results.json, so that it is the same whenever it is written.
fn reported(folder: &Path) -> Result<(), BoxError> {
    let results: Results = serde_json::from_str(&fs::read_to_string(folder.join("results.json"))?)?;
    for (name, text) in report::files(&results) {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_and_charts_are_what_the_results_make() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance");
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        let results: Results = serde_json::from_str(&read("results.json")).unwrap();
        for (name, text) in report::files(&results) {
            assert!(read(name) == text, "docs/performance/{name} is old: run make bench-report");
        }
    }
}
