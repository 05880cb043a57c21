//! A session with PostgreSQL, and the steps to it: resolve, connect, log in.
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
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

pub use connect::connect;
pub use error::{
    Attempt, AuthRequest, AuthenticateError, ConnectError, ConnectFailure, ResolveError,
    ServerError, WireError,
};
pub use resolve::resolve;
pub use startup::authenticate;
pub use warm::{IDLE_LIMIT, KeptSession};

use crate::config::DbUser;
use crate::token::Secrets;
use guard::GuardState;
use startup::{classify, protocol_error};

/// How long a dropped session may take to tell the server that it ends.
const FAREWELL: Duration = Duration::from_secs(1);

/// A session that is logged in. Dropping it tells the server so (`Terminate`), without waiting.
pub struct Session {
    user: DbUser,
    client: Client,
    state: GuardState,
    secrets: Secrets,
    connection: JoinSet<()>,
    /// Dropped with the session, which the connection's task hears.
    _alive: oneshot::Sender<()>,
}

impl Session {
    fn new<C>(
        user: DbUser,
        client: Client,
        connection: C,
        state: GuardState,
        secrets: Secrets,
    ) -> Self
    where
        C: Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static,
    {
        let (alive, dropped) = oneshot::channel::<()>();
        let farewell = async move {
            drop(dropped.await);
            sleep(FAREWELL).await;
        };
        let (seen, kept) = (state.clone(), secrets.clone());
        let mut task = JoinSet::new();
        // A server that takes nothing any more must not hold the task for ever.
        task.spawn(async move {
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    seen.break_off(protocol_error(&error, &kept));
                },
                () = farewell => {}
            }
        });
        Self { user, client, state, secrets, connection: task, _alive: alive }
    }

    /// Runs one statement in one round trip: an unnamed statement of the extended protocol,
    /// whose parameter types are given, so that nothing is asked beforehand.
    /// <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY>
    ///
    /// # Errors
    /// [`WireError`].
    pub async fn query(
        &self,
        sql: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, WireError> {
        self.state.begin_answer();
        let answered = self.client.query_typed(sql, parameters).await;
        answered.map_err(|error| classify(&error, &self.state, &self.secrets))
    }

    /// Runs statements, parted by semicolons, in one round trip: a simple query, so that they are
    /// one transaction unless they say otherwise, and what they return is dropped.
    /// <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT>
    ///
    /// # Errors
    /// [`WireError`].
    pub async fn batch(&self, sql: &str) -> Result<(), WireError> {
        self.state.begin_answer();
        let answered = self.client.batch_execute(sql).await;
        answered.map_err(|error| classify(&error, &self.state, &self.secrets))
    }

    /// Who is logged in.
    pub fn user(&self) -> &DbUser {
        &self.user
    }

    /// How the server asked for the token or the password; `None` if it let us in unasked.
    pub fn asked(&self) -> Option<AuthRequest> {
        self.state.asked()
    }

    /// What is kept of a text that this server sent: freed of secrets, and bounded.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.secrets.clean(text, TEXT_LIMIT)
    }

    /// Whether the connection is known to have ended. That it has not says little: the other
    /// side may be gone silently.
    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }
}

/// The longest part of a server's text that is kept, in characters.
const TEXT_LIMIT: usize = 500;

impl Drop for Session {
    fn drop(&mut self) {
        self.connection.detach_all();
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}
