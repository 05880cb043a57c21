//! Plays Lambda for the function and for other programs that do the same, measures them in turn,
//! and writes a report about what was measured.
//!
//! `bench measure PLAN FOLDER` carries out the plan that `run.py` makes, writes results.json into
//! the folder, and then the report. `bench measure-mysql` does the same with MySQL, and writes
//! mysql.json. `bench report FOLDER` writes the report again from both files: pages and charts.
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

use serde::Serialize;
use serde::de::DeserializeOwned;

use error::BoxError;

const USAGE: &str = "usage: bench measure PLAN FOLDER, bench measure-mysql PLAN FOLDER, or bench \
                     report FOLDER";

fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["measure", plan, folder] => {
            measure(Path::new(plan), Path::new(folder))?;
            report(Path::new(folder))
        }
        ["measure-mysql", plan, folder] => {
            measure_mysql(Path::new(plan), Path::new(folder))?;
            report_mysql(Path::new(folder))
        }
        ["report", folder] => {
            report(Path::new(folder))?;
            report_mysql(Path::new(folder))
        }
        _ => Err(USAGE.into()),
    }
}

/// Measures, and writes results.json. Large files of the tools go beside the plan.
fn measure(plan: &Path, folder: &Path) -> Result<(), BoxError> {
    let scratch = plan.parent().ok_or("the plan is in no folder")?;
    let plan = read(plan)?;
    let results = runtime()?.block_on(measure::measure(&plan, scratch))?;
    write(&folder.join("results.json"), &results)
}

/// Measures with MySQL, and writes mysql.json.
fn measure_mysql(plan: &Path, folder: &Path) -> Result<(), BoxError> {
    let scratch = plan.parent().ok_or("the plan is in no folder")?;
    let comparison = read(plan)?;
    let results = runtime()?.block_on(measure::measure_mysql(&comparison, scratch))?;
    write(&folder.join("mysql.json"), &results)
}

/// Writes the report, always from results.json, so that it is the same whenever it is written.
fn report(folder: &Path) -> Result<(), BoxError> {
    write_all(folder, report::files(&read(&folder.join("results.json"))?))
}

/// Writes the report about MySQL, from mysql.json.
fn report_mysql(folder: &Path) -> Result<(), BoxError> {
    write_all(folder, report::mysql_files(&read(&folder.join("mysql.json"))?))
}

fn write_all(folder: &Path, files: Vec<(&str, String)>) -> Result<(), BoxError> {
    for (name, text) in files {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

fn runtime() -> Result<tokio::runtime::Runtime, BoxError> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

fn read<T: DeserializeOwned>(file: &Path) -> Result<T, BoxError> {
    Ok(serde_json::from_str(&fs::read_to_string(file)?)?)
}

fn write(file: &Path, results: &impl Serialize) -> Result<(), BoxError> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(fs::write(file, serde_json::to_string_pretty(results)? + "\n")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_charts_are_what_the_results_make() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance");
        let mut files = report::files(&read(&folder.join("results.json")).unwrap());
        let mysql = read(&folder.join("mysql.json")).unwrap();
        files.extend(report::mysql_files(&mysql));
        for (name, text) in files {
            let written = fs::read_to_string(folder.join(name)).unwrap();
            assert!(written == text, "docs/performance/{name} is old: run make bench-report");
        }
    }
}
