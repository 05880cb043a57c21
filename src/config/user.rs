//! Names inside the database: the user that logs in, and the database.
//!
//! They may contain any characters; only what the engine itself cannot hold is rejected.

use std::fmt;
use std::sync::Arc;

use super::Engine;

/// PostgreSQL's names end at 63 bytes, and it cuts a longer one silently:
/// <https://www.postgresql.org/docs/current/limits.html> (identifier length). MySQL's users end at
/// 32 characters, its databases at 64:
/// <https://dev.mysql.com/doc/refman/8.4/en/identifier-length.html>.
const NAME_LIMIT: usize = 63;
const MYSQL_DATABASE_LIMIT: usize = 64;

/// A database user: not empty, at most 63 bytes, no NUL. Every report has it: a clone is cheap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DbUser(Arc<str>);

/// A database: not empty, as long as its engine holds, no NUL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DbName(Box<str>);

impl DbUser {
    /// Reads a user's name.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        identifier(text).map(|name| Self(name.into()))
    }

    /// The name, as the database knows it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl DbName {
    /// Reads a database's name.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn parse(engine: Engine, text: &str) -> Result<Self, String> {
        match engine {
            Engine::PostgreSql => identifier(text).map(Self),
            Engine::MySql if text.chars().count() > MYSQL_DATABASE_LIMIT => {
                Err(format!("at most {MYSQL_DATABASE_LIMIT} characters, as MySQL's databases have"))
            }
            Engine::MySql => usable(text).map(Self),
        }
    }

    /// The name, as the database knows it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name that PostgreSQL can hold, whatever it names.
///
/// # Errors
/// What was expected instead.
pub fn identifier(text: &str) -> Result<Box<str>, String> {
    if text.len() > NAME_LIMIT {
        let length = text.len();
        return Err(format!(
            "at most {NAME_LIMIT} bytes, as PostgreSQL's names are; it has {length}"
        ));
    }
    usable(text)
}

/// A name that some server can hold.
fn usable(text: &str) -> Result<Box<str>, String> {
    if text.is_empty() {
        return Err("a name that is not empty".to_owned());
    }
    if text.contains('\0') {
        return Err("a name without a NUL byte".to_owned());
    }
    Ok(text.into())
}

/// As in a sentence, in quotes.
impl fmt::Display for DbUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// As in a sentence, in quotes.
impl fmt::Display for DbName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}
