//! A fault by its form on the command line: its name, and when it happens.

use std::fmt;
use std::str::FromStr;

use super::{Fault, When};
use crate::engine::Engine;

impl Fault {
    /// The fault of an engine's that this text names, as [`FromStr`] has it.
    ///
    /// # Errors
    ///
    /// As [`FaultError`] lists them.
    pub fn named(engine: Engine, text: &str) -> Result<Self, FaultError> {
        let (name, number) = match text.split_once(':') {
            Some((name, number)) => (name, Some(number)),
            None => (text, None),
        };
        let fault = Self::of(engine).find(|fault| fault.name == name);
        let fault = *fault.ok_or_else(|| FaultError::Unknown(name.to_owned()))?;
        let Some(number) = number else { return Ok(fault) };
        let (digits, when): (_, fn(u32) -> When) = match number.strip_suffix('+') {
            Some(digits) => (digits, When::From),
            None => (number, When::Only),
        };
        let parsed = Some(digits)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok())
            .filter(|number| *number > 0);
        let number = parsed.ok_or_else(|| FaultError::Number(number.to_owned()))?;
        Ok(Self { when: when(number), ..fault })
    }
}

/// A `--fault` that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultError {
    /// There is no fault of this name.
    Unknown(String),
    /// What follows the colon is no number from 1 on, with or without a plus sign.
    Number(String),
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "no fault is called {name:?}; see --list-faults"),
            Self::Number(number) => {
                write!(f, "{number:?} is no number from 1 on; expected NAME[:N[+]]")
            }
        }
    }
}

impl std::error::Error for FaultError {}

/// A fault with PostgreSQL. `NAME`: always. `NAME:N`: on the N-th connection alone, or with a fault at the query, on the N-th
/// query of each session alone; with one that ends the connections of all, on the N-th query of all
/// sessions. `NAME:N+`: on that one and all that follow. With a fault whose name ends in `-after`, N
/// is the number of seconds from the login, or from the first one if it ends the connections of all.
impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::named(Engine::PostgreSql, text)
    }
}
