//! Names that PostgreSQL can hold and that neither it nor RDS reserves.

use std::fmt;

use rds_proxy_probe::config::{DbUser, identifier};

/// Users that RDS and RDS Proxy create, and words that PostgreSQL does not accept as a user.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-iam-setup.html>,
/// <https://www.postgresql.org/docs/current/sql-createrole.html>
const RESERVED_USERS: [&str; 4] = ["rdsadmin", "rdsproxyadmin", "public", "none"];

/// The prefix that PostgreSQL reserves for roles and schemas.
const SYSTEM_PREFIX: &str = "pg_";

/// A schema of the system's whose name has no prefix.
const SYSTEM_SCHEMA: &str = "information_schema";

/// A user that is not one of the system's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UserName(DbUser);

/// A schema that is not one of the system's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SchemaName(Box<str>);

impl UserName {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if RESERVED_USERS.contains(&text) || text.starts_with(SYSTEM_PREFIX) {
            return Err("a name that neither PostgreSQL nor RDS reserves".to_owned());
        }
        DbUser::parse(text).map(Self)
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl SchemaName {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text == SYSTEM_SCHEMA || text.starts_with(SYSTEM_PREFIX) {
            return Err("a schema that is not the system's".to_owned());
        }
        identifier(text).map(Self)
    }

    /// The schema that every new database has.
    pub(super) fn public() -> Self {
        Self("public".into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}
