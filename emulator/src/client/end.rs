//! How a conversation ends, other than as conversations ordinarily do.
//!
//! Owns the kinds of ends and their log lines. What a client hears is the refusal's text alone; the
//! reason beside it is for the log.

use std::fmt;
use std::io;

use super::patience::Limit;
use crate::pool::BorrowError;
use crate::pool::pipeline::Broken;
use crate::texts;
use crate::users::NoRandomness;
use crate::wire::{Refusal, WireError};

/// Why a conversation ended.
#[derive(Debug)]
pub(crate) enum End {
    /// The proxy refused, in these words, for this reason.
    Refused { refusal: Refusal, why: String },
    /// The client broke the protocol, or is gone.
    Client(WireError),
    /// The database's connection broke in the middle of a session.
    Database(WireError),
    /// The database said what answers nothing.
    Broken(Broken),
    /// The TLS handshake failed.
    Handshake(io::Error),
    /// The client wanted another connection's query cancelled, which RDS Proxy does not support:
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html>.
    Cancel,
    /// The client took too long to log in.
    TooSlow,
    /// The client's time is up.
    Limit(Limit),
    /// A fault ended it, as it was asked to.
    Fault,
    /// The system has no randomness to give.
    NoRandomness,
}

impl End {
    /// Whether it needs no line: a refusal has its own before the client hears of it, and a client
    /// may leave between two messages whenever it likes, as psql does to ask for a password.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Client(WireError::Closed))
    }
}

impl From<WireError> for End {
    fn from(error: WireError) -> Self {
        Self::Client(error)
    }
}

impl From<BorrowError> for End {
    fn from(error: BorrowError) -> Self {
        let (refusal, why) = match error {
            BorrowError::TimedOut => (
                texts::rare::borrow_timeout_at_login(),
                "no database connection became free".to_owned(),
            ),
            BorrowError::Refused(error) => (
                texts::request_returned(&error),
                format!("the database refused the session: {}", error.cited()),
            ),
            BorrowError::NoReader => (texts::no_reader(), "the endpoint has no reader".to_owned()),
        };
        Self::Refused { refusal, why }
    }
}

impl From<NoRandomness> for End {
    fn from(NoRandomness: NoRandomness) -> Self {
        Self::NoRandomness
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { refusal, why } => {
                let Refusal { sqlstate, message, number, .. } = refusal;
                let number = number.map(|number| format!("{number} ")).unwrap_or_default();
                write!(f, "refused with {number}{sqlstate} {message:?}: {why}")
            }
            Self::Client(error) if error.is_its_end() => write!(f, "the client {error}"),
            Self::Client(error) => write!(f, "dropped: the client {error}"),
            Self::Database(error) => write!(f, "the database {error}"),
            Self::Broken(broken) => write!(f, "dropped: from the database {broken}"),
            Self::Handshake(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                f.write_str("the client left during the TLS handshake")
            }
            Self::Handshake(error) => write!(f, "the TLS handshake failed: {error}"),
            Self::Cancel => f.write_str("dropped: cancel requests are not supported"),
            Self::Limit(Limit::Idle) => f.write_str("closed: the client was idle for too long"),
            Self::Limit(Limit::Life) => f.write_str("closed: the client's connection is too old"),
            Self::Fault => f.write_str("ended by the fault"),
            Self::TooSlow => f.write_str("dropped: the login took too long"),
            Self::NoRandomness => write!(f, "dropped: {NoRandomness}"),
        }
    }
}
