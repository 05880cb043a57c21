//! PostgreSQL's wire protocol, version 3.0, as far as a proxy's front door needs it.
//!
//! Owns the bytes of messages to and from the client, and the opening of a connection to the
//! database. Knows nothing of users, tokens or what to answer. Lengths come from strangers: none of
//! them makes this code allocate more than its bound.
//! Format: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.

pub(crate) mod backend;
pub(crate) mod frontend;
pub(crate) mod startup;
pub(crate) mod tls;

use std::fmt;
use std::io;

/// Why bytes from the other side are no message.
#[derive(Debug)]
pub(crate) enum WireError {
    /// The other side closed the connection.
    Closed,
    /// A length that the protocol or our bound forbids.
    Length(u32),
    /// Bytes that break the message's layout.
    Malformed(&'static str),
    /// The socket failed.
    Io(io::Error),
}

impl From<io::Error> for WireError {
    fn from(error: io::Error) -> Self {
        // A TLS peer that leaves without close_notify is gone just the same.
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::Closed } else { Self::Io(error) }
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the client closed the connection"),
            Self::Length(length) => write!(f, "a message announces {length} bytes"),
            Self::Malformed(what) => f.write_str(what),
            Self::Io(error) => write!(f, "the socket failed: {error}"),
        }
    }
}

/// Takes `N` bytes off the front.
pub(crate) fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}

/// Takes a NUL-terminated string off the front, without its NUL.
pub(crate) fn take_cstr<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let (text, rest) = bytes.split_at_checked(end)?;
    *bytes = rest.split_first()?.1;
    Some(text)
}
