//! What is probed: one endpoint, the targets of a file, or every address behind a name; each with a
//! configuration out of options, the function's variables and, if asked for, libpq's.

mod addresses;
mod file;
mod problems;
mod proxy;

use std::path::Path;

use rds_proxy_probe::config::{Config, Problems};

pub use addresses::every_address;
pub use problems::sentences;
pub use proxy::of_proxy;

use crate::options::Connection;
use crate::surroundings::Surroundings;

/// Something to probe.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name in results.
    pub label: String,
    /// Its configuration.
    pub config: Config,
}

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

/// The targets of a file. What one does not say comes from the options, else from the environment.
///
/// # Errors
/// All that is wrong with it, each a sentence without a full stop.
pub fn of_file(
    path: &Path,
    options: &Connection,
    surroundings: &Surroundings,
) -> Result<Vec<Target>, Vec<String>> {
    let (mut targets, mut wrong) = (Vec::new(), Vec::new());
    for (number, mut entry) in (1..).zip(file::read(path)?) {
        entry.connection.fall_back_to(options);
        match configuration(&entry.connection, surroundings) {
            Ok(config) => {
                let label = entry.label.unwrap_or_else(|| label(&config));
                targets.push(Target { label, config });
            }
            Err(problems) => {
                let place = entry.label.map_or_else(
                    || format!("[[target]] number {number}"),
                    |label| format!("target {label:?}"),
                );
                let sentences = sentences(&problems, &entry.connection, surroundings);
                // A file has options' names without dashes.
                let named = |sentence: String| {
                    let sentence = sentence.trim_start_matches('-');
                    format!("{}: {place}: {sentence}", path.display())
                };
                wrong.extend(sentences.into_iter().map(named));
            }
        }
    }
    if wrong.is_empty() { Ok(targets) } else { Err(wrong) }
}

/// `app.proxy-….rds.amazonaws.com:5432`, for a target without a name.
pub fn label(config: &Config) -> String {
    format!("{}:{}", config.endpoint.host, config.endpoint.port)
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
