//! The one question that a probe asks the database, and what the answer says.
//!
//! One `SELECT` by the extended protocol, nothing set, nothing prepared by SQL: RDS Proxy pins a
//! session on neither
//! (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html>). The answer
//! must carry the question's nonce, so that a stale or foreign row is never taken for health.

mod nonce;
mod role;

use std::time::{Duration, SystemTime};

use tokio_postgres::Row;
use tokio_postgres::types::Type;

pub use role::Role;

use crate::session::{ServerError, Session, StatementError};
use nonce::Nonce;

/// The one statement of a probe; its parameter is the nonce.
///
/// Every column is text or boolean, but for the time: nothing depends on a server's settings.
/// `server_version` is cut at its first blank, where distributions append a name of their own.
pub const QUESTION: &str = "\
    SELECT current_database()::text, current_user::text, \
    split_part(current_setting('server_version'), ' ', 1), \
    pg_is_in_recovery(), \
    current_setting('transaction_read_only') = 'on', \
    clock_timestamp(), \
    $1";

/// What the database said of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthFacts {
    /// The database that the session is in.
    pub database: String,
    /// The user that the session acts as.
    pub user: String,
    /// The server's version, such as `16.4`.
    pub version: String,
    /// Whether the server takes writes at all.
    pub role: Role,
    /// Whether this session's transactions are read-only.
    pub read_only: bool,
    /// The server's clock.
    pub time: SystemTime,
}

/// No trustworthy answer.
#[derive(Debug)]
pub enum QueryError {
    /// The server answered with an error.
    Refused(ServerError),
    /// The answer is not this question's: no row, another shape, or another nonce.
    Foreign {
        /// What is wrong with it.
        difference: String,
    },
    /// The server broke PostgreSQL's protocol.
    Protocol(String),
    /// The connection ended.
    ConnectionLost {
        /// The socket's error; `None` when the server closed it in order.
        error: Option<std::io::ErrorKind>,
    },
    /// No answer inside the budget.
    TimedOut {
        /// How long was waited.
        after: Duration,
    },
}

/// Asks the question once, in one round trip.
///
/// # Errors
/// [`QueryError`], never `TimedOut`: the caller holds the clock.
pub async fn ask(session: &Session) -> Result<HealthFacts, QueryError> {
    let nonce = Nonce::random().map_err(|error| foreign(error.to_string()))?;
    let rows = session.query(QUESTION, &[(&nonce.as_str(), Type::TEXT)]).await.map_err(
        |error| match error {
            StatementError::Refused(error) => QueryError::Refused(error),
            StatementError::Protocol(problem) => QueryError::Protocol(problem),
            StatementError::ConnectionLost { error } => QueryError::ConnectionLost { error },
        },
    )?;
    let [row] = rows.as_slice() else {
        return Err(foreign(format!("{} rows instead of one", rows.len())));
    };
    let (facts, answered) = read(row).map_err(|error| foreign(error.to_string()))?;
    if answered != nonce.as_str() {
        return Err(foreign("it carries another probe's nonce".to_owned()));
    }
    Ok(facts)
}

fn read(row: &Row) -> Result<(HealthFacts, &str), tokio_postgres::Error> {
    let facts = HealthFacts {
        database: row.try_get(0)?,
        user: row.try_get(1)?,
        version: row.try_get(2)?,
        role: Role::from_recovery(row.try_get(3)?),
        read_only: row.try_get(4)?,
        time: row.try_get(5)?,
    };
    Ok((facts, row.try_get(6)?))
}

fn foreign(difference: String) -> QueryError {
    QueryError::Foreign { difference }
}
