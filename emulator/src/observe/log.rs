//! The emulator's own log: why a login was refused, for the person who runs the emulator.
//!
//! A client never sees these lines. They carry no token, signature or password: callers write
//! reasons that are made of names and numbers only. Where lines go is the owner's choice; `writer`
//! has the one that may be slow.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::writer::Writer;

/// Where log lines go.
#[derive(Clone, Debug, Default)]
pub enum Log {
    /// Nowhere.
    #[default]
    Silent,
    /// To a writer, such as standard error.
    Writer(Writer),
    /// A list that a test can read.
    Lines(Lines),
}

/// Log lines kept in memory; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    /// Every line so far, oldest first.
    pub fn read(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Log {
    pub(crate) fn line(&self, line: fmt::Arguments<'_>) {
        match self {
            Self::Silent => {}
            Self::Writer(writer) => writer.line(line),
            Self::Lines(Lines(lines)) => {
                lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_string());
            }
        }
    }
}
