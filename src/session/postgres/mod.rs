//! PostgreSQL's part of a session: asking for TLS, the login, statements and their answers.

mod ask;
mod guard;
mod method;
mod startup;

use std::fmt;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

pub(super) use ask::ask_for_tls;
pub use method::Method;
pub use startup::authenticate;

use super::{AuthRequest, TEXT_LIMIT, WireError};
use crate::config::DbUser;
use crate::token::Secrets;
use guard::GuardState;
use startup::{classify, protocol_error};

/// How long a dropped session may take to send `Terminate`.
const FAREWELL: Duration = Duration::from_secs(1);

/// A session that is logged in. Dropping it sends `Terminate`, without waiting.
pub struct Session {
    user: DbUser,
    client: Client,
    state: GuardState,
    secrets: Secrets,
    connection: JoinSet<()>,
    /// Dropped with the session, which tells the connection's task.
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
        // A server that reads nothing must not keep the task alive.
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
    /// whose parameter types are given, so that they need not be queried first.
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

    /// Runs statements, separated by semicolons, in one round trip: a simple query, so they are one
    /// transaction unless they say otherwise. What they return is dropped.
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

    /// How the server asked for the token or the password; `None` if it did not ask.
    pub fn asked(&self) -> Option<AuthRequest> {
        self.state.asked().map(AuthRequest::PostgreSql)
    }

    /// A text from this server, without secrets, shortened.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.secrets.clean(text, TEXT_LIMIT)
    }

    /// Whether the connection is known to be closed. If not, the other side may still be gone.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }
}

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
