//! Answers that clients get from each other.
//!
//! Owns keeping the latest answer, and when a client gets it instead of its own.

use std::mem;
use std::sync::{Mutex, PoisonError};

use bytes::{Bytes, BytesMut};

use super::proxy::Connection;
use crate::fault::Fault;

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

/// How far the answer to what a client asks has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    UnderWay,
    /// The client has to send data before there is more of it.
    AsksForData,
    IsComplete,
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
    /// None if clients get their own answers.
    pub(super) fn of(connection: &'a Connection) -> Option<Self> {
        let proxy = &connection.proxy;
        let is_due = proxy.fault().is_some_and(Fault::mixes_answers);
        is_due.then(|| Self::new(&proxy.latest_answer, connection.number))
    }

    fn new(latest: &'a LatestAnswer, connection: usize) -> Self {
        Self { latest, connection, is_due: false, held: BytesMut::new(), passes: false }
    }

    /// Takes from the client what is not to be sent yet, and gives it the answer once all of it is
    /// there.
    pub(super) fn exchange(&mut self, to_client: &mut BytesMut, progress: Progress) {
        self.held.unsplit(mem::take(to_client));
        let is_complete = progress == Progress::IsComplete;
        if self.held.len() > MAX_KEPT || progress == Progress::AsksForData {
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

#[cfg(test)]
mod tests {
    use super::*;

    use Progress::{AsksForData, IsComplete, UnderWay};

    /// What the client gets of these pieces.
    fn given(session: &mut CrossTalk<'_>, pieces: &[(&[u8], Progress)]) -> Vec<Vec<u8>> {
        let mut given = Vec::new();
        for (piece, progress) in pieces {
            let mut to_client = BytesMut::from(*piece);
            session.exchange(&mut to_client, *progress);
            given.push(to_client.to_vec());
        }
        given
    }

    #[test]
    fn a_client_gets_anothers_answer_whole_and_only_if_it_is_due() {
        let latest = LatestAnswer::default();
        let mut one = CrossTalk::new(&latest, 1);
        let mut other = CrossTalk::new(&latest, 2);
        let whole = |text: &'static [u8]| [(text, IsComplete)];
        assert_eq!(given(&mut one, &[(b"o", UnderWay), (b"ne", IsComplete)]), [&b""[..], b"one"]);
        assert_eq!(given(&mut other, &whole(b"two")), [b"two"]);
        one.is_due = true;
        assert_eq!(given(&mut one, &[(b"th", UnderWay), (b"ree", IsComplete)]), [&b""[..], b"two"]);
        one.is_due = true;
        assert_eq!(given(&mut one, &whole(b"four")), [b"four"], "the latest one is its own");
    }

    #[test]
    fn what_waits_for_the_client_or_is_long_is_not_held_back() {
        let latest = LatestAnswer::default();
        let mut session = CrossTalk::new(&latest, 1);
        let copy = [(&b"send it"[..], AsksForData), (b"got it", UnderWay), (b"done", IsComplete)];
        assert_eq!(given(&mut session, &copy), [&b"send it"[..], b"got it", b"done"]);
        let long = vec![b'x'; MAX_KEPT + 1];
        let pieces = [(&long[..], UnderWay), (b"end", IsComplete)];
        assert_eq!(given(&mut session, &pieces), [&long[..], b"end"]);
        assert!(latest.0.lock().unwrap().is_none());
    }
}
