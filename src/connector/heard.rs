//! A stream that remembers the first bytes that it received.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How many bytes are remembered: enough to name the server that sent them.
const REMEMBERED: usize = 256;

/// The first bytes that a stream received.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard(Arc<Mutex<Vec<u8>>>);

/// A stream whose first bytes are remembered.
#[derive(Debug)]
pub(super) struct Listening<S> {
    stream: S,
    heard: Heard,
}

impl Heard {
    /// `stream`, with its first bytes remembered here.
    pub(super) fn from<S>(&self, stream: S) -> Listening<S> {
        Listening { stream, heard: self.clone() }
    }

    /// The bytes so far, up to a bound.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember(&self, bytes: &[u8]) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = REMEMBERED.saturating_sub(heard.len());
        heard.extend(bytes.iter().take(room));
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Listening<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { stream, heard } = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(stream).poll_read(context, buffer))?;
        heard.remember(buffer.filled().get(before..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Listening<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn the_beginning_is_remembered_and_everything_passed_on() {
        let (near, mut far) = tokio::io::duplex(4_096);
        let heard = Heard::default();
        let mut near = heard.from(near);
        far.write_all(b"SSH-2.0-").await.unwrap();
        let mut read = [0; 1_008];
        near.read_exact(&mut read[..8]).await.unwrap();
        assert_eq!(heard.bytes(), b"SSH-2.0-");
        far.write_all(&[b'x'; 1_000]).await.unwrap();
        near.read_exact(&mut read[8..]).await.unwrap();
        assert_eq!(heard.bytes(), read[..REMEMBERED]);
    }
}
