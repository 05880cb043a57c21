//! A statement that failed, whatever the engine, and the deadline that all statements of a request
//! share.

use std::time::Duration;

use rds_proxy_probe::session::WireError;
use tokio::time::{Instant, timeout_at};

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

/// When the statements of a request must have been answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    begun: Instant,
    until: Instant,
}

impl Deadline {
    /// A deadline for what begins now.
    pub(crate) fn new(until: Instant) -> Self {
        Self { begun: Instant::now(), until }
    }

    /// What a statement comes to.
    pub(crate) async fn keep<T>(
        &self,
        doing: &str,
        statement: impl Future<Output = Result<T, WireError>>,
    ) -> Result<T, StatementFailure> {
        let cause = match timeout_at(self.until, statement).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => StatementCause::Statement(error),
            Err(_elapsed) => return Err(self.missed(doing)),
        };
        Err(StatementFailure { doing: doing.to_owned(), cause })
    }

    /// How much time is left.
    pub(crate) fn left(&self) -> Duration {
        self.until.duration_since(Instant::now())
    }

    /// The deadline was missed while this was being done.
    pub(crate) fn missed(&self, doing: &str) -> StatementFailure {
        let after = self.begun.elapsed();
        StatementFailure { doing: doing.to_owned(), cause: StatementCause::TimedOut { after } }
    }
}

impl StatementFailure {
    /// An answer that does not have the expected columns.
    pub(crate) fn foreign(doing: &str, problem: impl Into<String>) -> Self {
        Self { doing: doing.to_owned(), cause: StatementCause::Foreign(problem.into()) }
    }

    /// Whether the session can still be used: the server has answered.
    pub(crate) fn was_answered(&self) -> bool {
        match &self.cause {
            StatementCause::Statement(WireError::Refused(_)) => true,
            StatementCause::Statement(WireError::Lost { .. } | WireError::Protocol(_))
            | StatementCause::Foreign(_)
            | StatementCause::TimedOut { .. } => false,
        }
    }
}
