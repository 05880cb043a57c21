//! Names inside the database. Any characters may stand in them; refused is what PostgreSQL cannot
//! hold and what it or RDS keeps for itself.

use std::fmt;

/// PostgreSQL's names end at 63 bytes, and it cuts a longer one silently:
/// <https://www.postgresql.org/docs/current/limits.html> (identifier length).
const LIMIT: usize = 63;

/// Users that RDS and RDS Proxy make for themselves, and words that PostgreSQL takes for no user.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-iam-setup.html>,
/// <https://www.postgresql.org/docs/current/sql-createrole.html>
const RESERVED_USERS: [&str; 4] = ["rdsadmin", "rdsproxyadmin", "public", "none"];

/// What PostgreSQL keeps for itself among roles and schemas.
const SYSTEM_PREFIX: &str = "pg_";

/// A schema of the system's whose name has no prefix.
const SYSTEM_SCHEMA: &str = "information_schema";

/// A database: 1 to 63 bytes, no NUL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DatabaseName(Box<str>);

/// A user: likewise, and not one of the system's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UserName(Box<str>);

/// A schema: likewise, and not one of the system's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SchemaName(Box<str>);

impl DatabaseName {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        name(text).map(Self)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl UserName {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if RESERVED_USERS.contains(&text) || text.starts_with(SYSTEM_PREFIX) {
            return Err("a name that neither PostgreSQL nor RDS keeps for itself");
        }
        name(text).map(Self)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl SchemaName {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if text == SYSTEM_SCHEMA || text.starts_with(SYSTEM_PREFIX) {
            return Err("a schema that is not the system's");
        }
        name(text).map(Self)
    }

    /// The schema that every database begins with.
    pub(super) fn public() -> Self {
        Self("public".into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn name(text: &str) -> Result<Box<str>, &'static str> {
    if text.is_empty() || text.len() > LIMIT {
        return Err("a name of 1 to 63 bytes");
    }
    if text.contains('\0') {
        return Err("a name without a NUL byte");
    }
    Ok(text.into())
}

impl fmt::Display for DatabaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}
