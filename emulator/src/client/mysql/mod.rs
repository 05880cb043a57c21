//! A client of MySQL's, from its first byte to the end of its session.
//!
//! Owns the order: greeting, `SSLRequest`, TLS, login packet, the plugin that the user is asked for,
//! database, `OK`, session. That order is a guess, as is what the greeting holds beyond the version
//! and the number of the connection: no capture of one is public.
//! `login` has the plugins, `session` what comes after.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>

mod encounter;
mod exchange;
mod login;
mod pinning;
mod pump;
mod session;

use std::sync::Arc;

use bytes::BytesMut;
use tokio::io::AsyncWriteExt as _;
use tokio_rustls::server::TlsStream;

use super::end::End;
use super::perform::perform;
use super::proxy::{Connection, MySqlServer};
use super::socket::{Client, Socket};
use super::{Listed, refuse, until_fault};
use crate::fault::{Action, Point};
use crate::observe::Counted;
use crate::pool::{BorrowError, Key, SessionState};
use crate::texts::mysql as texts;
use crate::users::{Plugin, random};
use crate::wire::WireError;
use crate::wire::mysql::answer::{error, ok, status};
use crate::wire::mysql::{Greeting, Opening, Response, SCRAMBLE, append};
use crate::wire::startup::Names;
use crate::wire::tls::read_record;
use exchange::Exchange;
use login::Login;
use session::Session;

/// `utf8mb4_general_ci`, which MySQL and MariaDB both have. What the real proxy names is unknown.
const CHARACTER_SET: u8 = 45;

/// The bit that is set in a greeting's number of the connection. A database counts its own
/// connections from 1, so the two never agree by chance: that they differ is what a client can tell
/// the real proxy by (<https://github.com/mysql-net/MySqlConnector/issues/1581>).
const FIRST_THREAD: u32 = 1 << 31;

/// A client that has logged in, but has not heard so.
pub(super) struct LoggedIn<'a> {
    client: TlsStream<Socket>,
    encrypted: Counted<'a>,
    state: SessionState,
    program: String,
    /// The number of the packet that tells it.
    sequence: u8,
}

/// Everything up to the session.
pub(super) async fn log_in<'a>(
    mut socket: Socket,
    connection: &'a Connection,
    server: &MySqlServer,
) -> Result<LoggedIn<'a>, End> {
    let mut exchange = Exchange::new(&mut socket, 0);
    let greeting = match greet(&mut exchange, connection, server).await {
        Ok(greeting) => greeting,
        Err(end) => {
            // Before the client has said what it can read, an error has no SQLSTATE.
            let sequence = exchange.sequence;
            let bytes = |refusal: &_| packet(sequence, &error(refusal, sequence > 0));
            return Err(refuse(&mut socket, end, connection, bytes).await);
        }
    };
    let sequence = exchange.sequence;
    let mut client = connection.acceptor().accept(socket).await.map_err(End::Handshake)?;
    let encrypted = connection.endpoint.metrics.client_connections_tls.count();
    let mut exchange = Exchange::new(&mut client, sequence);
    match start(&mut exchange, connection, &greeting).await {
        Ok(response) => {
            let sequence = exchange.sequence;
            let state = SessionState::new(&response, server.capabilities);
            let program = response.program().to_owned();
            Ok(LoggedIn { client, encrypted, state, program, sequence })
        }
        Err(end) => {
            let sequence = exchange.sequence;
            let bytes = |refusal: &_| packet(sequence, &error(refusal, true));
            Err(refuse(&mut client, end, connection, bytes).await)
        }
    }
}

/// Up to the beginning of TLS. A client without TLS hears so before it is asked for a password: two
/// real clients would send it in clear.
async fn greet(
    exchange: &mut Exchange<'_, Socket>,
    connection: &Connection,
    server: &MySqlServer,
) -> Result<Greeting, End> {
    if let Some(action) = connection.action(Point::Accept) {
        perform(action, exchange.client, Names::default()).await?;
    }
    let greeting = Greeting {
        version: server.version.clone(),
        thread_id: u32::try_from(connection.number).unwrap_or(u32::MAX) | FIRST_THREAD,
        scramble: scramble()?,
        capabilities: server.capabilities,
        character_set: CHARACTER_SET,
        status: status::AUTOCOMMIT,
        plugin: Plugin::Native.name().to_owned(),
    };
    exchange.send(&greeting.encode()).await?;
    match Opening::parse(&exchange.receive().await?)? {
        Opening::Ssl => {}
        Opening::Login(_) => {
            let why = "the client does not use TLS".to_owned();
            return Err(End::Refused { refusal: texts::tls_required(), why });
        }
        Opening::TooOld => return Err(too_old()),
    }
    if let Some(action) = connection.action(Point::Ssl) {
        perform(action, exchange.client, Names::default()).await?;
    }
    if let Some(action) = connection.action(Point::Handshake) {
        // A socket that drips goes on to its handshake, and needs all of the client's.
        if !matches!(action, Action::Drip) {
            read_record(exchange.client).await?;
        }
        perform(action, exchange.client, Names::default()).await?;
    }
    Ok(greeting)
}

/// Inside TLS: from the login packet to the proof of who the client is.
async fn start<C: Client>(
    exchange: &mut Exchange<'_, C>,
    connection: &Connection,
    greeting: &Greeting,
) -> Result<Response, End> {
    let response = match Opening::parse(&exchange.receive().await?)? {
        Opening::Login(response) => response,
        Opening::Ssl => {
            return Err(WireError::Malformed("encryption is asked for inside TLS").into());
        }
        Opening::TooOld => return Err(too_old()),
    };
    let names = Names { user: &response.user, database: &response.database };
    if let Some(action) = connection.action(Point::Startup) {
        perform(action, exchange.client, names).await?;
    }
    Login { exchange, connection, response: &response, scramble: &greeting.scramble }.run().await?;
    Ok(response)
}

fn too_old() -> End {
    let why = "the client speaks the protocol of before MySQL 4.1".to_owned();
    End::Refused { refusal: texts::too_old(), why }
}

/// The session itself, up to a fault that ends it. The database is asked before the client hears that
/// it is logged in: its refusal takes the place of the `OK`.
pub(super) async fn run_session(
    logged_in: LoggedIn<'_>,
    connection: &Connection,
) -> Result<(), End> {
    let LoggedIn { mut client, encrypted: _counted, state, program, sequence } = logged_in;
    let key = Arc::new(Key::from(state.clone()));
    let mut refused_at = sequence;
    let ended = match connection.endpoint.pool.greeting(&key).await {
        Err(error) => Err(no_connection(error)),
        Ok(_greeting) => {
            refused_at = 1;
            connection.proxy.first_login.notify_one();
            let listed = Listed::new(connection, &key, &program);
            let view = Arc::clone(&listed.view);
            let welcome = BytesMut::from(&*packet(sequence, &ok(status::AUTOCOMMIT)));
            let (user, database) = (state.user.clone(), state.database.clone());
            let session = Session::new((&mut client, welcome), connection, state, view).run();
            match until_fault(session, connection).await {
                Ok(ended) => ended,
                Err(action) => {
                    let names = Names { user: &user, database: &database };
                    perform(action, &mut client, names).await
                }
            }
        }
    };
    match ended {
        Ok(()) => {
            drop(client.shutdown().await);
            Ok(())
        }
        Err(end) => {
            let bytes = |refusal: &_| packet(refused_at, &error(refusal, true));
            Err(refuse(&mut client, end, connection, bytes).await)
        }
    }
}

/// The end of a client that gets no connection. The database's own error passes unchanged,
/// which is unverified for the real proxy.
fn no_connection(error: BorrowError) -> End {
    let (refusal, why) = match error {
        BorrowError::TimedOut => {
            (texts::borrow_timeout_at_login(), "no database connection became free".to_owned())
        }
        BorrowError::Refused(refusal) => {
            let why = format!("the database refused the session: {}", refusal.cited());
            (refusal, why)
        }
        BorrowError::NoReader => (texts::no_reader(), "the endpoint has no reader".to_owned()),
    };
    End::Refused { refusal, why }
}

/// One packet, with its header.
fn packet(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    append(&mut bytes, sequence, payload);
    bytes
}

/// A challenge: printable characters, since a NUL would end it.
fn scramble() -> Result<[u8; SCRAMBLE], End> {
    const FIRST: u8 = b'!';
    const COUNT: u8 = b'~' - FIRST + 1;
    Ok(random::<SCRAMBLE>()?.map(|byte| FIRST + byte % COUNT))
}
