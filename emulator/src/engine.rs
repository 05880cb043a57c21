//! Which database engine the proxy is for.
//!
//! Owns the two kinds and their names on the command line, which RDS calls engine families, and the
//! port of each. What is different between them is in the modules that differ.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBProxy.html>

use std::fmt;
use std::str::FromStr;

/// The engine behind the proxy, which is also the protocol that its clients speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// `POSTGRESQL`.
    #[default]
    PostgreSql,
    /// `MYSQL`: MySQL, Aurora MySQL and MariaDB.
    MySql,
}

impl Engine {
    /// The port of every endpoint, and so of every token, whatever port the emulator listens on.
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html>
    pub(crate) fn port(self) -> u16 {
        match self {
            Self::PostgreSql => 5432,
            Self::MySql => 3306,
        }
    }

    /// The variable that names the folder with a temporary cluster's programs.
    pub fn bin_variable(self) -> &'static str {
        match self {
            Self::PostgreSql => "PG_BIN",
            Self::MySql => "MARIADB_BIN",
        }
    }

    /// As `--engine` and `DB_ENGINE` have it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::PostgreSql => "postgresql",
            Self::MySql => "mysql",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Engine {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "postgresql" => Ok(Self::PostgreSql),
            "mysql" => Ok(Self::MySql),
            _ => Err("expected postgresql or mysql"),
        }
    }
}
