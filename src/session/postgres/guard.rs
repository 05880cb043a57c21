//! A stream that inspects the server's messages before the client library sees them.
//!
//! It enforces three limits that `tokio-postgres` does not: a message longer than any probe needs
//! ends the conversation instead of filling memory; so do too many small ones; and an IAM login that
//! is asked for anything but the token in cleartext ends before anything derived from the token is
//! sent.
//! It reads the five bytes of a message's header, not what is inside.
//! <https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-MESSAGE-CONCEPTS>

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Method;

/// The longest message that passes. PostgreSQL's longest answer to a probe is an error message;
/// libpq accepts none beyond 30,000 bytes before login
/// (<https://github.com/postgres/postgres/blob/master/src/interfaces/libpq/fe-connect.c>).
const MESSAGE_LIMIT: u32 = 1 << 16;

/// The most bytes that a login, or the answer to one statement, may have. The library keeps what
/// it is sent: messages of a few bytes take some thirty times their size in memory, and Lambda's
/// smallest function has 128 MB. A login has less than a kilobyte.
const CONVERSATION_LIMIT: usize = 1 << 18;

const AUTHENTICATION: u8 = b'R';
const AUTHENTICATION_OK: i32 = 0;
const SASL_CONTINUE: i32 = 11;
const SASL_FINAL: i32 = 12;

/// What the guard saw; shared, to be read after the stream is gone.
#[derive(Clone, Debug, Default)]
pub(super) struct GuardState(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    asked: Option<Method>,
    violation: Option<Violation>,
    lost: Option<Lost>,
    /// Why the library gave up the connection.
    broken: Option<String>,
    /// Bytes of the login, or of the answer to the last statement.
    received: usize,
}

/// Why the guard ended the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Violation {
    /// A message longer than any probe needs.
    TooLong { announced: u32 },
    /// More messages than any probe needs.
    TooMuch,
    /// An authentication method that the configured login does not have.
    Method(Method),
}

/// How the connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lost {
    /// The socket's error; `None` when the server closed it in order.
    pub(super) error: Option<io::ErrorKind>,
}

impl GuardState {
    /// The authentication method that the server asked for; `None` if it did not ask.
    pub(super) fn asked(&self) -> Option<Method> {
        self.with(|state| state.asked)
    }

    pub(super) fn violation(&self) -> Option<Violation> {
        self.with(|state| state.violation)
    }

    pub(super) fn lost(&self) -> Option<Lost> {
        self.with(|state| state.lost)
    }

    /// Why the library ended the connection, if not for a violation.
    pub(super) fn broken(&self) -> Option<String> {
        self.with(|state| state.broken.clone())
    }

    pub(super) fn break_off(&self, problem: String) {
        self.with(|state| state.broken = Some(problem));
    }

    /// A statement is about to be sent: its answer has its own limit.
    pub(super) fn begin_answer(&self) {
        self.with(|state| state.received = 0);
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Which authentication methods pass.
#[derive(Clone, Copy, Debug)]
pub(super) enum Accepts {
    /// Only the password in cleartext, which is how RDS accepts a token.
    Token,
    /// Every password method that PostgreSQL has.
    Password,
}

impl Accepts {
    fn lets_through(self, asked: Method) -> bool {
        match (self, asked) {
            (Self::Token | Self::Password, Method::Cleartext)
            | (Self::Password, Method::Md5 | Method::Scram) => true,
            (Self::Token, Method::Md5 | Method::Scram) | (_, Method::Other(_)) => false,
        }
    }
}

/// The guarded stream.
pub(super) struct Guarded<S> {
    stream: S,
    accepts: Accepts,
    state: GuardState,
    header: Header,
}

/// The header being read: type, length, and of an authentication request the code.
#[derive(Clone, Copy, Debug, Default)]
struct Header {
    bytes: [u8; 9],
    filled: usize,
    /// Bytes of the message still to come, once the header is read.
    rest: u32,
}

impl<S> Guarded<S> {
    pub(super) fn new(stream: S, accepts: Accepts) -> (Self, GuardState) {
        let state = GuardState::default();
        let header = Header::default();
        (Self { stream, accepts, state: state.clone(), header }, state)
    }

    /// Judges what was read, and counts it.
    fn judge(&mut self, bytes: &[u8]) -> Result<(), Violation> {
        let judged = self.inspect(bytes);
        let received = self.state.with(|state| {
            state.received = state.received.saturating_add(bytes.len());
            state.received
        });
        judged.and(if received > CONVERSATION_LIMIT { Err(Violation::TooMuch) } else { Ok(()) })
    }

    fn inspect(&mut self, mut bytes: &[u8]) -> Result<(), Violation> {
        loop {
            let skipped = usize::try_from(self.header.rest).unwrap_or(usize::MAX).min(bytes.len());
            self.header.rest -= u32::try_from(skipped).unwrap_or(self.header.rest);
            let (_, after) = bytes.split_at(skipped);
            let Some((byte, after)) = after.split_first() else { return Ok(()) };
            bytes = after;
            if let Some(request) = self.header.push(*byte)? {
                self.state.with(|state| state.asked = state.asked.or(Some(request)));
                if !self.accepts.lets_through(request) {
                    return Err(Violation::Method(request));
                }
            }
        }
    }
}

impl Header {
    /// Takes the next byte; the authentication request, once it is complete.
    fn push(&mut self, byte: u8) -> Result<Option<Method>, Violation> {
        if let Some(slot) = self.bytes.get_mut(self.filled) {
            *slot = byte;
            self.filled += 1;
        }
        let [kind, l0, l1, l2, l3, c0, c1, c2, c3] = self.bytes;
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        let mut request = None;
        match self.filled {
            5 if length > MESSAGE_LIMIT => return Err(Violation::TooLong { announced: length }),
            // A length below 4 breaks the protocol; the library reports it.
            5 if kind == AUTHENTICATION && length >= 8 => {}
            5 => *self = Self { rest: length.saturating_sub(4), ..Self::default() },
            9 => {
                request = auth_request(i32::from_be_bytes([c0, c1, c2, c3]));
                *self = Self { rest: length.saturating_sub(8), ..Self::default() };
            }
            _ => {}
        }
        Ok(request)
    }
}

fn auth_request(code: i32) -> Option<Method> {
    match code {
        AUTHENTICATION_OK | SASL_CONTINUE | SASL_FINAL => None,
        3 => Some(Method::Cleartext),
        5 => Some(Method::Md5),
        10 => Some(Method::Scram),
        other => Some(Method::Other(other)),
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(context, buffer) else {
            return Poll::Pending;
        };
        let (_, new) = buffer.filled().split_at(before);
        let ended = match &read {
            Ok(()) if new.is_empty() && buffer.remaining() > 0 => Some(Lost { error: None }),
            Ok(()) => None,
            Err(error) => Some(Lost { error: Some(error.kind()) }),
        };
        if ended.is_some() {
            self.state.with(|state| state.lost = ended);
        }
        if let Err(violation) = self.judge(new) {
            self.state.with(|state| state.violation = Some(violation));
            buffer.set_filled(before);
            let reason = "the guard rejected the server's message";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, reason)));
        }
        Poll::Ready(read)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let Poll::Ready(Err(error)) = &written {
            let lost = Lost { error: Some(error.kind()) };
            self.state.with(|state| state.lost = Some(lost));
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[kind][..], &length, body].concat()
    }

    /// Feeds `bytes` in pieces of `size`.
    fn inspect(bytes: &[u8], size: usize) -> Result<(), Violation> {
        let (mut guard, _) = Guarded::new((), Accepts::Token);
        bytes.chunks(size).try_for_each(|piece| guard.inspect(piece))
    }

    #[test]
    fn a_token_is_given_only_to_a_server_that_asks_for_cleartext() {
        let asked = |code: i32| inspect(&message(b'R', &code.to_be_bytes()), 1);
        assert_eq!(asked(3), Ok(()));
        assert_eq!(asked(0), Ok(()));
        assert_eq!(asked(5), Err(Violation::Method(Method::Md5)));
        assert_eq!(asked(10), Err(Violation::Method(Method::Scram)));
        assert_eq!(asked(7), Err(Violation::Method(Method::Other(7))));
    }

    #[test]
    fn a_message_of_two_gibibytes_is_not_let_through() {
        let violation = inspect(&[b'E', 0x7f, 0xff, 0xff, 0xff], 5);
        assert_eq!(violation, Err(Violation::TooLong { announced: 0x7fff_ffff }));
    }

    #[test]
    fn a_violation_is_found_behind_other_messages_however_the_bytes_arrive() {
        let notice = message(b'N', &[7; 300]);
        let bytes = [notice, message(b'R', &5_i32.to_be_bytes())].concat();
        for size in 1..bytes.len() {
            assert_eq!(inspect(&bytes, size), Err(Violation::Method(Method::Md5)), "{size}");
        }
    }

    #[test]
    fn a_conversation_is_bounded_however_small_its_messages_are() {
        let (mut guard, state) = Guarded::new((), Accepts::Token);
        let notice = message(b'N', b"");
        let taken = std::iter::from_fn(|| guard.judge(&notice).ok()).count();
        assert_eq!(taken, CONVERSATION_LIMIT / notice.len());
        state.begin_answer();
        assert_eq!(guard.judge(&notice), Ok(()), "an answer has its own limit");
    }

    #[test]
    fn what_was_asked_is_kept_also_when_it_is_refused() {
        for (code, asked) in [(0, None), (3, Some(Method::Cleartext)), (5, Some(Method::Md5))] {
            let (mut guard, state) = Guarded::new((), Accepts::Token);
            let judged = guard.judge(&message(b'R', &i32::to_be_bytes(code)));
            assert_eq!((judged.is_ok(), state.asked()), (code != 5, asked));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged_alike_however_they_arrive(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            size in 1_usize..50,
        ) {
            prop_assert_eq!(inspect(&bytes, size), inspect(&bytes, bytes.len().max(1)));
        }
    }
}
