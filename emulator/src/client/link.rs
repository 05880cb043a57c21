//! A session's connection to its client: bytes in both directions, and the client's time limits.
//!
//! Owns moving them without ever waiting for one side alone, throwing away what is not wanted, and how
//! much room an idle client keeps.
//! What the bytes mean is for each engine's session to say.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf as _, BytesMut};
use tokio::io::AsyncWriteExt as _;

use super::end::End;
use super::patience::Patience;
use super::proxy::Connection;
use super::socket::Client;
use crate::pool::Server;
use crate::wire::{Inbox, WireError};

/// As much as waits to be sent to either side before no more is read for it.
pub(super) const MAX_WAITING: usize = 64 * 1024;

/// As much of a client's bytes as is read at once.
const CLIENT_ROOM: usize = 4 * 1024;

/// As much room as an idle client's buffers keep, each.
const IDLE_ROOM: usize = 8 * 1024;

/// A client that has logged in, and what is on its way.
pub(super) struct Link<'a, C> {
    pub(super) client: &'a mut C,
    /// What the client has sent, and how much of it belongs to a message that is thrown away.
    pub(super) from_client: Inbox,
    discard: usize,
    /// What is to be sent to the client, and whether its stream is to be flushed then.
    pub(super) to_client: BytesMut,
    needs_flush: bool,
    pub(super) patience: Patience,
}

impl<'a, C: Client> Link<'a, C> {
    /// With a client that first hears this.
    pub(super) fn new(client: &'a mut C, connection: &Connection, to_client: BytesMut) -> Self {
        let settings = &connection.proxy.settings;
        Self {
            client,
            from_client: Inbox::default(),
            discard: 0,
            to_client,
            needs_flush: false,
            patience: Patience::new(settings.idle_client_timeout, settings.client_life),
        }
    }

    /// Sends to the client and reads from it, until something has moved.
    pub(super) async fn progress(&mut self) -> Result<(), End> {
        poll_fn(|cx| match self.poll(true, cx) {
            Poll::Pending => self.patience.poll(false, cx).map(|limit| Err(End::Limit(limit))),
            moved @ Poll::Ready(_) => moved,
        })
        .await
    }

    /// Moves bytes between the client and its connection, in whichever direction there are any, and
    /// returns once some have moved. `is_waiting` is whether it is the client's turn, whose patience
    /// counts then.
    pub(super) async fn exchange(
        &mut self,
        server: &mut Server,
        reads: bool,
        is_waiting: bool,
    ) -> Result<(), End> {
        poll_fn(|cx| {
            let has_sent = server.poll_send(cx);
            let reads = reads && server.outbox.len() < MAX_WAITING;
            let client = self.poll(reads, cx)?;
            let mut has_moved = has_sent || client.is_ready();
            if self.to_client.len() < MAX_WAITING {
                match server.poll_receive(cx) {
                    Poll::Pending => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(End::Database(error))),
                    Poll::Ready(Ok(())) => has_moved = true,
                }
            }
            if has_moved {
                return Poll::Ready(Ok(()));
            }
            if is_waiting {
                return self.patience.poll(true, cx).map(|limit| Err(End::Limit(limit)));
            }
            Poll::Pending
        })
        .await
    }

    /// Waits for the client to leave, while it waits for something of ours.
    pub(super) async fn wait_for_the_end(&mut self) -> End {
        let ended = poll_fn(|cx| {
            loop {
                let reads = self.from_client.len() < MAX_WAITING;
                match self.poll(reads, cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(end)) => return Poll::Ready(end),
                    Poll::Pending => return Poll::Pending,
                }
            }
        });
        ended.await
    }

    /// Ready once something has moved.
    fn poll(&mut self, reads: bool, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
        let mut has_moved = false;
        while !self.to_client.is_empty() {
            match Pin::new(&mut *self.client).poll_write(cx, &self.to_client) {
                Poll::Pending => break,
                Poll::Ready(Ok(0)) => {
                    return Poll::Ready(Err(End::Client(
                        std::io::Error::from(std::io::ErrorKind::WriteZero).into(),
                    )));
                }
                Poll::Ready(Ok(written)) => {
                    self.to_client.advance(written);
                    (has_moved, self.needs_flush) = (true, true);
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(End::Client(error.into()))),
            }
        }
        if self.needs_flush
            && let Poll::Ready(flushed) = Pin::new(&mut *self.client).poll_flush(cx)
        {
            flushed.map_err(|error| End::Client(error.into()))?;
            self.needs_flush = false;
        }
        if reads && let Poll::Ready(read) = self.from_client.poll_read(self.client, CLIENT_ROOM, cx)
        {
            match read {
                Ok(0) if self.from_client.is_empty() => {
                    return Poll::Ready(Err(End::Client(WireError::Closed)));
                }
                Ok(0) => return Poll::Ready(Err(End::Client(WireError::CutShort))),
                Ok(_) => {
                    self.patience.renew();
                    has_moved = true;
                }
                Err(error) => return Poll::Ready(Err(End::Client(error.into()))),
            }
        }
        if has_moved { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    /// Sends everything that is to be sent to the client.
    pub(super) async fn flush(&mut self) -> Result<(), End> {
        let to_client = std::mem::take(&mut self.to_client);
        let sent = async {
            self.client.write_all(&to_client).await?;
            self.client.flush().await
        };
        sent.await.map_err(|error| End::Client(error.into()))
    }

    /// Sends what the client is still to get, as a database does before it ends: answers to what it
    /// asked before it said that it leaves.
    pub(super) async fn send_the_rest(&mut self) -> Result<(), End> {
        poll_fn(|cx| {
            while !self.to_client.is_empty() || self.needs_flush {
                match self.poll(false, cx) {
                    Poll::Pending => {
                        return self.patience.poll(false, cx).map(|limit| Err(End::Limit(limit)));
                    }
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(end)) => return Poll::Ready(Err(end)),
                }
            }
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// Gives back what a large question or answer has made of the buffers: a client may be idle for
    /// long.
    pub(super) fn forget_room(&mut self) {
        self.from_client.forget_room(IDLE_ROOM);
        if self.to_client.is_empty() && self.to_client.capacity() > IDLE_ROOM {
            self.to_client = BytesMut::new();
        }
    }

    /// Throws the first message away, also what of it is still to come.
    pub(super) fn discard_message(&mut self, length: usize, rest: usize) {
        self.from_client.advance(length);
        self.discard = rest;
        self.drop_discarded();
    }

    /// Throws away what has come of a message that is not wanted.
    pub(super) fn drop_discarded(&mut self) {
        let dropped = self.discard.min(self.from_client.len());
        self.from_client.advance(dropped);
        self.discard -= dropped;
    }
}
