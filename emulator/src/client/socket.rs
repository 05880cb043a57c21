//! The client's socket, which can be made to drip or to break.
//!
//! Owns two things that no protocol layer above can do: sending one byte a second, and ending with
//! a reset. Otherwise it is the TCP stream that it wraps. Time is tokio's, so a test can pause it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::net::{Shutdown, connect_unspec, shutdown};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};
use tokio_rustls::server::TlsStream;

/// How long each byte takes once the socket drips.
const DRIP: Duration = Duration::from_secs(1);

/// A client's TCP stream.
#[derive(Debug)]
pub(crate) struct Socket {
    tcp: TcpStream,
    next_byte: Option<Pin<Box<Sleep>>>,
}

/// A stream to the client, whether encrypted already or not.
pub(crate) trait Client: AsyncRead + AsyncWrite + Unpin + Send {
    /// The socket below.
    fn socket(&mut self) -> &mut Socket;
}

impl Client for Socket {
    fn socket(&mut self) -> &mut Socket {
        self
    }
}

impl Client for TlsStream<Socket> {
    fn socket(&mut self) -> &mut Socket {
        self.get_mut().0
    }
}

impl Socket {
    pub(crate) fn new(tcp: TcpStream) -> Self {
        // Without it the last segment of each answer may wait for an ACK; it works either way.
        drop(tcp.set_nodelay(true));
        Self { tcp, next_byte: None }
    }

    /// From now on, sends one byte a second.
    pub(crate) fn drip(&mut self) {
        self.next_byte = Some(Box::pin(sleep(DRIP)));
    }

    /// From now on, sends at once again.
    pub(crate) fn flow(&mut self) {
        self.next_byte = None;
    }

    /// Whether it sends one byte a second.
    pub(crate) fn drips(&self) -> bool {
        self.next_byte.is_some()
    }

    /// Ends this stream by a reset instead of an orderly close.
    pub(crate) fn reset(&self) -> io::Result<()> {
        self.tcp.set_zero_linger()?;
        // At once, for the reason that the drop has; elsewhere than on Linux it is for the close to do.
        Ok(connect_unspec(&self.tcp)?)
    }
}

/// The client sees the end at once. Closing alone would not do: between `fork` and `exec` a process
/// that is being started, be it by another thread, holds every socket too.
/// <https://man7.org/linux/man-pages/man2/shutdown.2.html>
impl Drop for Socket {
    fn drop(&mut self) {
        // It may have been reset, or the client be gone.
        shutdown(&self.tcp, Shutdown::Both).unwrap_or_default();
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Self { tcp, next_byte } = &mut *self;
        let Some(next_byte) = next_byte else {
            return Pin::new(tcp).poll_write(cx, bytes);
        };
        ready!(next_byte.as_mut().poll(cx));
        let written = ready!(Pin::new(tcp).poll_write(cx, bytes.get(..1).unwrap_or(bytes)))?;
        next_byte.as_mut().reset(Instant::now() + DRIP);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
