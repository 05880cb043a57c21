//! Typed messages: a tag, a length, a body.
//!
//! Owns reading one such message from either side under a bound; both directions share the frame.
//! A session's messages are `inbox`'s. Does not know what a message means.
//! Format: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.

use tokio::io::{AsyncRead, AsyncReadExt as _, copy, sink};

use super::{WireError, first_byte};

/// The longest password or SASL message that a client may send. Tokens are 1 to 4 KiB.
pub(crate) const MAX_PASSWORD: u32 = 64 * 1024;

/// The longest body of a message in a session, as in PostgreSQL
/// ([`PQ_LARGE_MESSAGE_LIMIT`](https://github.com/postgres/postgres/blob/REL_16_STABLE/src/include/libpq/libpq.h)).
pub(crate) const MAX_BODY: u32 = 0x3fff_fffe - 4;

/// `PasswordMessage`, `SASLInitialResponse`, `SASLResponse` and `GSSResponse` share this tag.
pub(crate) const PASSWORD: u8 = b'p';

/// Whether clients of protocol 3.0 send messages of this tag in a session.
pub(crate) fn is_known(tag: u8) -> bool {
    matches!(
        tag,
        b'B' | b'C' | b'D' | b'E' | b'F' | b'H' | b'P' | b'Q' | b'S' | b'X' | b'c' | b'd' | b'f'
    )
}

/// One typed message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) tag: u8,
    pub(crate) body: Vec<u8>,
}

/// The beginning of a message, whose body is still to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) tag: u8,
    /// How many bytes the body has.
    pub(crate) rest: u32,
}

impl Header {
    /// Reads the beginning of a message, however long that is.
    pub(crate) async fn read<R: AsyncRead + Unpin>(reader: &mut R) -> Result<Self, WireError> {
        Self::read_within(reader, MAX_BODY).await
    }

    async fn read_within<R>(reader: &mut R, limit: u32) -> Result<Self, WireError>
    where
        R: AsyncRead + Unpin,
    {
        let tag = first_byte(reader).await?;
        let length = reader.read_u32().await?;
        let rest = length.checked_sub(4).filter(|rest| *rest <= limit);
        Ok(Self { tag, rest: rest.ok_or(WireError::Length(length))? })
    }

    /// Reads the body and throws it away.
    pub(crate) async fn skip<R: AsyncRead + Unpin>(self, reader: &mut R) -> Result<(), WireError> {
        let skipped = copy(&mut reader.take(self.rest.into()), &mut sink()).await?;
        if skipped == u64::from(self.rest) { Ok(()) } else { Err(WireError::CutShort) }
    }
}

/// Reads one message whose body has at most `limit` bytes.
pub(crate) async fn read_message<R>(reader: &mut R, limit: u32) -> Result<Message, WireError>
where
    R: AsyncRead + Unpin,
{
    let Header { tag, rest } = Header::read_within(reader, limit).await?;
    let mut body = Vec::new();
    reader.take(u64::from(rest)).read_to_end(&mut body).await?;
    if u32::try_from(body.len()).ok() == Some(rest) {
        Ok(Message { tag, body })
    } else {
        Err(WireError::CutShort)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_message_over_its_bound_is_refused_unread() {
        let bytes = [b'p', 0x7f, 0xff, 0xff, 0xff];
        let message = read_message(&mut &bytes[..], MAX_PASSWORD).await;
        assert!(matches!(message, Err(WireError::Length(0x7fff_ffff))), "{message:?}");
    }

    #[tokio::test]
    async fn a_length_below_its_own_size_is_refused() {
        let message = read_message(&mut &[b'p', 0, 0, 0, 3][..], MAX_PASSWORD).await;
        assert!(matches!(message, Err(WireError::Length(3))), "{message:?}");
    }

    #[tokio::test]
    async fn a_connection_is_closed_between_messages_or_in_one() {
        let message = read_message(&mut &b""[..], MAX_PASSWORD).await;
        assert!(matches!(message, Err(WireError::Closed)), "{message:?}");
        for bytes in [&b"p"[..], b"p\0\0", &[b'p', 0, 0, 0, 9, b'x']] {
            let message = read_message(&mut &bytes[..], MAX_PASSWORD).await;
            assert!(matches!(message, Err(WireError::CutShort)), "{message:?}");
        }
    }
}
