//! One transaction of the master user: every statement has the same deadline, and each failure says
//! what was being done.
//!
//! The library's own type needs a `&mut` client. Dropping this one without a commit rolls back:
//! PostgreSQL does so when the session ends.

use std::time::Duration;

use rds_proxy_probe::session::WireError;
use rds_proxy_probe::session::postgres::Session;
use tokio::time::{Instant, timeout_at};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

/// `READ COMMITTED`: what is committed while this waits for the lock must be visible.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// One transaction at a time in a database, until it ends. The key is the text `db-users`.
/// <https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS>
const LOCK: &str = "SELECT pg_advisory_xact_lock(x'64622d7573657273'::bigint)";

/// A statement's parameter with its type, so that types need not be queried first.
pub(crate) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// An open transaction.
pub(crate) struct Transaction<'a> {
    session: &'a Session,
    begun: Instant,
    until: Instant,
}

/// A statement that failed.
#[derive(Debug)]
pub(crate) struct StatementFailure {
    /// What it was to do, such as "creating the user …".
    pub(crate) doing: String,
    pub(crate) cause: StatementCause,
}

#[derive(Debug)]
pub(crate) enum StatementCause {
    Statement(WireError),
    /// The answer does not have the expected columns.
    Foreign(String),
    TimedOut {
        after: Duration,
    },
}

impl<'a> Transaction<'a> {
    /// Begins a transaction that ends by `until`, and waits for its turn.
    pub(crate) async fn begin(
        session: &'a Session,
        until: Instant,
    ) -> Result<Self, StatementFailure> {
        let transaction = Self { session, begun: Instant::now(), until };
        transaction.run("beginning the transaction", BEGIN).await?;
        transaction.run("waiting for another change of users to end", LOCK).await?;
        Ok(transaction)
    }

    /// Runs statements.
    pub(crate) async fn run(&self, doing: &str, sql: &str) -> Result<(), StatementFailure> {
        let ran = timeout_at(self.until, self.session.batch(sql)).await;
        let cause = match ran {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => StatementCause::Statement(error),
            Err(_elapsed) => StatementCause::TimedOut { after: self.begun.elapsed() },
        };
        Err(StatementFailure { doing: doing.to_owned(), cause })
    }

    /// Queries rows.
    pub(crate) async fn rows<T>(
        &self,
        doing: &str,
        sql: &str,
        parameters: &[Parameter<'_>],
        read: impl Fn(&Row) -> Result<T, tokio_postgres::Error>,
    ) -> Result<Vec<T>, StatementFailure> {
        let asked = timeout_at(self.until, self.session.query(sql, parameters)).await;
        let cause = match asked {
            Ok(Ok(rows)) => match rows.iter().map(read).collect() {
                Ok(rows) => return Ok(rows),
                Err(error) => StatementCause::Foreign(error.to_string()),
            },
            Ok(Err(error)) => StatementCause::Statement(error),
            Err(_elapsed) => StatementCause::TimedOut { after: self.begun.elapsed() },
        };
        Err(StatementFailure { doing: doing.to_owned(), cause })
    }

    /// Commits. After a failure it is unknown whether the commit happened.
    pub(crate) async fn commit(self) -> Result<(), StatementFailure> {
        self.run("committing", "COMMIT").await
    }

    /// Rolls back. A failure does not matter: the end of the session rolls back too.
    pub(crate) async fn roll_back(self) {
        drop(self.run("rolling back", "ROLLBACK").await);
    }
}
