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
use crate::backend::{Lender, Session, answer_without_database, greeting, relay};
use crate::end::End;
use crate::fault::{Deed, Fault, Names, Point, faulty_session, perform};
use crate::login::{authenticate, send};
use crate::proxy::Visit;
use crate::socket::{Client, Socket};
use crate::wire::WireError;
use crate::wire::backend::{error_response, ready_for_query};
use crate::wire::startup::{Opening, Parameters, read_opening};
use crate::wire::tls::read_record;
use parameters::read_parameters;

/// How long a login may take; PostgreSQL's own default
/// (<https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-AUTHENTICATION-TIMEOUT>).
const LOGIN_TIMEOUT: Duration = Duration::from_mins(1);

/// How long and how far a refused client is read on, so that its bytes do not turn our answer into
/// a reset (<https://www.rfc-editor.org/rfc/rfc9112#section-9.6> describes the same for HTTP).
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: u64 = 256 * 1024;

/// A client that is logged in, its session if there is a database, and what it logged in with.
struct LoggedIn {
    client: TlsStream<Socket>,
    session: Option<Session>,
    parameters: Parameters,
}

/// Holds the conversation.
pub(crate) async fn converse(socket: Socket, visit: &Visit) {
    let logged_in = if visit.has_slow_login() {
        Ok(log_in(socket, visit).await)
    } else {
        timeout(LOGIN_TIMEOUT, log_in(socket, visit)).await
    };
    let ended = match logged_in {
        Err(_elapsed) => Err(End::TooSlow),
        Ok(Err(end)) => Err(end),
        Ok(Ok(logged_in)) => pass(logged_in, visit).await,
    };
    if let Err(end) = ended
        && !end.is_silent()
    {
        visit.log(&end);
    }
}

/// The session itself, up to a fault that ends it.
async fn pass(logged_in: LoggedIn, visit: &Visit) -> Result<(), End> {
    let LoggedIn { mut client, session, parameters } = logged_in;
    let names = Names::from(&parameters);
    let fault = visit.proxy.options.fault.as_ref();
    let ended = match fault.and_then(Fault::after) {
        None => talk(&mut client, session, visit, &parameters).await,
        Some((deed, seconds)) => {
            tokio::select! {
                ended = talk(&mut client, session, visit, &parameters) => ended,
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
    parameters: &Parameters,
) -> Result<(), End> {
    let (greeting, database) = match session {
        Some(Session { greeting, stream }) => (greeting, Some(stream)),
        None => (greeting(), None),
    };
    send(client, &[greeting, ready_for_query()].concat()).await?;
    let lender = Lender { parameters, visit };
    if let Some(fault) = visit.proxy.options.fault.as_ref().and_then(Fault::at_query) {
        return faulty_session(client, database, &lender, fault).await;
    }
    let database = match database {
        Some(database) => Some(database),
        None => answer_without_database(client, &lender).await?,
    };
    match database {
        Some(database) => relay(client, database).await,
        None => Ok(()),
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
/// here; what RDS Proxy does with it is unknown. Each kind of encryption is asked for once, as
/// PostgreSQL has it.
async fn negotiate(socket: &mut Socket, visit: &Visit) -> Result<(), End> {
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
    authenticate(client, Names::from(&parameters), entry, visit).await?;
    let session = Lender { parameters: &parameters, visit }.lend().await?;
    Ok((session, parameters))
}

/// Tells the client, if there is something to tell, and sees to it that the words arrive.
async fn refuse<C: Client>(client: &mut C, end: End, visit: &Visit) -> End {
    if let End::Refused { refusal, .. } = &end {
        // Before the client can know: whoever sees it refused finds the line.
        visit.log(&end);
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
