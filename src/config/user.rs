//! Names inside the database: the user that logs in, and the database.
//!
//! They may contain any characters; only what the engine itself cannot hold is rejected.

use std::fmt;
use std::sync::Arc;

use super::Engine;

/// PostgreSQL's names end at 63 bytes, and it cuts a longer one silently:
/// <https://www.postgresql.org/docs/current/limits.html> (identifier length).
const NAME_LIMIT: usize = 63;

/// MySQL's databases end at 64 characters, its users at 32, but MariaDB's at 128, and the engine's name
/// does not tell one from the other:
/// <https://dev.mysql.com/doc/refman/8.4/en/identifier-length.html>,
/// <https://mariadb.com/kb/en/mysql-global_priv-table/>.
const MARIADB_USER_LIMIT: usize = 128;
const MYSQL_DATABASE_LIMIT: usize = 64;

/// A database user: not empty, as long as its engine holds, no NUL. Every report has it: a clone is
/// cheap.
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
    pub fn parse(engine: Engine, text: &str) -> Result<Self, String> {
        let name = match engine {
            Engine::PostgreSql => identifier(text),
            Engine::MySql => at_most(MARIADB_USER_LIMIT, "MariaDB's users", text),
        };
        name.map(|name| Self(name.into()))
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
            Engine::PostgreSql => identifier(text),
            Engine::MySql => at_most(MYSQL_DATABASE_LIMIT, "MySQL's databases", text),
        }
        .map(Self)
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

/// A name of MySQL's, which counts characters.
fn at_most(limit: usize, what: &str, text: &str) -> Result<Box<str>, String> {
    let length = text.chars().count();
    if length > limit {
        return Err(format!("at most {limit} characters, as {what} have; it has {length}"));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn user(engine: Engine, text: &str) -> Result<(), String> {
        DbUser::parse(engine, text).map(|user| assert_eq!(user.as_str(), text))
    }

    #[test]
    fn each_engine_has_its_own_longest_user() {
        let (postgres, mysql) = (Engine::PostgreSql, Engine::MySql);
        for (engine, text) in [
            (postgres, "x".repeat(63)),
            (postgres, "ä".repeat(31)),
            (mysql, "x".repeat(128)),
            (mysql, "ä".repeat(128)),
            (mysql, "😀".repeat(128)),
        ] {
            assert_eq!(user(engine, &text), Ok(()), "{text}");
        }
        let bytes = user(postgres, &"ä".repeat(32)).unwrap_err();
        assert_eq!(bytes, "at most 63 bytes, as PostgreSQL's names are; it has 64");
        for text in ["x".repeat(129), "ä".repeat(129)] {
            let characters = user(mysql, &text).unwrap_err();
            assert_eq!(characters, "at most 128 characters, as MariaDB's users have; it has 129");
        }
    }

    #[test]
    fn each_engine_has_its_own_longest_database() {
        let database = |engine, text: &str| DbName::parse(engine, text).map(|_| ());
        assert_eq!(database(Engine::MySql, &"ä".repeat(64)), Ok(()));
        let characters = database(Engine::MySql, &"x".repeat(65)).unwrap_err();
        assert_eq!(characters, "at most 64 characters, as MySQL's databases have; it has 65");
        let bytes = database(Engine::PostgreSql, &"x".repeat(64)).unwrap_err();
        assert_eq!(bytes, "at most 63 bytes, as PostgreSQL's names are; it has 64");
    }

    #[test]
    fn an_empty_name_and_a_nul_are_neither_engines() {
        for engine in [Engine::PostgreSql, Engine::MySql] {
            for text in ["", "a\0b"] {
                assert!(user(engine, text).is_err() && DbName::parse(engine, text).is_err());
            }
        }
    }
}
