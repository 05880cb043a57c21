//! A session at the database, opened for an authenticated client.
//!
//! Owns the login there, as the client's own user with the client's own startup parameters, and
//! keeps what the client has to hear of it: `ParameterStatus` and notices, but no `BackendKeyData`,
//! which RDS Proxy does not send either (<https://github.com/vapor/postgres-nio/issues/296>).
//! <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP>

use std::fmt;

use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use tokio::io::AsyncWriteExt as _;

use super::{Stream, Target};
use crate::wire::Refusal;
use crate::wire::backend::{self, authentication, tag};
use crate::wire::frontend::{Message, PASSWORD, read_message};
use crate::wire::startup::Parameters;
use crate::wire::{WireError, take};

/// The longest message that a database sends while one logs in.
const MAX_MESSAGE: u32 = 1024 * 1024;

/// How long all messages are at most that come before its first `ReadyForQuery`.
const MAX_GREETING: usize = 4 * 1024 * 1024;

/// SQLSTATEs by which a database says that it has no connection to give now: behind a proxy the
/// client waits for the pool instead of seeing them.
/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
const NO_CONNECTION: [&str; 4] = ["53300", "57P01", "57P02", "57P03"];

/// The user to log in as.
#[derive(Clone, Copy)]
pub(crate) struct Login<'a> {
    pub(crate) user: &'a str,
    /// The user's own password, if the proxy knows one.
    pub(crate) password: Option<&'a str>,
    pub(crate) parameters: &'a Parameters,
}

/// A session that is ready for queries.
pub(crate) struct Session {
    pub(crate) stream: Box<dyn Stream>,
    /// What a client has to hear before its first query, except `ReadyForQuery`.
    pub(crate) greeting: Vec<u8>,
}

/// Why there is no session.
#[derive(Debug)]
pub(crate) enum OpenError {
    /// The database refused it.
    Refused(Refusal),
    /// No connection to the database is available.
    Unavailable(String),
    /// The endpoint has no target to open one at.
    NoReader,
    /// The database asks for a login that the emulator cannot do.
    Method(&'static str),
}

impl From<WireError> for OpenError {
    fn from(error: WireError) -> Self {
        Self::Unavailable(format!("the database {error}"))
    }
}

impl From<std::io::Error> for OpenError {
    fn from(error: std::io::Error) -> Self {
        WireError::from(error).into()
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => f.write_str(&refusal.cited()),
            Self::Unavailable(why) => f.write_str(why),
            Self::NoReader => f.write_str("the endpoint has no reader"),
            Self::Method(what) => f.write_str(what),
        }
    }
}

impl Session {
    /// Logs in.
    pub(crate) async fn open(target: &Target, login: &Login<'_>) -> Result<Self, OpenError> {
        let mut stream = target.connect().await?;
        let parameters = login.parameters.0.iter().map(|(name, value)| (&**name, &**value));
        stream.write_all(&backend::startup(parameters)).await?;
        let mut greeting = Vec::new();
        loop {
            let message = read_message(&mut stream, MAX_MESSAGE).await?;
            match message.tag {
                tag::AUTHENTICATION => {
                    let password = login.password.or_else(|| target.password());
                    authenticate(&mut *stream, &message.body, login.user, password).await?;
                }
                tag::ERROR_RESPONSE => return Err(refused(&message)),
                tag::BACKEND_KEY_DATA => {}
                tag::READY_FOR_QUERY => return Ok(Self { stream, greeting }),
                other => {
                    greeting.extend(backend::message(other, &message.body));
                    if greeting.len() > MAX_GREETING {
                        return Err(OpenError::Method("the database's greeting has no end"));
                    }
                }
            }
        }
    }
}

fn refused(message: &Message) -> OpenError {
    let refusal = backend::parse_error_response(&message.body);
    if NO_CONNECTION.contains(&&*refusal.sqlstate) {
        OpenError::Unavailable(refusal.cited())
    } else {
        OpenError::Refused(refusal)
    }
}

async fn authenticate(
    stream: &mut dyn Stream,
    mut request: &[u8],
    user: &str,
    password: Option<&str>,
) -> Result<(), OpenError> {
    let code = take::<4>(&mut request).map(u32::from_be_bytes);
    if code == Some(authentication::OK) {
        return Ok(());
    }
    let password = password.ok_or(OpenError::Method("the database asks for a password"))?;
    match code {
        Some(authentication::CLEARTEXT_PASSWORD) => {
            let body = format!("{password}\0");
            stream.write_all(&backend::message(PASSWORD, body.as_bytes())).await?;
        }
        Some(authentication::MD5_PASSWORD) => {
            let salt = take::<4>(&mut request).ok_or(OpenError::Method("the salt is missing"))?;
            let body = md5_hash(user.as_bytes(), password.as_bytes(), salt) + "\0";
            stream.write_all(&backend::message(PASSWORD, body.as_bytes())).await?;
        }
        Some(authentication::SASL) => scram(stream, password).await?,
        _ => return Err(OpenError::Method("the database asks for another login than a password")),
    }
    Ok(())
}

async fn scram(stream: &mut dyn Stream, password: &str) -> Result<(), OpenError> {
    let mut scram = ScramSha256::new(password.as_bytes(), ChannelBinding::unsupported());
    let length = i32::try_from(scram.message().len()).unwrap_or(i32::MAX).to_be_bytes();
    let first = [SCRAM_SHA_256.as_bytes(), b"\0", &length, scram.message()].concat();
    stream.write_all(&backend::message(PASSWORD, &first)).await?;
    scram.update(&challenge(stream, authentication::SASL_CONTINUE).await?)?;
    stream.write_all(&backend::message(PASSWORD, scram.message())).await?;
    scram.finish(&challenge(stream, authentication::SASL_FINAL).await?)?;
    Ok(())
}

async fn challenge(mut stream: &mut dyn Stream, expected: u32) -> Result<Vec<u8>, OpenError> {
    let message = read_message(&mut stream, MAX_MESSAGE).await?;
    if message.tag == tag::ERROR_RESPONSE {
        return Err(refused(&message));
    }
    let mut body = message.body.as_slice();
    let code = take::<4>(&mut body).map(u32::from_be_bytes);
    if message.tag == tag::AUTHENTICATION && code == Some(expected) {
        Ok(body.to_owned())
    } else {
        Err(OpenError::Method("the database breaks off its SASL exchange"))
    }
}
