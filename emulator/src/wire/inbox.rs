//! The bytes that a peer has sent and that are still to be looked at.
//!
//! Owns reading without waiting for more than is there, and finding the messages in what was read:
//! nothing is lost when a reader is cancelled. A long message is never stored whole: its beginning
//! is looked at, the rest passes. Does not know what a message means.
//! Format: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.

use std::future::Future as _;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::{WireError, frontend::MAX_BODY};

/// As much of a message's body as is looked at. Longer statements than PostgreSQL's own 8 KiB buffer
/// are rare, and RDS Proxy itself looks at no more than 16 KiB of one.
pub(crate) const HEAD: usize = 64 * 1024;

/// How long a message's tag and length are.
pub(crate) const HEADER: usize = 5;

/// Bytes from a peer, in order.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    bytes: BytesMut,
}

impl Inbox {
    /// Reads what is there, at most as much as fits into `room` more bytes; 0 at the stream's end.
    pub(crate) fn poll_read<R: AsyncRead + Unpin>(
        &mut self,
        reader: &mut R,
        room: usize,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if self.bytes.capacity() - self.bytes.len() < room / 2 {
            self.bytes.reserve(room);
        }
        let read = pin!(reader.read_buf(&mut self.bytes)).poll(cx);
        read.map(|read| match read {
            // Leaving without TLS's close_notify is leaving all the same.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
            read => read,
        })
    }

    /// The bytes that are there.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bytes are there.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing is there.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Gives the buffer back if it is empty and has more room than this.
    pub(crate) fn forget_room(&mut self, more_than: usize) {
        if self.bytes.is_empty() && self.bytes.capacity() > more_than {
            self.bytes = BytesMut::new();
        }
    }

    /// Forgets the first bytes.
    pub(crate) fn advance(&mut self, count: usize) {
        self.bytes.advance(count.min(self.bytes.len()));
        // What a long message has made of the buffer goes back.
        self.forget_room(HEAD);
    }
}

/// A message's tag, its body as far as it is to be looked at, and how many bytes of it come behind that.
pub(crate) type Beginning<'a> = (u8, &'a [u8], usize);

/// The message at the front of these bytes. None as long as too little is there.
///
/// # Errors
///
/// A length that PostgreSQL does not take either.
pub(crate) fn first_message(bytes: &[u8]) -> Result<Option<Beginning<'_>>, WireError> {
    let Some((&[tag, a, b, c, d], rest)) = bytes.split_first_chunk::<HEADER>() else {
        return Ok(None);
    };
    let length = u32::from_be_bytes([a, b, c, d]);
    let body = length.checked_sub(4).filter(|body| *body <= MAX_BODY);
    let body = body.and_then(|body| usize::try_from(body).ok()).ok_or(WireError::Length(length))?;
    let head = body.min(HEAD);
    Ok(rest.get(..head).map(|bytes| (tag, bytes, body - head)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_found_once_its_beginning_is_there() {
        let bytes = b"Q\0\0\0\x08abc\0Z";
        for cut in 0..9 {
            assert!(first_message(&bytes[..cut]).expect("sound").is_none(), "{cut}");
        }
        let message = first_message(bytes).expect("sound").expect("whole");
        assert_eq!(message, (b'Q', &b"abc\0"[..], 0));
    }

    #[test]
    fn of_a_long_message_only_the_beginning_has_to_be_there() {
        let bytes = [&b"d\0\x20\0\x04"[..], &vec![7; HEAD]].concat();
        let (_, head, rest) = first_message(&bytes).expect("sound").expect("enough");
        assert_eq!((head.len(), rest), (HEAD, 0x20_0000 - HEAD));
    }

    #[test]
    fn a_length_that_postgresql_does_not_take_is_refused() {
        for length in [[0, 0, 0, 3], [0x40, 0, 0, 3], [0xff; 4]] {
            let bytes = [&b"Q"[..], &length].concat();
            let length = u32::from_be_bytes(length);
            let found = first_message(&bytes);
            assert!(matches!(found, Err(WireError::Length(l)) if l == length), "{found:?}");
        }
    }

    #[tokio::test]
    async fn bytes_that_arrived_before_a_reader_was_cancelled_stay() {
        let (mut there, mut here) = tokio::io::duplex(64);
        let mut inbox = Inbox::default();
        tokio::io::AsyncWriteExt::write_all(&mut there, b"Q\0\0").await.expect("room");
        let read = std::future::poll_fn(|cx| inbox.poll_read(&mut here, 64, cx)).await;
        assert_eq!(read.expect("bytes"), 3);
        {
            let mut more = pin!(std::future::poll_fn(|cx| inbox.poll_read(&mut here, 64, cx)));
            let waker = std::task::Waker::noop();
            assert!(more.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
        }
        assert_eq!(inbox.bytes(), b"Q\0\0");
    }
}
