//! What is probed: a configuration out of options, the function's variables and, if asked for,
//! libpq's.

mod problems;

use rds_proxy_probe::config::{Config, Problems};

pub use problems::sentences;

use crate::options::Connection;
use crate::surroundings::Surroundings;

/// The configuration: each variable from its option, else from the environment.
///
/// # Errors
/// All problems at once; [`sentences`] has the words for them.
pub fn configuration(
    connection: &Connection,
    surroundings: &Surroundings,
) -> Result<Config, Problems> {
    Config::from_vars(|name| source(connection, surroundings, name).map(|(_, value)| value))
}

/// Where a variable's value is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Option,
    Environment,
    Libpq(&'static str),
}

fn source(
    connection: &Connection,
    surroundings: &Surroundings,
    variable: &str,
) -> Option<(Source, String)> {
    if let Some(value) = connection.given(variable) {
        return Some((Source::Option, value));
    }
    if let Some(value) = surroundings.variable(variable) {
        return Some((Source::Environment, value));
    }
    let name = Connection::libpq_name(variable).filter(|_| connection.from_libpq())?;
    surroundings.variable(name).map(|value| (Source::Libpq(name), value))
}
