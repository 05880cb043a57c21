//! The health query, and what its answer says.
//!
//! One `SELECT`, for which RDS Proxy does not pin a session
//! (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html>). The answer
//! must carry the query's nonce, so that a stale or foreign row never counts as healthy. How it is
//! asked is in each engine's file.

mod mysql;
mod nonce;
mod postgres;
mod role;
mod route;

use std::time::SystemTime;

pub use postgres::QUESTION;
pub use role::Role;
pub use route::Route;

use crate::session::{Session, WireError};
use nonce::Nonce;

/// What the database says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthFacts {
    /// The database that the session is in; MySQL has sessions without one.
    pub database: Option<String>,
    /// The user that the session acts as.
    pub user: String,
    /// The server's version, such as `16.4`.
    pub version: String,
    /// Whether the server accepts writes at all.
    pub role: Role,
    /// Whether this session's transactions are read-only.
    pub read_only: bool,
    /// The server's clock.
    pub time: SystemTime,
    /// Where the session leads; `None` if nothing tells, as with PostgreSQL.
    pub route: Option<Route>,
}

/// No trustworthy answer.
#[derive(Debug)]
pub enum QueryError {
    /// The conversation ended.
    Wire(WireError),
    /// The answer to another query: a row like this query's, with another nonce.
    OtherNonce,
    /// No answer to such a query: no row, or another shape.
    Foreign {
        /// What is wrong with it.
        difference: String,
    },
}

/// Runs the query, in one round trip.
///
/// # Errors
/// [`QueryError`].
pub async fn ask(session: &mut Session) -> Result<HealthFacts, QueryError> {
    let nonce = Nonce::random().map_err(|error| foreign(error.to_string()))?;
    match session {
        Session::PostgreSql(session) => postgres::ask(session, &nonce).await,
        Session::MySql(session) => Box::pin(mysql::ask(session, &nonce)).await,
    }
}

fn foreign(difference: String) -> QueryError {
    QueryError::Foreign { difference }
}
