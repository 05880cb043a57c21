//! What a person sees while the benchmark runs, on standard error.

use std::fmt::Display;
use std::io::{Write as _, stderr};

use crate::results::Measurement;

/// Prints a line. If standard error is closed, the benchmark goes on without.
pub(crate) fn print(text: &str) {
    drop(writeln!(stderr(), "bench: {text}"));
}

/// Keeps a value or its error as a measurement, and prints the error.
pub(crate) fn measurement<T, E: Display>(what: &str, result: Result<T, E>) -> Measurement<T> {
    match result {
        Ok(value) => Measurement::Found(value),
        Err(error) => {
            print(&format!("{what} failed: {error}"));
            Measurement::Failed(error.to_string())
        }
    }
}
