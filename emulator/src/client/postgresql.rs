//! A client of PostgreSQL's, from its first byte to the end of its session.
//!
//! Owns the order: `SSLRequest`, TLS check, startup parameters, credentials known, login, database,
//! ready, session. That order fits what is known of RDS Proxy; where nothing is published, it is a
//! guess. `login` has the ways to log in, `session` what comes after.
//! <https://www.postgresql.org/docs/current/protocol-flow.html>

use std::sync::Arc;

use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use tokio_rustls::server::TlsStream;

use super::end::End;
use super::login::authenticate;
use super::parameters::read_parameters;
use super::perform::perform;
use super::proxy::Connection;
use super::session::{Beginnings, Session};
use super::socket::{Client, Socket};
use super::{Listed, refuse, send, until_fault};
use crate::fault::{Action, Point};
use crate::observe::Counted;
use crate::pool::Key;
use crate::texts;
use crate::wire::WireError;
use crate::wire::backend::error_response;
use crate::wire::startup::{Names, Opening, Parameters, read_opening};
use crate::wire::tls::read_record;

/// A client that has logged in, and with what.
pub(super) struct LoggedIn<'a> {
    client: TlsStream<Socket>,
    encrypted: Counted<'a>,
    parameters: Parameters,
    key: Arc<Key>,
}

/// What the client is to hear of the database's settings. The time that the database takes for it
/// does not count as the client's.
async fn greet(key: Arc<Key>, connection: &Connection) -> Result<(Arc<Key>, Option<Bytes>), End> {
    let greeting = connection.endpoint.pool.greeting(&key).await?;
    Ok((key, greeting))
}

/// Everything up to the session.
pub(super) async fn log_in(
    mut socket: Socket,
    connection: &Connection,
) -> Result<LoggedIn<'_>, End> {
    if let Err(end) = negotiate(&mut socket, connection).await {
        return Err(refuse(&mut socket, end, connection, error_response).await);
    }
    let mut client = connection.acceptor().accept(socket).await.map_err(End::Handshake)?;
    let encrypted = connection.endpoint.metrics.client_connections_tls.count();
    match start(&mut client, connection).await {
        Ok(parameters) => {
            let key = Arc::new(Key::from(&parameters));
            Ok(LoggedIn { client, encrypted, parameters, key })
        }
        Err(end) => Err(refuse(&mut client, end, connection, error_response).await),
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

/// The session itself, up to a fault that ends it.
pub(super) async fn run_session(
    logged_in: LoggedIn<'_>,
    connection: &Connection,
) -> Result<(), End> {
    let LoggedIn { mut client, encrypted: _counted, parameters, key } = logged_in;
    let ended = match greet(key, connection).await {
        Err(end) => Err(end),
        Ok((key, greeting)) => {
            connection.proxy.first_login.notify_one();
            let application = parameters.get("application_name").unwrap_or_default();
            let listed = Listed::new(connection, &key, application);
            let view = Arc::clone(&listed.view);
            let beginnings = Beginnings { parameters: &parameters, key, greeting, view };
            let session = Session::new(&mut client, connection, beginnings).run();
            match until_fault(session, connection).await {
                Ok(ended) => ended,
                Err(action) => perform(action, &mut client, Names::from(&parameters)).await,
            }
        }
    };
    match ended {
        Ok(()) => {
            drop(client.shutdown().await);
            Ok(())
        }
        Err(end) => Err(refuse(&mut client, end, connection, error_response).await),
    }
}
