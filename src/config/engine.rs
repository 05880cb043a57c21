//! The database engine.

use std::fmt;

/// A database engine: whose protocol is spoken, and whose errors are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// PostgreSQL, and Aurora PostgreSQL.
    PostgreSql,
    /// MySQL, Aurora MySQL and MariaDB, which RDS Proxy counts as one family.
    MySql,
}

/// As in a sentence.
impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PostgreSql => "PostgreSQL",
            Self::MySql => "MySQL",
        })
    }
}
