//! Where the mark of a user is kept, which tells which resource made it.
//!
//! MySQL has comments on users since 8.0.21, which are made with the user, in one statement. MariaDB
//! and older versions have nothing of the kind that does not change what the user may do. There the
//! marks are in a table that the function creates, and are written before the user is created: a user
//! without a mark would never be dropped.
//! <https://dev.mysql.com/doc/refman/8.4/en/create-user.html#create-user-comments-attributes>

use super::quote::literal;
use super::turn::Turn;
use crate::mark::Mark;
use crate::statement::StatementFailure;

/// Where the marks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marks {
    /// In the users' comments.
    Comments,
    /// In the table, which may not exist yet.
    Table { exists: bool },
}

/// The table is in a separate database: the one of the grants may be dropped before the users.
const DATABASE: &str = "rds_proxy_database_users";
/// Names and marks are compared byte by byte.
const MAKE: [&str; 2] = [
    "CREATE DATABASE IF NOT EXISTS rds_proxy_database_users",
    "CREATE TABLE IF NOT EXISTS rds_proxy_database_users.made \
     (name VARBINARY(128) PRIMARY KEY, mark BLOB NOT NULL) ENGINE = InnoDB",
];

const FIND: &str = "\
    SELECT (SELECT COUNT(*) FROM information_schema.TABLES \
            WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME = 'USER_ATTRIBUTES'), \
        (SELECT COUNT(*) FROM information_schema.TABLES \
            WHERE TABLE_SCHEMA = 'rds_proxy_database_users' AND TABLE_NAME = 'made')";

impl Marks {
    /// Where this server keeps them.
    pub(super) async fn find(turn: &mut Turn<'_>) -> Result<Self, StatementFailure> {
        let doing = "looking where the server keeps comments on users";
        let rows = turn.rows(doing, FIND).await?;
        let [row] = rows.as_slice() else {
            return Err(StatementFailure::foreign(doing, "not one row"));
        };
        match row.as_slice() {
            [Some(attributes), Some(table)] if attributes == "0" => {
                Ok(Self::Table { exists: table != "0" })
            }
            [Some(_), Some(_)] => Ok(Self::Comments),
            _ => Err(StatementFailure::foreign(doing, "not two numbers")),
        }
    }

    /// Makes the table, if it is needed and missing.
    pub(super) async fn prepare(self, turn: &mut Turn<'_>) -> Result<(), StatementFailure> {
        match self {
            Self::Comments | Self::Table { exists: true } => {}
            Self::Table { exists: false } => {
                for sql in MAKE {
                    turn.run("creating the table of the users that were created", sql).await?;
                }
            }
        }
        Ok(())
    }

    /// Drops the table once it is empty. It may exist by now.
    pub(super) async fn tidy(self, turn: &mut Turn<'_>) -> Result<(), StatementFailure> {
        let doing = "dropping the table of the users that were created";
        match self {
            Self::Comments => return Ok(()),
            Self::Table { .. } if Self::find(turn).await? != (Self::Table { exists: true }) => {
                return Ok(());
            }
            Self::Table { .. } => {}
        }
        let count = turn.rows(doing, &format!("SELECT COUNT(*) FROM {DATABASE}.made")).await?;
        match count.first().and_then(|row| row.first()) {
            Some(Some(count)) if count == "0" => {
                turn.run(doing, &format!("DROP DATABASE {DATABASE}")).await
            }
            _ => Ok(()),
        }
    }

    /// The mark beside an `account` of `mysql.user`, and where it is.
    pub(super) fn column_and_join(self) -> (&'static str, &'static str) {
        match self {
            Self::Comments => (
                "JSON_UNQUOTE(JSON_EXTRACT(made.ATTRIBUTE, '$.comment'))",
                "LEFT JOIN information_schema.USER_ATTRIBUTES AS made \
                 ON HEX(made.USER) = HEX(account.User) AND HEX(made.HOST) = HEX(account.Host)",
            ),
            Self::Table { exists: true } => (
                "made.mark",
                "LEFT JOIN rds_proxy_database_users.made AS made \
                 ON HEX(made.name) = HEX(account.User) AND account.Host = '%'",
            ),
            Self::Table { exists: false } => ("NULL", ""),
        }
    }

    /// Marks of users that are not there: a connection broke before they were created, or after they
    /// were dropped.
    pub(super) fn left_over(self, mark: &Mark) -> Option<String> {
        match self {
            Self::Comments | Self::Table { exists: false } => None,
            Self::Table { exists: true } => Some(format!(
                "SELECT HEX(name) FROM {DATABASE}.made WHERE mark = {} AND HEX(name) NOT IN \
                 (SELECT HEX(User) FROM mysql.user WHERE Host = '%')",
                literal(mark.as_str()),
            )),
        }
    }

    /// The clause of `CREATE USER`, if the mark is made with the user.
    pub(super) fn clause(self, mark: &Mark) -> String {
        match self {
            Self::Comments => format!(" COMMENT {}", literal(mark.as_str())),
            Self::Table { .. } => String::new(),
        }
    }
}

/// Writes the mark of a user into the table.
pub(super) fn note(user: &str, mark: &Mark) -> String {
    let (user, mark) = (literal(user), literal(mark.as_str()));
    format!("REPLACE INTO {DATABASE}.made (name, mark) VALUES ({user}, {mark})")
}

/// Removes it.
pub(super) fn forget(user: &str) -> String {
    format!("DELETE FROM {DATABASE}.made WHERE name = {}", literal(user))
}
