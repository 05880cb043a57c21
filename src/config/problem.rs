//! What is wrong with the environment, said so that it can be mended in one go.
//!
//! A problem names its variable, what was found and what was expected. The value of a variable
//! that holds a secret is never kept here, not even its length.

use std::fmt;

/// How many characters of a found value are kept: enough to recognise it by.
const FOUND_LIMIT: usize = 128;

/// One thing wrong with one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The variable's name.
    pub variable: &'static str,
    /// What it held.
    pub found: Found,
    /// What would have been right.
    pub expected: String,
}

/// What a variable held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing: unset, or set to the empty string.
    Nothing,
    /// This value, shortened when long.
    Value(String),
}

impl Problem {
    pub(super) fn missing(variable: &'static str, expected: impl Into<String>) -> Self {
        Self { variable, found: Found::Nothing, expected: expected.into() }
    }

    pub(super) fn wrong(variable: &'static str, value: &str, expected: impl Into<String>) -> Self {
        let mut shown: String = value.chars().take(FOUND_LIMIT).collect();
        if shown.len() < value.len() {
            shown.push('…');
        }
        Self { variable, found: Found::Value(shown), expected: expected.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variable, found, expected } = self;
        match found {
            Found::Nothing => write!(f, "{variable} is not set: expected {expected}"),
            Found::Value(value) => write!(f, "{variable} is {value:?}: expected {expected}"),
        }
    }
}

/// All problems of an environment, in the order of the variables; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub(super) Vec<Problem>);

impl Problems {
    /// The problems, first variable first.
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }
}
