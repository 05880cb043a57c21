//! One client, from its first byte to its last.
//!
//! Owns what is the same for both engines: counting clients, the time that a login may take, and the
//! end. `postgresql` and `mysql` have the order in which a client of theirs is served.

mod cross_talk;
mod disruption;
mod encounter;
mod end;
mod lending;
mod link;
mod login;
mod mysql;
mod parameters;
mod patience;
mod perform;
mod pinning;
mod postgresql;
mod proxy;
mod pump;
mod query_time;
mod session;
mod socket;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};

use crate::fault::{Action, Fault};
use crate::observe::{EndpointMetrics, SessionView};
use crate::pool::Key;
use crate::texts::log;
use crate::wire::{Refusal, WireError};
pub(crate) use disruption::disrupt_later;
use end::End;
pub use proxy::OnPin;
pub(crate) use proxy::{Connection, Endpoint, MySqlServer, Protocol, Proxy, Settings};
use socket::Client;
pub(crate) use socket::Socket;

/// How long a login may take; PostgreSQL's own default
/// (<https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-AUTHENTICATION-TIMEOUT>).
const LOGIN_TIMEOUT: Duration = Duration::from_mins(1);

/// How long and how far a refused client is read on, so that its bytes do not turn our answer into
/// a reset (<https://www.rfc-editor.org/rfc/rfc9112#section-9.6> describes the same for HTTP).
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: u64 = 256 * 1024;

/// A client that has logged in.
enum LoggedIn<'a> {
    PostgreSql(postgresql::LoggedIn<'a>),
    MySql(mysql::LoggedIn<'a>),
}

/// Serves a client until one of both sides ends it.
pub(crate) async fn serve_client(socket: Socket, connection: &Connection) {
    let metrics = &connection.endpoint.metrics;
    connection.debug_line("INFO", &log::Connected(connection.peer));
    metrics.client_connections_received.add();
    metrics.client_connections.up();
    let _counted = Counted(metrics);
    let in_setup = metrics.client_connections_in_setup.count();
    let logged_in = if connection.has_slow_login() {
        Ok(log_in(socket, connection).await)
    } else {
        timeout(LOGIN_TIMEOUT, log_in(socket, connection)).await
    };
    drop(in_setup);
    match &logged_in {
        Ok(Ok(_logged_in)) => metrics.client_connections_setup_succeeded.add(),
        Ok(Err(End::Refused { .. } | End::Handshake(_))) => {
            metrics.client_connections_setup_failed_auth.add();
        }
        Ok(Err(_)) | Err(_) => {}
    }
    let ended = match logged_in {
        Err(_elapsed) => Err(End::TooSlow),
        Ok(Err(end)) => Err(end),
        Ok(Ok(logged_in)) => run_session(logged_in, connection).await,
    };
    let closed = if ended.is_ok() { log::CLIENT_LEFT } else { log::CLIENT_CLOSED };
    if let Err(end) = ended
        && !end.is_silent()
    {
        connection.log(&end);
    }
    connection.debug_line("INFO", &closed);
}

/// A client's connection among those that are open, for as long as this lives.
struct Counted<'a>(&'a EndpointMetrics);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.client_connections.down();
        self.0.client_connections_closed.add();
    }
}

/// Everything up to the session.
async fn log_in(socket: Socket, connection: &Connection) -> Result<LoggedIn<'_>, End> {
    match &connection.proxy.settings.protocol {
        Protocol::PostgreSql { .. } => {
            postgresql::log_in(socket, connection).await.map(LoggedIn::PostgreSql)
        }
        Protocol::MySql(server) => {
            mysql::log_in(socket, connection, server).await.map(LoggedIn::MySql)
        }
    }
}

/// The session itself, up to a fault that ends it.
async fn run_session(logged_in: LoggedIn<'_>, connection: &Connection) -> Result<(), End> {
    match logged_in {
        LoggedIn::PostgreSql(logged_in) => postgresql::run_session(logged_in, connection).await,
        LoggedIn::MySql(logged_in) => mysql::run_session(logged_in, connection).await,
    }
}

/// Serves a session, up to a fault that comes some seconds after the login: then returns what it does.
async fn until_fault(
    session: impl Future<Output = Result<(), End>>,
    connection: &Connection,
) -> Result<Result<(), End>, Action> {
    match connection.proxy.fault().and_then(Fault::after) {
        None => Ok(session.await),
        Some((action, seconds)) => tokio::select! {
            ended = session => Ok(ended),
            () = sleep(Duration::from_secs(seconds.into())) => Err(action),
        },
    }
}

/// A session in the list of those that are open, for as long as this lives.
struct Listed<'a> {
    connection: &'a Connection,
    view: Arc<SessionView>,
}

impl<'a> Listed<'a> {
    fn new(connection: &'a Connection, key: &Key, application: &str) -> Self {
        let Connection { proxy, endpoint, peer, number } = connection;
        let names = (key.user(), key.database(), application);
        let view = Arc::new(SessionView::new((*number, &endpoint.name, *peer), names));
        proxy.sessions.add(&view);
        Self { connection, view }
    }
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        self.connection.proxy.sessions.remove(self.connection.number);
    }
}

/// Tells the client, if there is something to tell, in these bytes, and sees to it that they arrive.
async fn refuse<C: Client>(
    client: &mut C,
    end: End,
    connection: &Connection,
    bytes: impl FnOnce(&Refusal) -> Vec<u8>,
) -> End {
    if let End::Refused { refusal, .. } = &end {
        // Before the client can know: a person who sees it refused finds the line.
        connection.log(&end);
        let client_drips = client.socket().drips();
        let farewell = async {
            client.write_all(&bytes(refusal)).await?;
            client.shutdown().await?;
            tokio::io::copy(&mut client.take(LINGER_BYTES), &mut tokio::io::sink()).await
        };
        // The client may be gone; and a byte a second takes its time.
        if client_drips {
            drop(farewell.await);
        } else {
            drop(timeout(LINGER, farewell).await);
        }
    }
    end
}

/// Sends bytes to the client, all the way.
async fn send<C: AsyncWrite + Unpin>(client: &mut C, bytes: &[u8]) -> Result<(), End> {
    client.write_all(bytes).await.map_err(WireError::from)?;
    client.flush().await.map_err(WireError::from)?;
    Ok(())
}
