//! The database engine.

use std::fmt;

use super::suggestion::expected;

/// A database engine: whose protocol is used, and whose errors are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// PostgreSQL, and Aurora PostgreSQL.
    PostgreSql,
    /// MySQL, Aurora MySQL and MariaDB, which RDS Proxy counts as one family.
    MySql,
}

impl Engine {
    /// Reads the contract's word for an engine.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "postgresql" => Ok(Self::PostgreSql),
            "mysql" => Ok(Self::MySql),
            _ => Err(expected("postgresql or mysql", text, &["postgresql", "mysql"])),
        }
    }

    /// The contract's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PostgreSql => "postgresql",
            Self::MySql => "mysql",
        }
    }

    /// Its own name.
    pub fn name(self) -> &'static str {
        match self {
            Self::PostgreSql => "PostgreSQL",
            Self::MySql => "MySQL",
        }
    }

    /// The port of an RDS Proxy for it, whatever the database's is
    /// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html>).
    pub fn proxy_port(self) -> u16 {
        match self {
            Self::PostgreSql => 5432,
            Self::MySql => 3306,
        }
    }

    /// The engine family of an RDS Proxy for it
    /// (<https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBProxy.html>).
    pub fn family(self) -> &'static str {
        match self {
            Self::PostgreSql => "POSTGRESQL",
            Self::MySql => "MYSQL",
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::PostgreSql => Self::MySql,
            Self::MySql => Self::PostgreSql,
        }
    }

    /// The database where none is named. Each server of RDS's for PostgreSQL has this one; MySQL has
    /// sessions without any.
    pub(super) fn default_database(self) -> Option<&'static str> {
        match self {
            Self::PostgreSql => Some("postgres"),
            Self::MySql => None,
        }
    }
}

/// As in a sentence.
impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
