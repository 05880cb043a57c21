//! Results for programs: the report, or with several targets a line for each.

use rds_proxy_probe::config::{Config, Problems};
use rds_proxy_probe::diagnosis::{Diagnosis, diagnose_at};
use rds_proxy_probe::probe::{ConfigFailure, Report};
use rds_proxy_probe::response::Answered;

use super::Finished;
use crate::status::Status;
use crate::surroundings::Surroundings;
use crate::terminal::Output;

/// Writes the report of a configuration that has problems.
pub(super) fn of_problems(
    problems: Problems,
    surroundings: &Surroundings,
    output: &Output,
) -> Status {
    let failure = ConfigFailure::Variables(problems);
    let report = Report::not_begun(failure, std::time::Duration::ZERO);
    let diagnosis = diagnose_at(surroundings.site(), &report, None);
    write(&report, diagnosis.as_ref(), None, None, output);
    Status::of(&report)
}

/// Writes the only report.
pub(super) fn of_one(finished: &Finished, output: &Output) -> Status {
    let Finished { config, report, diagnosis, .. } = finished;
    write(report, diagnosis.as_ref(), Some(config), None, output);
    Status::of(report)
}

/// Writes one report of several: its first key is the target's name.
pub(super) fn of_several(finished: &Finished, output: &Output) {
    let Finished { label, config, report, diagnosis, .. } = finished;
    write(report, diagnosis.as_ref(), Some(config), Some(label), output);
}

fn write(
    report: &Report,
    diagnosis: Option<&Diagnosis>,
    config: Option<&Config>,
    label: Option<&str>,
    output: &Output,
) {
    let answered = Answered { report, diagnosis, config, invocation: None };
    // Its numbers are all finite, and then JSON has a form for it.
    let Ok(reply) = answered.report(&answered.message()) else { return };
    let json = reply.as_json();
    match (label, json.strip_prefix('{')) {
        (Some(label), Some(rest)) => {
            let label = serde_json::Value::from(label);
            output.write(&format!("{{\"target\":{label},{rest}\n"));
        }
        (Some(_) | None, _) => output.write(&format!("{json}\n")),
    }
}
