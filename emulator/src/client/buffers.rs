//! A session's bytes from its client and to it, at its edges.
//!
//! Owns throwing messages away, sending what is left, and how much room an idle client keeps. What
//! moves while a connection is in use is `pump`'s.

use std::future::poll_fn;
use std::task::Poll;

use bytes::BytesMut;
use tokio::io::AsyncWriteExt as _;

use super::end::End;
use super::session::Session;
use super::socket::Client;

/// As much room as an idle client's buffers keep, each.
const IDLE_ROOM: usize = 8 * 1024;

impl<C: Client> Session<'_, C> {
    /// Sends everything that is to be sent to the client.
    pub(super) async fn flush(&mut self) -> Result<(), End> {
        let to_client = std::mem::take(&mut self.to_client);
        let sent = async {
            self.client.write_all(&to_client).await?;
            self.client.flush().await
        };
        sent.await.map_err(|error| End::Client(error.into()))
    }

    /// Throws the first message away, also what of it is still to come.
    pub(super) fn discard_message(&mut self, length: usize, rest: usize) {
        self.from_client.advance(length);
        self.discard = rest;
        self.drop_discarded();
    }

    pub(super) fn drop_discarded(&mut self) {
        let dropped = self.discard.min(self.from_client.len());
        self.from_client.advance(dropped);
        self.discard -= dropped;
    }

    /// Sends what the client is still to get, as PostgreSQL does before it ends: answers to what it
    /// asked before it said that it leaves.
    pub(super) async fn send_the_rest(&mut self) -> Result<(), End> {
        poll_fn(|cx| {
            while !self.to_client.is_empty() || self.needs_flush {
                match self.poll_client(false, cx) {
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
}
