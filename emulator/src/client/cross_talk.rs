//! Answers that clients get from each other.
//!
//! Owns keeping the latest answer, and when a client gets it in place of its own.

use std::mem;
use std::sync::{Mutex, PoisonError};

use bytes::{Bytes, BytesMut};

use crate::wire::{HEADER, first_message};

/// The longest answer that is kept for another client.
const MAX_KEPT: usize = 64 * 1024;

/// The latest answer that some client got, and the number of its connection.
#[derive(Debug, Default)]
pub(crate) struct LatestAnswer(Mutex<Option<(usize, Bytes)>>);

impl LatestAnswer {
    /// Puts an answer in place of the latest one, and returns that, if another client got it.
    fn replace(&self, connection: usize, answer: Bytes) -> Option<Bytes> {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (other, answer) = latest.replace((connection, answer))?;
        (other != connection).then_some(answer)
    }
}

/// A session whose answers may come from others.
pub(super) struct CrossTalk<'a> {
    latest: &'a LatestAnswer,
    connection: usize,
    /// Whether the next answer is to be another client's.
    pub(super) is_due: bool,
    /// What has come of an answer.
    held: BytesMut,
    /// Whether the rest of an answer goes to the client as it comes.
    passes: bool,
}

impl<'a> CrossTalk<'a> {
    pub(super) fn new(latest: &'a LatestAnswer, connection: usize) -> Self {
        Self { latest, connection, is_due: false, held: BytesMut::new(), passes: false }
    }

    /// Takes from the client what is not to be sent yet, and gives it the answer once all of it is
    /// there.
    pub(super) fn exchange(&mut self, to_client: &mut BytesMut, is_complete: bool) {
        self.held.unsplit(mem::take(to_client));
        if self.held.len() > MAX_KEPT || asks_for_data(&self.held) {
            self.passes = true;
        }
        if !is_complete && !self.passes {
            return;
        }
        *to_client = mem::take(&mut self.held);
        if is_complete && !mem::take(&mut self.passes) && !to_client.is_empty() {
            let other = self.latest.replace(self.connection, Bytes::copy_from_slice(to_client));
            if let Some(other) = other.filter(|_| self.is_due) {
                *to_client = BytesMut::from(&*other);
            }
            self.is_due = false;
        }
    }
}

/// Whether the client is to send data before there is more of an answer.
/// <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY>
fn asks_for_data(mut answer: &[u8]) -> bool {
    while let Ok(Some((tag, head, 0))) = first_message(answer) {
        if tag == b'G' {
            return true;
        }
        answer = answer.get(HEADER + head.len()..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the client gets of these pieces, of which the last completes the answer.
    fn given(session: &mut CrossTalk<'_>, pieces: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut pieces = pieces.iter().peekable();
        let mut given = Vec::new();
        while let Some(piece) = pieces.next() {
            let mut to_client = BytesMut::from(*piece);
            session.exchange(&mut to_client, pieces.peek().is_none());
            given.push(to_client.to_vec());
        }
        given
    }

    #[test]
    fn a_client_gets_anothers_answer_whole_and_only_if_it_is_due() {
        let latest = LatestAnswer::default();
        let mut one = CrossTalk::new(&latest, 1);
        let mut other = CrossTalk::new(&latest, 2);
        assert_eq!(given(&mut one, &[b"o", b"ne"]), [&b""[..], b"one"]);
        assert_eq!(given(&mut other, &[b"two"]), [b"two"]);
        one.is_due = true;
        assert_eq!(given(&mut one, &[b"th", b"ree"]), [&b""[..], b"two"]);
        one.is_due = true;
        assert_eq!(given(&mut one, &[b"four"]), [b"four"], "the latest one is its own");
    }

    #[test]
    fn what_waits_for_the_client_or_is_long_is_not_held_back() {
        let latest = LatestAnswer::default();
        let mut session = CrossTalk::new(&latest, 1);
        let copy = b"G\0\0\0\x07\0\0\0";
        assert_eq!(given(&mut session, &[copy, b"done"]), [&copy[..], b"done"]);
        let long = vec![b'x'; MAX_KEPT + 1];
        assert_eq!(given(&mut session, &[&long, b"end"]), [&long[..], b"end"]);
        assert!(latest.0.lock().unwrap().is_none());
    }
}
