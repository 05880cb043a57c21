//! The answer to a deployment.

use serde_json::{Map, Value};

use super::wait::Waited;
use crate::clock::human_duration;
use crate::cloudformation::Answer;
use crate::config::Config;
use crate::diagnosis::Diagnosis;
use crate::probe::Outcome;

/// The answer to a stack after a probe. A degraded path answers, so the stack continues.
pub fn answer(physical_id: &str, config: Option<&Config>, waited: &Waited) -> Answer {
    let status = match waited.report.outcome() {
        Outcome::Healthy => "healthy",
        Outcome::Degraded(_) => "degraded",
        Outcome::Failed(_) => return Answer::failure(physical_id, &failure(waited)),
    };
    let mut data = Map::new();
    let mut tell = |name: &str, value: &str| data.insert(name.to_owned(), Value::from(value));
    tell("Status", status);
    if let Some(config) = config {
        tell("Host", config.endpoint.host.as_str());
    }
    if let Some(database) = waited.report.database() {
        tell("User", &database.user);
        tell("DatabaseVersion", &database.version);
        tell("Role", database.role.as_str());
    }
    Answer::success(physical_id, data)
}

fn failure(waited: &Waited) -> String {
    let found = waited.diagnosis.as_ref().map(reason).unwrap_or_default();
    match waited.probes {
        0 => found,
        1 => format!("{found} (1 probe in {}.)", human_duration(waited.elapsed)),
        probes => format!("{found} ({probes} probes in {}.)", human_duration(waited.elapsed)),
    }
}

/// A diagnosis in one line: code, summary, first remedy, and its command.
pub fn reason(diagnosis: &Diagnosis) -> String {
    let Diagnosis { code, summary, causes, .. } = diagnosis;
    let mut line = format!("{}: {summary}", code.as_str());
    let first = causes.first();
    let commands = first.into_iter().flat_map(|cause| &cause.commands).take(1);
    for part in first.map(|cause| &cause.remedy).into_iter().chain(commands) {
        line.push(' ');
        line.push_str(part);
    }
    line
}
