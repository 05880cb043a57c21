//! What can go wrong between a host name and a session that is ready for a query.
//!
//! Facts only: addresses, what the server said. `diagnosis` makes the sentences. `probe` makes the
//! timeouts, except those of `connect`, which divides its time among addresses.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Duration;
use std::{fmt, io};

use tokio_postgres::error::SqlState;

use super::mysql::Plugin;
use super::postgres::Method;
use crate::config::Engine;
use crate::peer::Service;
use crate::tls::TlsError;

/// No address for the name.
#[derive(Debug)]
pub enum ResolveError {
    /// The resolver says that there is no such name, or none with an address.
    NotFound,
    /// The resolver failed.
    Failed {
        /// What it said.
        reason: String,
        /// Whether it called its failure temporary (`EAI_AGAIN`).
        temporary: bool,
    },
}

/// No address accepted the connection.
#[derive(Debug)]
pub struct ConnectError {
    /// Every address that was tried, in that order; never empty.
    pub attempts: Vec<Attempt>,
}

/// One address, and why it did not accept the connection.
#[derive(Debug)]
pub struct Attempt {
    /// The address.
    pub address: SocketAddr,
    /// Why.
    pub failure: ConnectFailure,
}

/// Why an address did not accept the connection.
#[derive(Debug)]
pub enum ConnectFailure {
    /// It answered that nothing listens there.
    Refused,
    /// It is unreachable: no route, or a router on the way said so.
    Unreachable(io::Error),
    /// It did not answer.
    TimedOut {
        /// How long was waited.
        after: Duration,
    },
    /// Something else.
    Other(io::Error),
}

impl ConnectError {
    /// The attempt that tells most: an answer before silence, silence before a missing route.
    pub fn decisive(&self) -> Option<&Attempt> {
        let rank = |attempt: &&Attempt| match attempt.failure {
            ConnectFailure::Refused => 0,
            ConnectFailure::TimedOut { .. } => 1,
            ConnectFailure::Other(_) => 2,
            ConnectFailure::Unreachable(_) => 3,
        };
        self.attempts.iter().min_by_key(rank)
    }
}

impl ConnectFailure {
    /// `after`: how long the attempt took.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's enum is open")]
    pub(super) fn new(error: io::Error, after: Duration) -> Self {
        match error.kind() {
            // The kernel accepted it, and the listener closed before it did.
            io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => Self::Refused,
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                Self::Unreachable(error)
            }
            // The kernel gave up before the deadline.
            io::ErrorKind::TimedOut => Self::TimedOut { after },
            _ => Self::Other(error),
        }
    }
}

/// No encrypted stream to a server of this engine.
#[derive(Debug)]
pub enum EncryptError {
    /// The server said something that this engine never says before TLS.
    NotThisEngine {
        /// The engine that was expected.
        expected: Engine,
        /// What it seems to be.
        service: Service,
        /// How the answer begins, for people: escaped, bounded, free of secrets.
        answer: String,
    },
    /// The server did not agree to TLS, or the handshake failed.
    Tls(TlsError),
}

impl From<TlsError> for EncryptError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}

/// The server did not agree to TLS.
#[derive(Debug)]
pub enum OpenError {
    /// It said something else, or nothing.
    Encrypt(EncryptError),
    /// It refused the session in its first message, before TLS; only MySQL's greeting comes so early.
    Refused(ServerError),
}

impl From<TlsError> for OpenError {
    fn from(error: TlsError) -> Self {
        Self::Encrypt(error.into())
    }
}

/// How a conversation with the server can fail, at the login and after it.
#[derive(Debug)]
pub enum WireError {
    /// The server answered with an error.
    Refused(ServerError),
    /// The server broke the protocol, or sent more than a probe accepts.
    Protocol(String),
    /// The connection was closed or failed.
    Lost {
        /// The socket's error; `None` if the server closed it normally.
        error: Option<io::ErrorKind>,
    },
}

/// No session.
#[derive(Debug)]
pub enum AuthenticateError {
    /// The conversation failed.
    Wire(WireError),
    /// The server asked for an authentication method that the configured login does not have;
    /// nothing derived from the token was sent.
    MethodUnsupported {
        /// What it asked for.
        asked: AuthRequest,
    },
}

/// A server's error message, free of secrets and bounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError {
    /// What classifies it.
    pub code: ErrorCode,
    /// Its text, shortened when long.
    pub message: String,
}

/// What classifies a server's error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// PostgreSQL's five characters; `None` when the server sent something else there.
    /// <https://www.postgresql.org/docs/current/protocol-error-fields.html>
    PostgreSql(Option<SqlState>),
    /// MySQL's number, and five characters that say less.
    /// <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html>
    MySql {
        /// The number.
        number: u16,
        /// The characters; `None` when the server sent none.
        sqlstate: Option<Box<str>>,
    },
}

impl ErrorCode {
    /// Whose error it is.
    pub fn engine(&self) -> Engine {
        match self {
            Self::PostgreSql(_) => Engine::PostgreSql,
            Self::MySql { .. } => Engine::MySql,
        }
    }

    /// PostgreSQL's SQLSTATE, which may be any text until it is checked.
    pub fn postgresql(sqlstate: &str) -> Self {
        Self::PostgreSql(is_sqlstate(sqlstate).then(|| SqlState::from_code(sqlstate)))
    }

    /// MySQL's number, and its SQLSTATE, which may be any text until it is checked.
    pub fn mysql(number: u16, sqlstate: Option<&str>) -> Self {
        let sqlstate = sqlstate.filter(|sqlstate| is_sqlstate(sqlstate)).map(Box::from);
        Self::MySql { number, sqlstate }
    }

    /// The five characters that classify it in any SQL database.
    pub fn sqlstate(&self) -> Option<&str> {
        match self {
            Self::PostgreSql(sqlstate) => sqlstate.as_ref().map(SqlState::code),
            Self::MySql { sqlstate, .. } => sqlstate.as_deref(),
        }
    }

    /// MySQL's number.
    pub fn number(&self) -> Option<u16> {
        match self {
            Self::PostgreSql(_) => None,
            Self::MySql { number, .. } => Some(*number),
        }
    }
}

fn is_sqlstate(text: &str) -> bool {
    text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// As a sentence's remark.
impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sqlstate = self.sqlstate().unwrap_or("no SQLSTATE");
        match self.number() {
            Some(number) => write!(f, "error {number}, {sqlstate}"),
            None => f.write_str(sqlstate),
        }
    }
}

/// How a server asks its client to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthRequest {
    /// By a method of PostgreSQL's.
    PostgreSql(Method),
    /// By a plugin of MySQL's.
    MySql(Plugin),
}

impl AuthRequest {
    /// The contract's word for it, in `auth.asked`.
    pub fn as_str(&self) -> Cow<'_, str> {
        match self {
            Self::PostgreSql(method) => method.as_str(),
            Self::MySql(plugin) => plugin.as_str(),
        }
    }

    /// What the protocol calls it.
    pub fn name(&self) -> String {
        match self {
            Self::PostgreSql(method) => method.name(),
            Self::MySql(plugin) => format!("the plugin \"{}\"", plugin.as_str()),
        }
    }
}
