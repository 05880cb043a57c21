//! One transaction of the master user: every statement has the same deadline, and each failure says
//! what was being done.
//!
//! The library's own type needs a `&mut` client. Dropping this one without a commit rolls back:
//! PostgreSQL does so when the session ends.

use rds_proxy_probe::session::postgres::Session;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use crate::statement::{Deadline, StatementFailure};

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
    deadline: Deadline,
}

impl<'a> Transaction<'a> {
    /// Begins a transaction that ends by the deadline, and waits for its turn.
    pub(crate) async fn begin(
        session: &'a Session,
        deadline: Deadline,
    ) -> Result<Self, StatementFailure> {
        let transaction = Self { session, deadline };
        transaction.run("beginning the transaction", BEGIN).await?;
        transaction.run("waiting for another change of users to end", LOCK).await?;
        Ok(transaction)
    }

    /// Runs statements.
    pub(crate) async fn run(&self, doing: &str, sql: &str) -> Result<(), StatementFailure> {
        self.deadline.keep(doing, self.session.batch(sql)).await
    }

    /// Queries rows.
    pub(crate) async fn rows<T>(
        &self,
        doing: &str,
        sql: &str,
        parameters: &[Parameter<'_>],
        read: impl Fn(&Row) -> Result<T, tokio_postgres::Error>,
    ) -> Result<Vec<T>, StatementFailure> {
        let rows = self.deadline.keep(doing, self.session.query(sql, parameters)).await?;
        let rows: Result<_, _> = rows.iter().map(read).collect();
        rows.map_err(|error| StatementFailure::foreign(doing, error.to_string()))
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
