//! Signing in inside the encrypted stream: startup message, password, ready.
//!
//! `tokio-postgres` speaks, over a stream that is encrypted already, so it asks for no TLS of its
//! own. It sends `client_encoding`, `user`, `database` and `application_name`: all four are on
//! the list that RDS Proxy takes
//! (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html>).

use std::error::Error as _;

use tokio::task::JoinSet;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::DbError;
use tokio_postgres::{Config, NoTls};

use super::Session;
use super::error::{AuthRequest, AuthenticateError, ServerError};
use super::guard::{Accepts, Guarded, Lost, Offence, Sighting};
use crate::config::DbName;
use crate::tls::Encrypted;
use crate::token::{Proof, Secrets};

/// The name that a session goes by in `pg_stat_activity`.
const APPLICATION_NAME: &str = "rds-proxy-probe";

/// The longest part of a server's message that is kept, in characters.
const MESSAGE_SHOWN: usize = 500;

/// Signs in to `database` with what `proof` shows.
///
/// # Errors
/// [`AuthenticateError`], never `TimedOut`: the caller holds the clock.
pub async fn authenticate(
    stream: Encrypted,
    database: &DbName,
    proof: &Proof,
) -> Result<Session, AuthenticateError> {
    let accepts = match proof {
        Proof::Token { .. } => Accepts::Token,
        Proof::Password(_) => Accepts::Password,
    };
    let (guarded, sighting) = Guarded::new(stream, accepts);
    let secrets = proof.secrets();
    let connected = Config::new()
        .user(proof.user().as_str())
        .dbname(database.as_str())
        .application_name(APPLICATION_NAME)
        .password(proof.expose())
        .ssl_mode(SslMode::Disable)
        .connect_raw(guarded, NoTls)
        .await;
    let (client, connection) = connected.map_err(|error| classify(&error, &sighting, &secrets))?;
    let mut task = JoinSet::new();
    // Why the connection ended is read from the sighting by whoever asks.
    task.spawn(async move { drop(connection.await) });
    Ok(Session { user: proof.user().clone(), client, sighting, secrets, _task: task })
}

fn classify(
    error: &tokio_postgres::Error,
    sighting: &Sighting,
    secrets: &Secrets,
) -> AuthenticateError {
    if let Some(error) = error.as_db_error() {
        return AuthenticateError::Refused(server_error(error, secrets));
    }
    match (sighting.offence(), sighting.lost()) {
        (Some(Offence::Method(asked)), _) => AuthenticateError::MethodUnsupported { asked },
        (Some(Offence::TooLong { announced }), _) => {
            AuthenticateError::Protocol(too_long(announced))
        }
        (None, Some(Lost { error })) => AuthenticateError::ConnectionLost { error },
        (None, None) => AuthenticateError::Protocol(protocol_error(error, secrets)),
    }
}

/// The server's error as far as it is kept.
pub(super) fn server_error(error: &DbError, secrets: &Secrets) -> ServerError {
    let message = secrets.strike_out(error.message());
    let mut shown: String = message.chars().take(MESSAGE_SHOWN).collect();
    if shown.len() < message.len() {
        shown.push('…');
    }
    ServerError { sqlstate: error.code().clone(), message: shown }
}

/// What the library has against the server's messages.
pub(super) fn protocol_error(error: &tokio_postgres::Error, secrets: &Secrets) -> String {
    let text = match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    secrets.strike_out(&text)
}

pub(super) fn too_long(announced: u32) -> String {
    format!("it announced a message of {announced} bytes")
}

impl AuthRequest {
    /// What the protocol calls it.
    pub fn name(self) -> String {
        match self {
            Self::Cleartext => "the password in clear".to_owned(),
            Self::Md5 => "an MD5 password".to_owned(),
            Self::Scram => "SCRAM-SHA-256".to_owned(),
            Self::Other(code) => format!("authentication method {code}"),
        }
    }
}
