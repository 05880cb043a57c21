//! One client, from its first byte to its last.
//!
//! Owns the order: `SSLRequest`, TLS check, startup parameters, credentials known, login, database,
//! ready, session. That order fits what is known of RDS Proxy; where nothing is published, it is a
//! guess. `login` has the ways to log in, `session` what comes after.
//! <https://www.postgresql.org/docs/current/protocol-flow.html>

mod buffers;
mod cross_talk;
mod disruption;
mod encounter;
mod end;
mod login;
mod parameters;
mod patience;
mod perform;
mod pinning;
mod proxy;
mod pump;
mod session;
mod socket;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};
use tokio_rustls::server::TlsStream;

use crate::fault::{Action, Fault, Point};
use crate::observe::{EndpointMetrics, SessionView};
use crate::pool::Key;
use crate::texts::{self, log};
use crate::wire::WireError;
use crate::wire::backend::error_response;
use crate::wire::startup::{Names, Opening, Parameters, read_opening};
use crate::wire::tls::read_record;
pub(crate) use disruption::disrupt_later;
use end::End;
use login::authenticate;
use parameters::read_parameters;
use perform::perform;
pub use proxy::OnPin;
pub(crate) use proxy::{Connection, Endpoint, Proxy, Settings};
use session::{Beginnings, Session};
use socket::Client;
pub(crate) use socket::Socket;

/// How long a login may take; PostgreSQL's own default
/// (<https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-AUTHENTICATION-TIMEOUT>).
const LOGIN_TIMEOUT: Duration = Duration::from_mins(1);

/// How long and how far a refused client is read on, so that its bytes do not turn our answer into
/// a reset (<https://www.rfc-editor.org/rfc/rfc9112#section-9.6> describes the same for HTTP).
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: u64 = 256 * 1024;

/// A client that has logged in, and with what.
struct LoggedIn {
    client: TlsStream<Socket>,
    parameters: Parameters,
    key: Arc<Key>,
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

/// The session itself, up to a fault that ends it.
async fn run_session(logged_in: LoggedIn, connection: &Connection) -> Result<(), End> {
    let LoggedIn { mut client, parameters, key } = logged_in;
    let ended = match greet(key, connection).await {
        Err(end) => Err(end),
        Ok((key, greeting)) => {
            connection.proxy.first_login.notify_one();
            let listed = Listed::new(connection, &key, &parameters);
            let view = Arc::clone(&listed.view);
            let beginnings = Beginnings { parameters: &parameters, key, greeting, view };
            let session = Session::new(&mut client, connection, beginnings).run();
            match connection.proxy.fault().and_then(Fault::after) {
                None => session.await,
                Some((action, seconds)) => {
                    let ended = tokio::select! {
                        ended = session => Some(ended),
                        () = sleep(Duration::from_secs(seconds.into())) => None,
                    };
                    match ended {
                        Some(ended) => ended,
                        None => perform(action, &mut client, Names::from(&parameters)).await,
                    }
                }
            }
        }
    };
    match ended {
        Ok(()) => {
            drop(client.shutdown().await);
            Ok(())
        }
        Err(end) => Err(refuse(&mut client, end, connection).await),
    }
}

/// A session in the list of those that are open, for as long as this lives.
struct Listed<'a> {
    connection: &'a Connection,
    view: Arc<SessionView>,
}

impl<'a> Listed<'a> {
    fn new(connection: &'a Connection, key: &Key, parameters: &Parameters) -> Self {
        let Connection { proxy, endpoint, peer, number } = connection;
        let application = parameters.get("application_name").unwrap_or_default();
        let names = (&*key.user, &*key.database, application);
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

/// What the client is to hear of the database's settings. The time that the database takes for it
/// does not count as the client's.
async fn greet(key: Arc<Key>, connection: &Connection) -> Result<(Arc<Key>, Option<Bytes>), End> {
    let greeting = connection.endpoint.pool.greeting(&key).await?;
    Ok((key, greeting))
}

/// Everything up to the session.
async fn log_in(mut socket: Socket, connection: &Connection) -> Result<LoggedIn, End> {
    if let Err(end) = negotiate(&mut socket, connection).await {
        return Err(refuse(&mut socket, end, connection).await);
    }
    let mut client = connection.acceptor().accept(socket).await.map_err(End::Handshake)?;
    match start(&mut client, connection).await {
        Ok(parameters) => {
            let key = Arc::new(Key::from(&parameters));
            Ok(LoggedIn { client, parameters, key })
        }
        Err(end) => Err(refuse(&mut client, end, connection).await),
    }
}

/// Up to the `S` that begins TLS. PostgreSQL 17's direct TLS is no opening message, so it ends
/// here; what RDS Proxy does with it is unknown. Each kind of encryption is asked for once, as
/// PostgreSQL has it.
async fn negotiate(socket: &mut Socket, connection: &Connection) -> Result<(), End> {
    let mut gss_is_declined = false;
    loop {
        match read_opening(socket).await? {
            Opening::Ssl => break,
            Opening::Gss if gss_is_declined => {
                return Err(WireError::Malformed("GSSAPI encryption is asked for again").into());
            }
            // That the proxy has no GSSAPI encryption is presumed, not documented.
            Opening::Gss => {
                send(socket, b"N").await?;
                gss_is_declined = true;
            }
            Opening::Cancel => return Err(End::Cancel),
            Opening::Startup { .. } => {
                let why = "the client does not use TLS".to_owned();
                return Err(End::Refused { refusal: texts::tls_required(), why });
            }
        }
    }
    if let Some(action) = connection.action(Point::Ssl) {
        perform(action, socket, Names::default()).await?;
    }
    send(socket, b"S").await?;
    if let Some(action) = connection.action(Point::Handshake) {
        // A socket that drips goes on to its handshake, and needs all of the client's.
        if !matches!(action, Action::Drip) {
            read_record(socket).await?;
        }
        perform(action, socket, Names::default()).await?;
    }
    Ok(())
}

/// Inside TLS: from the `StartupMessage` to `AuthenticationOk`.
async fn start<C: Client>(client: &mut C, connection: &Connection) -> Result<Parameters, End> {
    let parameters = read_parameters(client, connection).await?;
    let user = parameters.get("user").filter(|user| !user.is_empty()).ok_or_else(|| {
        End::Refused { refusal: texts::user_missing(), why: "no user is named".to_owned() }
    })?;
    let entry = connection.proxy.users.get(user).ok_or_else(|| End::Refused {
        refusal: texts::no_credentials(user),
        why: "no --iam-user or --password-user has this name".to_owned(),
    })?;
    authenticate(client, Names::from(&parameters), entry, connection).await?;
    Ok(parameters)
}

/// Tells the client, if there is something to tell, and sees to it that the words arrive.
async fn refuse<C: Client>(client: &mut C, end: End, connection: &Connection) -> End {
    if let End::Refused { refusal, .. } = &end {
        // Before the client can know: a person who sees it refused finds the line.
        connection.log(&end);
        let client_drips = client.socket().drips();
        let farewell = async {
            client.write_all(&error_response(refusal)).await?;
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
