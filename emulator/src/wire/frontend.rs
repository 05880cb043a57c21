//! Typed messages: a tag, a length, a body.
//!
//! Owns reading one such message from either side under a bound; both directions share the frame.
//! A body that nobody wants to see is not stored. Does not know what a message means.
//! Format: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.

use tokio::io::{AsyncRead, AsyncReadExt as _, copy, sink};

use super::{WireError, first_byte};

/// The longest password or SASL message that a client may send. Tokens are 1 to 4 KiB.
pub(crate) const MAX_PASSWORD: u32 = 64 * 1024;

/// The longest body of a message in a session, as in PostgreSQL
/// ([`PQ_LARGE_MESSAGE_LIMIT`](https://github.com/postgres/postgres/blob/REL_16_STABLE/src/include/libpq/libpq.h)).
const MAX_BODY: u32 = 0x3fff_fffe - 4;

/// `PasswordMessage`, `SASLInitialResponse`, `SASLResponse` and `GSSResponse` share this tag.
pub(crate) const PASSWORD: u8 = b'p';

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
    /// Reads the beginning of a session's message, however long that is.
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

    /// Its own bytes.
    pub(crate) fn bytes(self) -> [u8; 5] {
        let [a, b, c, d] = (self.rest + 4).to_be_bytes();
        [self.tag, a, b, c, d]
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

    #[tokio::test]
    async fn a_long_message_is_skipped_unstored_and_one_beyond_postgresqls_own_bound_does_not() {
        let message = [&b"Q\0\x20\0\x04"[..], "x".repeat(0x20_0000).as_bytes(), b"S"].concat();
        let mut reader = message.as_slice();
        let header = Header::read(&mut reader).await.expect("a header");
        assert_eq!(header, Header { tag: b'Q', rest: 0x20_0000 });
        assert_eq!(header.bytes(), message[..5]);
        header.skip(&mut reader).await.expect("all of it");
        assert_eq!(reader, b"S");
        let header = Header::read(&mut &b"Q\x40\0\0\x03"[..]).await;
        assert!(matches!(header, Err(WireError::Length(0x4000_0003))), "{header:?}");
    }
}
