//! One client's conversation, from its first byte to its last.
//!
//! Owns the order: `SSLRequest`, TLS check, startup parameters, credentials known, authentication,
//! database, ready. That order fits what is known of RDS Proxy; where nobody documents it, this is
//! a guess. How a user is authenticated is `login`, what happens behind is `backend`.
//! <https://www.postgresql.org/docs/current/protocol-flow.html>

mod parameters;

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};
use tokio_rustls::server::TlsStream;

use crate::answers;
use crate::backend::{
    Login, OpenError, Session, answer_without_database, check_rds_iam, greeting, relay,
};
use crate::end::End;
use crate::fault::{Deed, Fault, Names, Point, faulty_session, perform};
use crate::login::{authenticate, send};
use crate::proxy::Visit;
use crate::socket::{Client, Socket};
use crate::wire::WireError;
use crate::wire::backend::error_response;
use crate::wire::startup::{Opening, Parameters, read_opening};
use crate::wire::tls::read_record;
use parameters::{names, read_parameters};

/// How long a login may take; PostgreSQL's own default
/// (<https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-AUTHENTICATION-TIMEOUT>).
const LOGIN_TIMEOUT: Duration = Duration::from_mins(1);

/// How long and how far a refused client is read on, so that its bytes do not turn our answer into
/// a reset (<https://www.rfc-editor.org/rfc/rfc9112#section-9.6> describes the same for HTTP).
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: u64 = 256 * 1024;

/// A client that is logged in, its session if there is a database, and whom it is about.
struct LoggedIn {
    client: TlsStream<Socket>,
    session: Option<Session>,
    parameters: Parameters,
}

/// Holds the conversation.
pub(crate) async fn converse(socket: Socket, visit: &Visit) {
    let ended = match timeout(LOGIN_TIMEOUT, log_in(socket, visit)).await {
        Err(_elapsed) => Err(End::TooSlow),
        Ok(Err(end)) => Err(end),
        Ok(Ok(logged_in)) => pass(logged_in, visit).await,
    };
    if let Err(end) = ended
        && !end.is_logged()
    {
        visit.log(&end);
    }
}

/// The session itself, up to a fault that ends it.
async fn pass(logged_in: LoggedIn, visit: &Visit) -> Result<(), End> {
    let LoggedIn { mut client, session, parameters } = logged_in;
    let names = names(&parameters);
    let fault = visit.proxy.options.fault.as_ref();
    let ended = match fault.and_then(Fault::after) {
        None => talk(&mut client, session, visit, names).await,
        Some((deed, seconds)) => {
            tokio::select! {
                ended = talk(&mut client, session, visit, names) => ended,
                () = sleep(Duration::from_secs(seconds.into())) => {
                    perform(deed, &mut client, names).await
                }
            }
        }
    };
    match ended {
        Ok(()) => Ok(()),
        Err(end) => Err(refuse(&mut client, end, visit).await),
    }
}

async fn talk(
    client: &mut TlsStream<Socket>,
    session: Option<Session>,
    visit: &Visit,
    names: Names<'_>,
) -> Result<(), End> {
    let (greeting, database) = match session {
        Some(Session { greeting, stream }) => (greeting, Some(stream)),
        None => (greeting(), None),
    };
    send(client, &greeting).await?;
    let fault = visit.proxy.options.fault.as_ref().and_then(Fault::at_query);
    match (fault, database) {
        (Some(fault), database) => faulty_session(client, database, fault, names).await,
        (None, Some(database)) => Ok(relay(client, database).await.map_err(WireError::from)?),
        (None, None) => Ok(answer_without_database(client).await?),
    }
}

/// Everything up to the session.
async fn log_in(mut socket: Socket, visit: &Visit) -> Result<LoggedIn, End> {
    if let Err(end) = negotiate(&mut socket, visit).await {
        return Err(refuse(&mut socket, end, visit).await);
    }
    let mut client = visit.acceptor().accept(socket).await.map_err(End::Handshake)?;
    match start(&mut client, visit).await {
        Ok((session, parameters)) => Ok(LoggedIn { client, session, parameters }),
        Err(end) => Err(refuse(&mut client, end, visit).await),
    }
}

/// Up to the `S` that begins TLS. PostgreSQL 17's direct TLS is no opening message, so it ends
/// here; what RDS Proxy does with it is unknown.
async fn negotiate(socket: &mut Socket, visit: &Visit) -> Result<(), End> {
    loop {
        match read_opening(socket).await? {
            Opening::Ssl => break,
            // That the proxy has no GSSAPI encryption is presumed, not documented.
            Opening::Gss => send(socket, b"N").await?,
            Opening::Cancel => return Err(End::Cancel),
            Opening::Startup { .. } => {
                let why = "the client does not use TLS".to_owned();
                return Err(End::Refused { refusal: answers::tls_required(), why });
            }
        }
    }
    if let Some(deed) = visit.deed(Point::Ssl) {
        perform(deed, socket, Names::default()).await?;
    }
    send(socket, b"S").await?;
    if let Some(deed) = visit.deed(Point::Handshake) {
        // A socket that drips goes on to its handshake, and needs all of the client's.
        if !matches!(deed, Deed::Drip) {
            read_record(socket).await?;
        }
        perform(deed, socket, Names::default()).await?;
    }
    Ok(())
}

/// Inside TLS: from the `StartupMessage` to the session.
async fn start<C: Client>(
    client: &mut C,
    visit: &Visit,
) -> Result<(Option<Session>, Parameters), End> {
    let parameters = read_parameters(client, visit).await?;
    let user = parameters.get("user").filter(|user| !user.is_empty()).ok_or_else(|| {
        End::Refused { refusal: answers::user_missing(), why: "no user is named".to_owned() }
    })?;
    let scheme = visit.proxy.options.auth_scheme;
    let entry = visit.proxy.users.get(user, scheme).ok_or_else(|| End::Refused {
        refusal: answers::no_credentials(user),
        why: "no --iam-user or --password-user has this name".to_owned(),
    })?;
    authenticate(client, names(&parameters), entry, visit).await?;
    let login = Login { user, password: entry.password(), parameters: &parameters };
    let session = open(&login, entry.is_by_token(scheme), visit).await?;
    Ok((session, parameters))
}

/// The session at the database, none if no connection to it can be had.
async fn open(login: &Login<'_>, by_token: bool, visit: &Visit) -> Result<Option<Session>, End> {
    let target = &visit.endpoint.target;
    let opened = async {
        if by_token {
            check_rds_iam(target, login.user).await?;
        }
        Session::open(target, login).await
    };
    match opened.await {
        Ok(session) => Ok(Some(session)),
        Err(OpenError::Refused(error)) => {
            let why = "the database refused the session".to_owned();
            Err(End::Refused { refusal: answers::request_returned(&error), why })
        }
        Err(OpenError::NoReader) => {
            let why = "the endpoint has no reader".to_owned();
            Err(End::Refused { refusal: answers::no_reader(), why })
        }
        Err(error @ (OpenError::Unavailable(_) | OpenError::Method(_))) => {
            visit.log(&format_args!("no database connection for {:?}: {error}", login.user));
            Ok(None)
        }
    }
}

/// Tells the client, if there is something to tell, and sees to it that the words arrive.
async fn refuse<C: Client>(client: &mut C, end: End, visit: &Visit) -> End {
    if let End::Refused { refusal, .. } = &end {
        // Before the client can know: whoever sees it refused finds the line.
        visit.log(&end);
        let farewell = async {
            client.write_all(&error_response(refusal)).await?;
            client.shutdown().await?;
            tokio::io::copy(&mut client.take(LINGER_BYTES), &mut tokio::io::sink()).await
        };
        // A client that does not listen is its own loss.
        drop(timeout(LINGER, farewell).await);
    }
    end
}
