//! All problems of the environment, so that they can be fixed together.
//!
//! A problem names its variable, what was found and what was expected. What may be a secret in a
//! value is not kept.

use std::fmt;

use super::variables::{Shown, Variable, position};

/// How many characters of a found value are kept: enough to recognise it by.
const FOUND_LIMIT: usize = 128;

/// One thing wrong with one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The variable's name.
    pub variable: &'static str,
    /// Its value.
    pub found: Found,
    /// What was expected instead.
    pub expected: String,
}

/// A variable's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing: unset, or set to the empty string.
    Nothing {
        /// Set variables that were probably meant for it.
        near_misses: Vec<&'static str>,
    },
    /// This value, shortened when long, without what looks like a password.
    Value(String),
    /// A value that may be a secret.
    Hidden,
    /// A value that has no effect, whatever it is.
    WithoutEffect,
}

impl Problem {
    pub(super) fn missing(
        variable: &'static str,
        near_misses: Vec<&'static str>,
        expected: impl Into<String>,
    ) -> Self {
        Self { variable, found: Found::Nothing { near_misses }, expected: expected.into() }
    }

    pub(super) fn without_effect(variable: &'static str, expected: impl Into<String>) -> Self {
        Self { variable, found: Found::WithoutEffect, expected: expected.into() }
    }

    pub(super) fn wrong(variable: &'static str, value: &str, expected: impl Into<String>) -> Self {
        let shown = Variable::named(variable).map_or(Shown::Value, |variable| variable.shown);
        let found = match shown {
            Shown::Value => without_credentials(value),
            Shown::Arn if is_arn_like(value) => Some(value.to_owned()),
            Shown::Arn | Shown::Nothing => None,
        };
        let found = found.map_or(Found::Hidden, |value| Found::Value(shortened(&value)));
        Self { variable, found, expected: expected.into() }
    }
}

fn shortened(value: &str) -> String {
    let mut shown: String = value.chars().take(FOUND_LIMIT).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    shown
}

/// A value without user, password and parameters; `None` if they cannot be distinguished. Most values
/// have none and stay as they are.
fn without_credentials(value: &str) -> Option<String> {
    if !may_hold_password(value) {
        return Some(value.to_owned());
    }
    let (scheme, rest) = match value.split_once("://") {
        Some((scheme, rest)) if is_plain(scheme) => (format!("{scheme}://"), rest),
        Some(_) => return None,
        None => (String::new(), value),
    };
    let (user, place) = match rest.rsplit_once('@') {
        // A password may contain anything; what follows its last `@` is the host.
        Some((user, place)) if !user.contains(['?', '=', '"', ' ']) => (Some(user), place),
        Some(_) => return None,
        None => (None, rest),
    };
    let (place, parameters) = place.split_at(place.find('?').unwrap_or(place.len()));
    let is_shown = !place.is_empty() && is_plain(place) && (user.is_some() || !scheme.is_empty());
    let user = user.map_or("", |_| "***@");
    let parameters = if parameters.is_empty() { "" } else { "?***" };
    is_shown.then(|| format!("{scheme}{user}{place}{parameters}"))
}

/// Whether a value looks like a URL with a user or parameters, a connection string, JSON or PEM.
fn may_hold_password(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let names_one = ["password", "passwd", "pwd"].iter().any(|word| lower.contains(word));
    value.contains(['@', '=', '?', '"'])
        || names_one && value.contains(':')
        || value.contains("-----BEGIN")
}

/// Whether a text has only what schemes, hosts, ports and paths are made of.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_~:/[]+".contains(&byte))
}

/// Whether a text begins as an ARN does and has only an ARN's characters.
fn is_arn_like(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b":/_+=.,@-".contains(&byte);
    text.starts_with("arn:") && text.bytes().all(fits)
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variable, found, expected } = self;
        write!(f, "{variable} ")?;
        match found {
            Found::Nothing { near_misses } => {
                f.write_str("is not set")?;
                write_near_misses(near_misses, f)?;
            }
            Found::Value(value) => write!(f, "is {value:?}")?,
            Found::Hidden => {
                f.write_str("is set to a value that is not shown, since it may be a secret")?;
            }
            Found::WithoutEffect => f.write_str("is set, but has no effect")?,
        }
        write!(f, ": expected {expected}")
    }
}

fn write_near_misses(near_misses: &[&str], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match near_misses {
        [] => Ok(()),
        [one] => write!(f, " ({one} is set, but the function does not read it)"),
        [others @ .., last] => {
            let others = others.join(", ");
            write!(f, " ({others} and {last} are set, but the function does not read them)")
        }
    }
}

/// All problems of an environment, in the order of the variables; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Brings the problems into the order of `docs/reference.md`.
    pub(super) fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| position(problem.variable));
        Self(problems)
    }

    /// The problems, first variable first.
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> String {
        without_credentials(value).unwrap_or_else(|| "hidden".to_owned())
    }

    #[test]
    fn a_value_is_shown_without_user_password_and_parameters() {
        for (value, expected) in [
            ("Ireland", "Ireland"),
            ("password", "password"),
            ("${DB_HOST}", "${DB_HOST}"),
            ("https://x", "https://x"),
            ("db.example.com:5432", "db.example.com:5432"),
            (" db.example.com\n", " db.example.com\n"),
            ("postgres://app:pw@host/app", "postgres://***@host/app"),
            ("postgres://app:p@w/x@host:5432/app", "postgres://***@host:5432/app"),
            ("app:pw@host", "***@host"),
            ("app:pw@[::1]:5432", "***@[::1]:5432"),
            ("postgres://app:p=w@host/app", "hidden"),
            ("postgres://host/app?password=pw", "postgres://host/app?***"),
            ("postgres://host/app?password=p@w", "hidden"),
            ("jdbc:postgresql://host/app?password=pw", "jdbc:postgresql://host/app?***"),
            ("postgres://app:pw@host/app?x=y", "postgres://***@host/app?***"),
            ("host=db user=app password=pw", "hidden"),
            ("password: pw", "hidden"),
            ("{\"password\": \"pw\"}", "hidden"),
            ("{'password': 'pw'}", "hidden"),
            ("-----BEGIN PRIVATE KEY-----", "hidden"),
        ] {
            assert_eq!(shown(value), expected, "{value}");
        }
    }

    #[test]
    fn only_what_looks_like_an_arn_is_taken_for_one() {
        assert!(is_arn_like("arn:aws:iam::12:role/a"));
        for text in ["r", "prod/db", "arn:{\"password\": \"pw\"}", "{\"a\": \"arn:aws\"}"] {
            assert!(!is_arn_like(text), "{text}");
        }
    }
}
