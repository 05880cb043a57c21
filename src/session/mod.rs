//! A session with PostgreSQL, and the steps to it: resolve, connect, sign in.
//!
//! Each step is a function with a failure type of its own. TLS stands between `connect` and
//! `authenticate` and is the neighbour `tls`; the order of all is `probe`'s matter, and so are
//! deadlines, but for `connect`, which divides its time among addresses.

mod connect;
mod error;
mod guard;
mod resolve;
mod startup;
mod warm;

use std::fmt;

use tokio::task::JoinSet;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

pub use connect::connect;
pub use error::{
    Attempt, AuthRequest, AuthenticateError, ConnectError, ConnectFailure, ResolveError,
    ServerError,
};
pub use resolve::resolve;
pub use startup::authenticate;
pub use warm::{IDLE_LIMIT, KeptSession};

use crate::config::DbUser;
use crate::token::Secrets;
use guard::{Lost, Offence, Sighting};
use startup::{protocol_error, server_error, too_long};

/// A session that is signed in; dropping it closes the connection.
pub struct Session {
    user: DbUser,
    client: Client,
    sighting: Sighting,
    secrets: Secrets,
    _task: JoinSet<()>,
}

/// Why a statement brought no rows.
#[derive(Debug)]
pub enum StatementError {
    /// The server answered with an error.
    Refused(ServerError),
    /// The server broke PostgreSQL's protocol.
    Protocol(String),
    /// The connection ended.
    ConnectionLost {
        /// The socket's error; `None` when the server closed it in order.
        error: Option<std::io::ErrorKind>,
    },
}

impl Session {
    /// Runs one statement in one round trip: an unnamed statement of the extended protocol,
    /// whose parameter types are given, so that nothing is asked beforehand.
    /// <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY>
    ///
    /// # Errors
    /// [`StatementError`].
    pub async fn query(
        &self,
        sql: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, StatementError> {
        self.client.query_typed(sql, parameters).await.map_err(|error| self.classify(&error))
    }

    /// Runs statements, parted by semicolons, in one round trip: a simple query, so that they are
    /// one transaction unless they say otherwise, and what they return is dropped.
    /// <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT>
    ///
    /// # Errors
    /// [`StatementError`].
    pub async fn batch(&self, sql: &str) -> Result<(), StatementError> {
        self.client.batch_execute(sql).await.map_err(|error| self.classify(&error))
    }

    /// Who is signed in.
    pub fn user(&self) -> &DbUser {
        &self.user
    }

    /// Whether the connection is known to have ended. That it has not says little: the other
    /// side may be gone without a word.
    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    fn classify(&self, error: &tokio_postgres::Error) -> StatementError {
        if let Some(error) = error.as_db_error() {
            return StatementError::Refused(server_error(error, &self.secrets));
        }
        match (self.sighting.offence(), self.sighting.lost()) {
            (Some(Offence::TooLong { announced }), _) => {
                StatementError::Protocol(too_long(announced))
            }
            (Some(Offence::Method(asked)), _) => {
                StatementError::Protocol(format!("it asked for {} after login", asked.name()))
            }
            (None, Some(Lost { error })) => StatementError::ConnectionLost { error },
            (None, None) if error.is_closed() => StatementError::ConnectionLost { error: None },
            (None, None) => StatementError::Protocol(protocol_error(error, &self.secrets)),
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}
