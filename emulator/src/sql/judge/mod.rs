//! What a text does to a session's pinning.
//!
//! By what AWS lists for PostgreSQL:
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html>. A statement
//! counts by its leading keywords and by the functions it calls: names before `(`, anywhere in it,
//! as they stand or from `pg_catalog`. What a function or a `DO` block does inside goes undetected,
//! as AWS says of its proxy.
//!
//! [`Verdict::Doubtful`] is what AWS's list leaves open. Besides the statements that it does not
//! name, these are: what `EXPLAIN` without `ANALYZE` only plans, and functions in a definition
//! (`CREATE VIEW … AS SELECT nextval('s')`), which call nothing yet.
//!
//! `make sql-oracle` compares this with verdicts that are made from PostgreSQL's syntax trees. For
//! the 42,442 statements of PostgreSQL's own tests (3,408 pin or might), they are the same.
//! A lexer does not see that a temporary view needs no `TEMP` if it reads a temporary table, and
//! that `CREATE SCHEMA s CREATE TEMP TABLE t (…)` is an error.

mod calls;
mod head;

use super::LIMIT;
use super::statement::Statement;

/// What a statement, or a text of several, does to a session's pinning, by an engine's causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict<C = Cause> {
    /// The session stays as it is.
    Free,
    /// AWS does not say whether the session is pinned.
    Doubtful(C),
    /// The session is pinned.
    Pins(C),
}

/// What in a text pins a session, or might.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// `SET`, also `SET SESSION CHARACTERISTICS`.
    Set,
    /// `SET LOCAL`. The transaction-local form of `set_config` pins; of this AWS says nothing.
    SetLocal,
    SetTransaction,
    SetConstraints,
    Reset,
    /// `set_config(…)`, for the session or for the transaction.
    SetConfig,
    /// The statement. `Parse` messages do not pin.
    Prepare,
    Execute,
    Deallocate,
    Discard,
    TemporaryTable,
    TemporaryView,
    TemporarySequence,
    /// `SELECT … INTO TEMP`, which creates a temporary table but is not on AWS's list.
    SelectIntoTemporary,
    DeclaredCursor,
    /// `FETCH` and `MOVE`.
    Fetch,
    Close,
    Listen,
    /// `NOTIFY` and `pg_notify(…)`.
    Notify,
    Unlisten,
    Load,
    /// `nextval(…)` and `setval(…)`.
    Sequence,
    /// `currval(…)` and `lastval(…)`.
    SequenceState,
    /// A lock that the session holds. Those of a transaction do not pin.
    AdvisoryLock,
    AdvisoryUnlock,
    /// The text is longer than [`LIMIT`].
    TooLong,
}

impl<C> Verdict<C> {
    /// The stronger of two. Of two equally strong ones the first.
    pub(super) fn or(self, later: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Pins(_) => self,
            Self::Doubtful(_) => match later() {
                Self::Pins(cause) => Self::Pins(cause),
                Self::Free | Self::Doubtful(_) => self,
            },
            Self::Free => later(),
        }
    }

    /// The verdict on what is not executed.
    fn at_most_doubtful(self) -> Self {
        match self {
            Self::Pins(cause) => Self::Doubtful(cause),
            Self::Free | Self::Doubtful(_) => self,
        }
    }
}

/// Judges the whole text of one `Query` or `Parse` message, with all statements in it.
pub(crate) fn judge(text: &[u8]) -> Verdict {
    if text.len() > LIMIT {
        return Verdict::Pins(Cause::TooLong);
    }
    let mut verdict = Verdict::Free;
    let mut next = Some(Statement::first(text));
    while let Some(mut statement) = next {
        verdict = verdict.or(|| one(&mut statement));
        if let Verdict::Pins(_) = verdict {
            break;
        }
        next = statement.following();
    }
    verdict
}

/// Judges one statement.
fn one(statement: &mut Statement<'_>) -> Verdict {
    let head = head::read(statement.clone());
    let calls = || calls::judge(statement, head.calls);
    let verdict = head.verdict.or(calls);
    if head.is_executed { verdict } else { verdict.at_most_doubtful() }
}

#[cfg(test)]
mod tests;
