//! PostgreSQL's wire protocol, version 3.0, as far as a proxy's front door needs it.
//!
//! Owns the bytes of messages to and from the client, and the opening of a connection to the
//! database. Knows nothing of users, tokens or what to answer. Lengths come from strangers: none of
//! them makes this code allocate more than its bound.
//! Format: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.

pub(crate) mod backend;
pub(crate) mod frontend;
mod inbox;
pub(crate) mod mysql;
mod refusal;
pub(crate) mod startup;
pub(crate) mod tls;

use std::fmt;
use std::io;
use std::io::ErrorKind::{ConnectionReset, UnexpectedEof};

use tokio::io::{AsyncRead, AsyncReadExt as _};

pub(crate) use inbox::{HEADER, Inbox, first_message};
pub use refusal::Refusal;

/// Why bytes from the other side are no message.
#[derive(Debug)]
pub(crate) enum WireError {
    /// The other side closed the connection between two messages.
    Closed,
    /// It closed the connection in the middle of one.
    CutShort,
    /// A length that the protocol or our bound forbids.
    Length(u32),
    /// The first bytes of a connection, where they are no message of PostgreSQL's.
    Foreign([u8; 4]),
    /// Bytes that break the message's layout, or a message in the wrong place.
    Malformed(&'static str),
    /// The socket failed.
    Io(io::Error),
}

impl WireError {
    /// Whether the other side is gone, rather than broke a rule.
    pub(crate) fn is_its_end(&self) -> bool {
        matches!(self, Self::Closed | Self::CutShort | Self::Io(_))
    }
}

impl From<io::Error> for WireError {
    fn from(error: io::Error) -> Self {
        // A TLS peer that leaves without close_notify is gone just the same.
        if error.kind() == UnexpectedEof { Self::CutShort } else { Self::Io(error) }
    }
}

/// What the other side did, as it follows its name in a sentence.
impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("closed the connection"),
            Self::CutShort => f.write_str("closed the connection in the middle of a message"),
            Self::Length(length) => write!(f, "announced a message of {length} bytes"),
            Self::Foreign([0x16, 0x03, ..]) => f.write_str(
                "started with a TLS handshake instead of an SSLRequest: direct TLS is not supported",
            ),
            Self::Foreign(bytes) => {
                let bytes = bytes.escape_ascii();
                write!(f, "started with \"{bytes}\", which is not the PostgreSQL protocol")
            }
            Self::Malformed(what) => write!(f, "broke the protocol: {what}"),
            Self::Io(error) => write!(f, "disconnected: {error}"),
        }
    }
}

/// The first byte of a message: before it, the other side may leave.
pub(crate) async fn first_byte<R: AsyncRead + Unpin>(reader: &mut R) -> Result<u8, WireError> {
    match reader.read_u8().await {
        // By a reset it leaves if there is something that it has not read, such as a session ticket:
        // https://www.rfc-editor.org/rfc/rfc1122#page-88
        Err(error) if matches!(error.kind(), UnexpectedEof | ConnectionReset) => {
            Err(WireError::Closed)
        }
        read => Ok(read?),
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
