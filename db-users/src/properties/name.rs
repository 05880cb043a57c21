//! Names that the engine can hold and that neither it nor RDS reserves.

use std::fmt;

use rds_proxy_probe::config::{DbName, DbUser, Engine, identifier};

/// Users that RDS and RDS Proxy create, and words that PostgreSQL does not accept as a user.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-iam-setup.html>,
/// <https://www.postgresql.org/docs/current/sql-createrole.html>
const RESERVED_USERS: [&str; 4] = ["rdsadmin", "rdsproxyadmin", "public", "none"];

/// The prefixes that the engines reserve for their system's users: PostgreSQL also for schemas.
/// <https://dev.mysql.com/doc/refman/8.4/en/reserved-accounts.html>
const POSTGRES_PREFIX: &str = "pg_";
const MYSQL_PREFIXES: [&str; 2] = ["mysql.", "mariadb."];

/// Schemas of the system's whose names have no prefix; MySQL's schemas are its databases.
/// <https://dev.mysql.com/doc/refman/8.4/en/system-schema.html>
const POSTGRES_SCHEMA: &str = "information_schema";
const MYSQL_SCHEMAS: [&str; 4] = ["information_schema", "mysql", "performance_schema", "sys"];

/// The longest user of MySQL's, in characters. MariaDB has longer ones, which this function does not
/// make.
/// <https://dev.mysql.com/doc/refman/8.4/en/user-names.html>
const MYSQL_USER_LIMIT: usize = 32;

/// A user that is not one of the system's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UserName(DbUser);

/// A schema that is not one of the system's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SchemaName(Box<str>);

impl UserName {
    pub(super) fn parse(engine: Engine, text: &str) -> Result<Self, String> {
        let is_reserved = match engine {
            Engine::PostgreSql => text.starts_with(POSTGRES_PREFIX),
            Engine::MySql => MYSQL_PREFIXES.iter().any(|prefix| text.starts_with(prefix)),
        };
        if RESERVED_USERS.contains(&text) || is_reserved {
            return Err(format!("a name that neither {engine} nor RDS reserves"));
        }
        match engine {
            Engine::PostgreSql => {}
            Engine::MySql if text.chars().count() > MYSQL_USER_LIMIT => {
                let limit = MYSQL_USER_LIMIT;
                return Err(format!("at most {limit} characters, as MySQL's users have"));
            }
            Engine::MySql => can_be_stored(text)?,
        }
        DbUser::parse(engine, text).map(Self)
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl SchemaName {
    pub(super) fn parse(engine: Engine, text: &str) -> Result<Self, String> {
        match engine {
            Engine::PostgreSql if text == POSTGRES_SCHEMA || text.starts_with(POSTGRES_PREFIX) => {
                Err("a schema that is not the system's".to_owned())
            }
            Engine::PostgreSql => identifier(text).map(Self),
            Engine::MySql => database_name(engine, text).map(|name| Self(name.as_str().into())),
        }
    }

    /// The schema that is meant where none is listed: the one that every new database of PostgreSQL's
    /// has, or MySQL's database itself.
    pub(super) fn usual(engine: Engine, database: &DbName) -> Self {
        match engine {
            Engine::PostgreSql => Self("public".into()),
            Engine::MySql => Self(database.as_str().into()),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The database of the grants. One of the system's would make the users masters of the server.
pub(super) fn database_name(engine: Engine, text: &str) -> Result<DbName, String> {
    match engine {
        Engine::PostgreSql => {}
        Engine::MySql if MYSQL_SCHEMAS.contains(&text.to_ascii_lowercase().as_str()) => {
            return Err("a database that is not the system's".to_owned());
        }
        Engine::MySql => can_be_stored(text)?,
    }
    DbName::parse(engine, text)
}

/// Whether MySQL can store a name: "Permitted characters in quoted identifiers include the full
/// Unicode Basic Multilingual Plane", and names cannot end with a space.
/// <https://dev.mysql.com/doc/refman/8.4/en/identifiers.html>
fn can_be_stored(text: &str) -> Result<(), String> {
    if text.chars().any(|letter| u32::from(letter) > 0xffff) {
        return Err(
            "a name without characters beyond U+FFFF, which MySQL's names cannot have".into()
        );
    }
    if text.ends_with(' ') {
        return Err("a name without a space at its end, which MySQL would remove".to_owned());
    }
    Ok(())
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
