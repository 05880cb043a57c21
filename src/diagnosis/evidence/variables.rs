//! Variables that the function does not read, set instead of one that it reads: evidence if the
//! missing one matters for the failure.

use crate::config::Config;
use crate::diagnosis::draft::Draft;
use crate::diagnosis::{Advice, Code, Facts};

static MISNAMED: Advice = Advice {
    engine: None,
    cause: "A setting is in a variable that {the function does not|is not} read{| here}, so its \
            default was used.",
    remedy: "Set the {function's own variable|option} to that value. docs/reference.md lists all \
             variables.",
    commands: &[],
};

/// Causes that only the variables tell.
pub(super) const ADVICE: &[&Advice] = &[&MISNAMED];

/// Which variables matter for a code. A missing required one is a problem of the configuration.
const DECIDING: &[(Code, &[&str])] = &[
    (Code::DatabaseNotFound, &["DB_NAME"]),
    (Code::ConnectNotPermitted, &["DB_NAME"]),
    (Code::TcpRefused, &["DB_PORT", "DB_CONNECT_TO"]),
    (Code::TcpTimeout, &["DB_PORT", "DB_CONNECT_TO"]),
    (Code::NotPostgres, &["DB_PORT", "DB_CONNECT_TO"]),
    (Code::NotMysql, &["DB_PORT", "DB_CONNECT_TO"]),
    (Code::TlsUnknownIssuer, &["DB_CA_FILE"]),
    (Code::IamRejected, &["DB_REGION", "DB_PORT"]),
    (Code::PamRejected, &["DB_REGION", "DB_PORT"]),
];

pub(super) fn weigh(draft: Draft, facts: &Facts<'_>) -> Draft {
    let Some(config) = facts.config else { return draft };
    let code = draft.code();
    let deciding = DECIDING.iter().filter(|(of, _)| *of == code).flat_map(|(_, names)| *names);
    let seen: Vec<String> = deciding.filter_map(|variable| near_miss(config, variable)).collect();
    if seen.is_empty() { draft } else { draft.observed(&MISNAMED, seen.join(" ")) }
}

fn near_miss(config: &Config, variable: &str) -> Option<String> {
    let set = config.near_miss_of(variable)?;
    Some(format!("{set} is set, and {variable} is not."))
}
