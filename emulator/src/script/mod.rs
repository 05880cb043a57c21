//! A file with SQL that fills the database before the first client comes.
//!
//! Owns reading the file; `statements` takes it apart. Does not know the database that it is for.

mod mysql;
mod statements;

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

pub(crate) use statements::{Statement, Statements};

/// The longest file, in bytes. All of it is kept in memory.
const MAX_LENGTH: u64 = 256 * 1024 * 1024;

/// A file with SQL.
#[derive(Clone, PartialEq, Eq)]
pub struct Script {
    path: PathBuf,
    text: String,
}

impl Script {
    /// A script with this text, called by this file's name.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// If it can't be read, is longer than 256 MiB, or is no text in UTF-8.
    pub fn read(path: impl Into<PathBuf>) -> Result<Self, ScriptError> {
        let (path, mut bytes) = (path.into(), Vec::new());
        let file = File::open(&path).map_err(ScriptError::Read)?;
        file.take(MAX_LENGTH + 1).read_to_end(&mut bytes).map_err(ScriptError::Read)?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_LENGTH {
            return Err(ScriptError::TooLong);
        }
        let text = String::from_utf8(bytes).map_err(|error| ScriptError::Encoding {
            line: line_at(error.as_bytes(), error.utf8_error().valid_up_to()),
        })?;
        match text.find('\0') {
            None => Ok(Self { path, text }),
            Some(at) => Err(ScriptError::Encoding { line: line_at(text.as_bytes(), at) }),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The statements as PostgreSQL's.
    pub(crate) fn statements(&self) -> Statements<'_> {
        Statements::new(&self.text)
    }

    /// The statements as MySQL's.
    pub(crate) fn mysql_statements(&self) -> Vec<Statement<'_>> {
        mysql::statements(&self.text)
    }
}

/// The line, from 1, of a byte.
fn line_at(text: &[u8], at: usize) -> usize {
    1 + text.iter().take(at).filter(|byte| **byte == b'\n').count()
}

/// Shows no SQL: passwords may be in it.
impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Why a file is no script.
#[derive(Debug)]
pub enum ScriptError {
    /// It can't be read.
    Read(io::Error),
    /// It is too long.
    TooLong,
    /// It is no text in UTF-8.
    Encoding {
        /// The first line that isn't.
        line: usize,
    },
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "expected a file that can be read: {error}"),
            Self::TooLong => write!(f, "expected a file of at most {MAX_LENGTH} bytes"),
            Self::Encoding { line } => {
                write!(f, "expected SQL in UTF-8, which line {line} is not")
            }
        }
    }
}

impl std::error::Error for ScriptError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read(error) => Some(error),
            Self::TooLong | Self::Encoding { .. } => None,
        }
    }
}
