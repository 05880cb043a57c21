//! The master user's turn: one request at a time changes users, and every statement has the same
//! deadline.

use rds_proxy_probe::session::mysql::{Row, Session};

use crate::statement::{Deadline, StatementFailure};

/// Makes a backslash a character like any other, so that quoting does not depend on the server's
/// setting, and refuses values that do not fit. RDS Proxy tracks this variable.
/// <https://dev.mysql.com/doc/refman/8.4/en/sql-mode.html>
const MODE: &str = "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES'";

/// One turn at a time at a server, since users are the server's. The session's end gives it back too.
/// <https://dev.mysql.com/doc/refman/8.4/en/locking-functions.html>
const RELEASE: &str = "DO RELEASE_LOCK('db-users')";
const WAITING: &str = "waiting for another change of users to end";

/// A turn. It ends with the session at the latest.
pub(super) struct Turn<'a> {
    session: &'a mut Session,
    deadline: Deadline,
}

impl<'a> Turn<'a> {
    /// Waits for its turn.
    pub(super) async fn begin(
        session: &'a mut Session,
        deadline: Deadline,
    ) -> Result<Self, StatementFailure> {
        let mut turn = Self { session, deadline };
        turn.run("setting how the server reads statements", MODE).await?;
        let lock = format!("SELECT GET_LOCK('db-users', {})", deadline.left().as_secs());
        let rows = turn.rows(WAITING, &lock).await?;
        match rows.first().and_then(|row| row.first()) {
            Some(Some(got)) if got == "1" => Ok(turn),
            _ => Err(deadline.missed(WAITING)),
        }
    }

    /// Gives the turn to the next. A failure does not matter: the end of the session does so too.
    pub(super) async fn end(mut self) {
        drop(self.run("ending the turn", RELEASE).await);
    }

    /// Runs one statement.
    pub(super) async fn run(&mut self, doing: &str, sql: &str) -> Result<(), StatementFailure> {
        self.deadline.keep(doing, self.session.execute(sql)).await
    }

    /// Queries rows.
    pub(super) async fn rows(
        &mut self,
        doing: &str,
        sql: &str,
    ) -> Result<Vec<Row>, StatementFailure> {
        self.deadline.keep(doing, self.session.query(sql)).await
    }
}
