//! Typed messages: a tag, a length, a body.
//!
//! Owns reading one such message from either side under a bound; both directions share the frame.
//! Does not know what a message means.
//! Format: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::WireError;

/// The longest password or SASL message that a client may send. Tokens are 1 to 4 KiB.
pub(crate) const MAX_PASSWORD: u32 = 64 * 1024;

/// `PasswordMessage`, `SASLInitialResponse`, `SASLResponse` and `GSSResponse` share this tag.
pub(crate) const PASSWORD: u8 = b'p';

/// One typed message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) tag: u8,
    pub(crate) body: Vec<u8>,
}

/// Reads one message whose body has at most `limit` bytes.
pub(crate) async fn read_message<R>(reader: &mut R, limit: u32) -> Result<Message, WireError>
where
    R: AsyncRead + Unpin,
{
    let tag = reader.read_u8().await?;
    let length = reader.read_u32().await?;
    let rest = length.checked_sub(4).ok_or(WireError::Length(length))?;
    if rest > limit {
        return Err(WireError::Length(length));
    }
    let mut body = Vec::new();
    reader.take(u64::from(rest)).read_to_end(&mut body).await?;
    if u32::try_from(body.len()).ok() == Some(rest) {
        Ok(Message { tag, body })
    } else {
        Err(WireError::Closed)
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
    async fn a_message_cut_short_is_a_closed_connection() {
        let message = read_message(&mut &[b'p', 0, 0, 0, 9, b'x'][..], MAX_PASSWORD).await;
        assert!(matches!(message, Err(WireError::Closed)), "{message:?}");
    }
}
