//! How a conversation ends, other than by the client's own wish.
//!
//! Owns the kinds of ends and their log lines. What a client hears is the refusal's text alone; the
//! reason beside it is for the log.

use std::fmt;
use std::io;

use crate::answers::Refusal;
use crate::wire::WireError;

/// Why a conversation ended.
#[derive(Debug)]
pub(crate) enum End {
    /// The proxy refused, in these words, for this reason.
    Refused { refusal: Refusal, why: String },
    /// The client sent something that is no message, or went away.
    Wire(WireError),
    /// The TLS handshake failed.
    Handshake(io::Error),
    /// The client wanted another connection's query cancelled, which RDS Proxy does not support:
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html>.
    Cancel,
    /// The client took too long to log in.
    TooSlow,
    /// A fault ended it, as it was asked to.
    Fault,
}

impl End {
    /// Whether its line is in the log already: a refusal's is, before the client hears of it.
    pub(crate) fn is_logged(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}

impl From<WireError> for End {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { refusal, why } => {
                write!(f, "refused with {} {:?}: {why}", refusal.sqlstate, refusal.message)
            }
            Self::Wire(error) => write!(f, "dropped: {error}"),
            Self::Handshake(error) => write!(f, "dropped: the TLS handshake failed: {error}"),
            Self::Cancel => f.write_str("dropped: cancel requests are not supported"),
            Self::Fault => f.write_str("ended by the fault"),
            Self::TooSlow => f.write_str("dropped: the login took too long"),
        }
    }
}
