//! One connection to the database, and what is known of its state.
//!
//! Owns its bytes both ways and the prepared statements that it has. Does not know whose turn it is:
//! that is the pool's.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncWrite as _, AsyncWriteExt as _};
use tokio::time::Instant;

use super::Key;
use super::pipeline::ServerStatements;
use crate::backend::{OpenError, Stream};
use crate::wire::backend::{message, parse_error_response, tag};
use crate::wire::{HEADER, Inbox, Refusal, WireError, first_message};

/// As much of the database's answers as is read at once.
const ROOM: usize = 32 * 1024;

/// A connection to the database.
pub(crate) struct Server {
    /// From 1, in order of opening: `dbConnection` in the log.
    pub(crate) id: u64,
    /// How many outages there were when it was opened.
    pub(crate) outages: u64,
    pub(crate) key: Arc<Key>,
    pub(crate) stream: Box<dyn Stream>,
    /// What the database has sent.
    pub(crate) inbox: Inbox,
    /// What is to be sent to it.
    pub(crate) outbox: BytesMut,
    /// Those of PostgreSQL's clients; a prepared statement of MySQL's pins.
    pub(crate) statements: ServerStatements,
    /// What a client of PostgreSQL's has to hear before its first query, except `ReadyForQuery`.
    pub(crate) greeting: Bytes,
    pub(crate) opened_at: Instant,
    pub(crate) idle_since: Instant,
}

impl Server {
    pub(super) fn new(
        (id, outages): (u64, u64),
        key: &Arc<Key>,
        stream: Box<dyn Stream>,
        greeting: Bytes,
    ) -> Self {
        let now = Instant::now();
        Self {
            id,
            outages,
            key: Arc::clone(key),
            stream,
            inbox: Inbox::default(),
            outbox: BytesMut::new(),
            statements: ServerStatements::default(),
            greeting,
            opened_at: now,
            idle_since: now,
        }
    }

    /// Whether an idle connection still works, as far as that shows without asking: the database has
    /// sent nothing, or of PostgreSQL's settings and notices, which belong to no client.
    pub(super) fn is_alive(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        loop {
            match self.inbox.poll_read(&mut self.stream, ROOM, &mut context) {
                Poll::Pending => break,
                Poll::Ready(Ok(0) | Err(_)) => return false,
                Poll::Ready(Ok(_)) => {}
            }
        }
        match &*self.key {
            Key::PostgreSql(_) => self.has_nothing_but_notices(),
            // A MySQL server says nothing unasked but that it ends.
            Key::MySql(_) => self.inbox.is_empty(),
        }
    }

    fn has_nothing_but_notices(&mut self) -> bool {
        while let Ok(Some((tag, head, 0))) = first_message(self.inbox.bytes()) {
            if !matches!(tag, tag::PARAMETER_STATUS | tag::NOTICE_RESPONSE) {
                return false;
            }
            let length = HEADER + head.len();
            self.inbox.advance(length);
        }
        self.inbox.is_empty()
    }

    /// Sends what is there to send; whether anything went. A database that takes nothing any more may
    /// have left some last words, so that its answers are still to be read.
    pub(crate) fn poll_send(&mut self, cx: &mut Context<'_>) -> bool {
        let mut has_sent = false;
        while !self.outbox.is_empty() {
            match Pin::new(&mut self.stream).poll_write(cx, &self.outbox) {
                Poll::Pending => break,
                Poll::Ready(Ok(0) | Err(_)) => self.outbox.clear(),
                Poll::Ready(Ok(written)) => {
                    self.outbox.advance(written);
                    has_sent = true;
                }
            }
        }
        has_sent
    }

    /// Reads what is there to read.
    pub(crate) fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        match self.inbox.poll_read(&mut self.stream, ROOM, cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(0)) if self.inbox.is_empty() => Poll::Ready(Err(WireError::Closed)),
            Poll::Ready(Ok(0)) => Poll::Ready(Err(WireError::CutShort)),
            Poll::Ready(Ok(_)) => Poll::Ready(Ok(())),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error.into())),
        }
    }

    /// Runs statements whose answer no client sees; returns the first column of the last row.
    pub(super) async fn run(&mut self, statements: &str) -> Result<Option<Bytes>, RunError> {
        let query = message(b'Q', format!("{statements}\0").as_bytes());
        self.stream.write_all(&query).await?;
        let (mut column, mut refusal) = (None, None);
        loop {
            let (found, body) = self.next_message().await?;
            match found {
                tag::DATA_ROW => column = first_column(&body),
                tag::ERROR_RESPONSE => refusal = Some(parse_error_response(&body)),
                tag::READY_FOR_QUERY => break,
                _ => {}
            }
        }
        refusal.map_or(Ok(column), |refusal| Err(RunError::Refused(refusal)))
    }

    async fn next_message(&mut self) -> Result<(u8, Bytes), WireError> {
        loop {
            if let Some((tag, head, rest)) = first_message(self.inbox.bytes())? {
                if rest > 0 {
                    return Err(WireError::Malformed("a long answer to a short question"));
                }
                let body = Bytes::copy_from_slice(head);
                self.inbox.advance(HEADER + body.len());
                return Ok((tag, body));
            }
            self.receive().await?;
        }
    }

    /// Waits for more of what the database sends.
    pub(super) async fn receive(&mut self) -> Result<(), WireError> {
        let Self { inbox, stream, .. } = self;
        let read = std::future::poll_fn(|cx| inbox.poll_read(stream, ROOM, cx)).await;
        if read? == 0 { Err(WireError::Closed) } else { Ok(()) }
    }
}

/// Why statements of the proxy's own did not run.
#[derive(Debug)]
pub(super) enum RunError {
    /// The database refused one of them.
    Refused(Refusal),
    /// The connection broke.
    Broken(WireError),
}

impl From<WireError> for RunError {
    fn from(error: WireError) -> Self {
        Self::Broken(error)
    }
}

impl From<io::Error> for RunError {
    fn from(error: io::Error) -> Self {
        Self::Broken(error.into())
    }
}

impl From<RunError> for OpenError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Refused(refusal) => Self::Refused(refusal),
            RunError::Broken(error) => error.into(),
        }
    }
}

/// The first column of a `DataRow`.
/// <https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-DATAROW>
fn first_column(body: &Bytes) -> Option<Bytes> {
    let length = u32::from_be_bytes(*body.get(2..)?.first_chunk()?);
    let end = usize::try_from(length).ok()?.checked_add(6)?;
    (end <= body.len()).then(|| body.slice(6..end))
}
