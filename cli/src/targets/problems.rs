//! What is wrong with a configuration, in terms of options.

use rds_proxy_probe::config::{Found, Problem, Problems};

use super::{Source, source};
use crate::options::Connection;
use crate::surroundings::Surroundings;

/// A sentence for each problem, without a full stop: where the value is from, what was found, and
/// what was expected.
pub fn sentences(
    problems: &Problems,
    connection: &Connection,
    surroundings: &Surroundings,
) -> Vec<String> {
    let sentence = |problem| sentence(problem, connection, surroundings);
    problems.as_slice().iter().map(sentence).collect()
}

fn sentence(problem: &Problem, connection: &Connection, surroundings: &Surroundings) -> String {
    let Problem { variable, found, expected } = problem;
    let option = Connection::option_for(variable);
    let place = match (source(connection, surroundings, variable), option) {
        (Some((Source::Option, _)), Some(option)) => option.to_owned(),
        (Some((Source::Libpq(name), _)), _) => name.to_owned(),
        (None, Some(option)) => format!("{option} (or {variable})"),
        (Some(_), _) | (None, None) => (*variable).to_owned(),
    };
    match found {
        Found::Nothing { near_misses } => {
            let hint = libpq_hint(variable, near_misses);
            format!("{place} is not set{hint}: expected {expected}")
        }
        Found::Value(value) => format!("{place} is {value:?}: expected {expected}"),
        Found::Hidden => {
            format!(
                "{place} has a value that may be a secret, so it is not shown: expected {expected}"
            )
        }
        Found::WithoutEffect => format!("{place} is set, but has no effect: expected {expected}"),
    }
}

/// Says that libpq's variable is there, or another one that was probably meant.
fn libpq_hint(variable: &str, near_misses: &[&str]) -> String {
    match (Connection::libpq_name(variable), near_misses.first()) {
        (Some(name), _) if near_misses.contains(&name) => {
            format!(" ({name} is set: --from-libpq reads it)")
        }
        (_, Some(other)) => format!(" ({other} is set, but is not read)"),
        (_, None) => String::new(),
    }
}
