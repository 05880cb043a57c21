//! One client's conversation, from its first byte to its last.
//!
//! Owns the order: `SSLRequest`, TLS check, startup parameters, credentials known, authentication,
//! database, ready. That order fits what is known of RDS Proxy; where nobody documents it, this is
//! a guess. How a user is authenticated is `login`, what happens behind is `backend`.
//! <https://www.postgresql.org/docs/current/protocol-flow.html>

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use crate::answers::{self, Refusal};
use crate::backend::{Login, OpenError, Session, answer_without_database, relay};
use crate::end::End;
use crate::login::{authenticate, send};
use crate::proxy::Visit;
use crate::wire::WireError;
use crate::wire::backend::error_response;
use crate::wire::startup::{Opening, Parameters, VERSION_3_0, read_opening};

/// How long a login may take; PostgreSQL's own default
/// (<https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-AUTHENTICATION-TIMEOUT>).
const LOGIN_TIMEOUT: Duration = Duration::from_mins(1);

/// How long and how far a refused client is read on, so that its bytes do not turn our answer into
/// a reset (<https://www.rfc-editor.org/rfc/rfc9112#section-9.6> describes the same for HTTP).
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: u64 = 256 * 1024;

/// The startup parameters that RDS Proxy takes:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html>.
const ACCEPTED_PARAMETERS: [&str; 8] = [
    "user",
    "database",
    "application_name",
    "client_encoding",
    "DateStyle",
    "TimeZone",
    "extra_float_digits",
    "search_path",
];

/// Holds the conversation.
pub(crate) async fn converse(tcp: TcpStream, visit: &Visit) {
    let ended = match timeout(LOGIN_TIMEOUT, log_in(tcp, visit)).await {
        Err(_elapsed) => Err(End::TooSlow),
        Ok(Err(end)) => Err(end),
        Ok(Ok((client, session))) => pass(client, session).await,
    };
    if let Err(end) = ended
        && !end.is_logged()
    {
        visit.log(&end);
    }
}

/// The session itself.
async fn pass(mut client: TlsStream<TcpStream>, session: Option<Session>) -> Result<(), End> {
    match session {
        Some(session) => {
            send(&mut client, &session.greeting).await?;
            relay(&mut client, session.stream).await.map_err(WireError::from)?;
        }
        None => answer_without_database(&mut client).await?,
    }
    Ok(())
}

/// Everything up to the session, none if there is no database to be had.
async fn log_in(
    mut tcp: TcpStream,
    visit: &Visit,
) -> Result<(TlsStream<TcpStream>, Option<Session>), End> {
    if let Err(end) = negotiate(&mut tcp).await {
        return Err(refuse(&mut tcp, end, visit).await);
    }
    let mut client = visit.endpoint.acceptor.accept(tcp).await.map_err(End::Handshake)?;
    match start(&mut client, visit).await {
        Ok(session) => Ok((client, session)),
        Err(end) => Err(refuse(&mut client, end, visit).await),
    }
}

/// Up to the `S` that begins TLS. PostgreSQL 17's direct TLS is no opening message, so it ends
/// here; what RDS Proxy does with it is unknown.
async fn negotiate(tcp: &mut TcpStream) -> Result<(), End> {
    loop {
        match read_opening(tcp).await? {
            Opening::Ssl => return send(tcp, b"S").await,
            // That the proxy has no GSSAPI encryption is presumed, not documented.
            Opening::Gss => send(tcp, b"N").await?,
            Opening::Cancel => return Err(End::Cancel),
            Opening::Startup { .. } => {
                let why = "the client does not use TLS".to_owned();
                return Err(End::Refused { refusal: answers::tls_required(), why });
            }
        }
    }
}

/// Inside TLS: from the `StartupMessage` to the session.
async fn start<C>(client: &mut C, visit: &Visit) -> Result<Option<Session>, End>
where
    C: AsyncRead + AsyncWrite + Unpin,
{
    let parameters = startup(client).await?;
    let user = parameters.get("user").filter(|user| !user.is_empty()).ok_or_else(|| {
        End::Refused { refusal: answers::user_missing(), why: "no user is named".to_owned() }
    })?;
    let entry = visit.proxy.users.get(user).ok_or_else(|| End::Refused {
        refusal: answers::no_credentials(user),
        why: "no --iam-user or --password-user has this name".to_owned(),
    })?;
    authenticate(client, user, entry, visit).await?;
    let login = Login { user, password: entry.password(), parameters: &parameters };
    match Session::open(&visit.endpoint.target, &login).await {
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
            visit.log(&format_args!("no database connection for {user:?}: {error}"));
            Ok(None)
        }
    }
}

/// The startup parameters, if the proxy takes all of them.
async fn startup<C: AsyncRead + Unpin>(client: &mut C) -> Result<Parameters, End> {
    let (version, body) = match read_opening(client).await? {
        Opening::Startup { version, body } => (version, body),
        Opening::Cancel => return Err(End::Cancel),
        Opening::Ssl | Opening::Gss => {
            return Err(WireError::Malformed("encryption is asked for inside TLS").into());
        }
    };
    if version != VERSION_3_0 {
        let why = format!("protocol {}.{}", version >> 16, version & 0xffff);
        return Err(End::Refused { refusal: answers::protocol_version(), why });
    }
    let parameters = Parameters::parse(&body)?;
    let refused = parameters.0.iter().find(|(name, _)| !is_accepted(name));
    match refused {
        None => Ok(parameters),
        Some((name, _)) => {
            let why = format!("the startup parameter {name:?}");
            Err(End::Refused { refusal: parameter_refusal(name), why })
        }
    }
}

/// Names are compared exactly; whether the proxy looks at their case is unknown.
fn is_accepted(name: &str) -> bool {
    ACCEPTED_PARAMETERS.contains(&name)
}

fn parameter_refusal(name: &str) -> Refusal {
    match name {
        "options" => answers::command_line_options(),
        "replication" => answers::streaming_replication(),
        other => answers::startup_option(other),
    }
}

/// Tells the client, if there is something to tell, and sees to it that the words arrive.
async fn refuse<C>(client: &mut C, end: End, visit: &Visit) -> End
where
    C: AsyncRead + AsyncWrite + Unpin,
{
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
