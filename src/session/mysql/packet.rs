//! Packets over a stream: header, sequence numbers, bounds.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html>
//!
//! RDS Proxy may put several packets into one TLS record, so a packet's end is where its header says
//! (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html>).

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};

use crate::session::WireError;

/// The longest packet that is read. The longest in a probe's conversation is an error.
pub(super) const PACKET_LIMIT: usize = 1 << 16;

/// The most bytes that a login, or the answer to one statement, may have.
const CONVERSATION_LIMIT: usize = 1 << 18;

/// How much is read at once.
const PIECE: usize = 4_096;

/// The first byte of an error.
pub(super) const ERR: u8 = 0xff;

/// One side's packets over a stream.
pub(super) struct Packets<S> {
    stream: S,
    /// What was read beyond the last packet.
    buffer: Vec<u8>,
    /// The number that the next packet has, whichever side sends it.
    sequence: u8,
    /// Bytes of the login, or of the answer to the last statement.
    received: usize,
}

/// A header's length and sequence number.
pub(super) fn header([low, middle, high, sequence]: [u8; 4]) -> (usize, u8) {
    let length = usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16;
    (length, sequence)
}

/// A packet with its header; `None` if the payload is too long for one.
pub(super) fn packet(sequence: u8, payload: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(payload.len()).ok().filter(|length| *length < 0x00ff_ffff)?;
    let [low, middle, high, _] = length.to_le_bytes();
    Some([&[low, middle, high, sequence], payload].concat())
}

impl<S> Packets<S> {
    /// A conversation whose next packet has this number.
    pub(super) fn new(stream: S, sequence: u8) -> Self {
        Self { stream, buffer: Vec::new(), sequence, received: 0 }
    }

    /// The next packet, if all of it was read.
    fn next(&mut self) -> Result<Option<Vec<u8>>, WireError> {
        let Some((start, rest)) = self.buffer.split_first_chunk() else { return Ok(None) };
        let (length, sequence) = header(*start);
        if length > PACKET_LIMIT {
            return Err(protocol(format!("it announced a packet of {length} bytes")));
        }
        let Some(payload) = rest.get(..length) else { return Ok(None) };
        // A server that ends a session says why, asked or not.
        if sequence != self.sequence && payload.first() != Some(&ERR) {
            let expected = self.sequence;
            return Err(protocol(format!("it sent packet {sequence} instead of {expected}")));
        }
        let payload = payload.to_vec();
        self.sequence = sequence.wrapping_add(1);
        self.buffer.drain(..start.len() + length);
        Ok(Some(payload))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Packets<S> {
    /// The payload of the next packet; it may be empty.
    pub(super) async fn read(&mut self) -> Result<Vec<u8>, WireError> {
        loop {
            if let Some(payload) = self.next()? {
                return Ok(payload);
            }
            self.buffer.reserve(PIECE);
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(0) => return Err(WireError::Lost { error: None }),
                Ok(read) => self.received = self.received.saturating_add(read),
                Err(error) => return Err(WireError::Lost { error: Some(error.kind()) }),
            }
            if self.received > CONVERSATION_LIMIT {
                return Err(protocol("it sent more than any probe takes".to_owned()));
            }
        }
    }

    /// Sends the next packet.
    pub(super) async fn write(&mut self, payload: &[u8]) -> Result<(), WireError> {
        let Some(packet) = packet(self.sequence, payload) else {
            return Err(protocol("the answer is longer than a packet".to_owned()));
        };
        self.sequence = self.sequence.wrapping_add(1);
        let written = async {
            self.stream.write_all(&packet).await?;
            self.stream.flush().await
        };
        written.await.map_err(|error| WireError::Lost { error: Some(error.kind()) })
    }

    /// Sends a command, which begins a conversation with its own numbers and its own limit.
    pub(super) async fn command(&mut self, payload: &[u8]) -> Result<(), WireError> {
        self.sequence = 0;
        self.received = 0;
        self.write(payload).await
    }

    /// Whether the stream is known to be closed, between conversations: nothing is due then, so
    /// whatever has arrived ends the session.
    pub(super) fn is_closed(&mut self) -> bool {
        let mut bytes = [0; 16];
        let mut context = Context::from_waker(Waker::noop());
        let read =
            Pin::new(&mut self.stream).poll_read(&mut context, &mut ReadBuf::new(&mut bytes));
        !self.buffer.is_empty() || read.is_ready()
    }

    /// Sends a last command as far as that is possible without waiting, and closes the stream.
    pub(super) fn end(&mut self, command: &[u8]) {
        let Some(packet) = packet(0, command) else { return };
        let mut context = Context::from_waker(Waker::noop());
        let mut stream = Pin::new(&mut self.stream);
        if let Poll::Ready(Ok(_)) = stream.as_mut().poll_write(&mut context, &packet) {
            // The session is over, so it makes no difference whether its end was sent.
            let flushed = stream.as_mut().poll_flush(&mut context).is_ready();
            drop(flushed.then(|| stream.poll_shutdown(&mut context)));
        }
    }
}

/// The server broke the protocol.
pub(super) fn protocol(problem: String) -> WireError {
    WireError::Protocol(problem)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::{AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    /// The packets that a server's bytes are read as, arriving in pieces of this size, and how the
    /// reading ends.
    fn read_all(bytes: &[u8], size: usize) -> (Vec<Vec<u8>>, String) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (mut server, client) = duplex(size);
            let mut packets = Packets::new(client, 0);
            let mut read = Vec::new();
            let reading = async {
                loop {
                    match packets.read().await {
                        Ok(payload) => read.push(payload),
                        Err(error) => break format!("{error:?}"),
                    }
                }
            };
            // A reader that has given up closes the pipe.
            let sending = async {
                drop(server.write_all(bytes).await);
                drop(server);
            };
            let end = tokio::select! {
                biased;
                end = reading => end,
                () = async { sending.await; std::future::pending().await } => unreachable!(),
            };
            (read, end)
        })
    }

    #[test]
    fn several_packets_in_one_piece_are_told_apart() {
        let bytes = [packet(0, b"one").unwrap(), packet(1, b"").unwrap(), packet(2, b"3").unwrap()];
        let (read, end) = read_all(&bytes.concat(), 1_000);
        assert_eq!(read, [&b"one"[..], b"", b"3"]);
        assert_eq!(end, "Lost { error: None }");
    }

    #[test]
    fn a_packet_with_another_number_ends_the_conversation_unless_it_is_an_error() {
        let (read, end) = read_all(&packet(3, b"\0").unwrap(), 100);
        assert!(read.is_empty());
        assert_eq!(end, "Protocol(\"it sent packet 3 instead of 0\")");
        let (read, _) = read_all(&packet(3, b"\xff").unwrap(), 100);
        assert_eq!(read, [b"\xff"]);
    }

    #[test]
    fn a_packet_of_16_mebibytes_is_not_let_through() {
        let (_, end) = read_all(b"\xff\xff\xff\0", 100);
        assert_eq!(end, "Protocol(\"it announced a packet of 16777215 bytes\")");
        assert_eq!(packet(0, &vec![0; 0x00ff_ffff]), None);
    }

    #[test]
    fn a_conversation_is_bounded_however_small_its_packets_are() {
        let endless: Vec<u8> = (0..100_000_u32)
            .flat_map(|number| packet(number.to_le_bytes()[0], b"").unwrap())
            .collect();
        let (read, end) = read_all(&endless, 4_096);
        assert_eq!(end, "Protocol(\"it sent more than any probe takes\")");
        assert!(read.len() <= CONVERSATION_LIMIT / 4, "{}", read.len());
    }

    async fn opened() -> (DuplexStream, Packets<DuplexStream>) {
        let (mut server, client) = duplex(100);
        let mut packets = Packets::new(client, 0);
        assert!(!packets.is_closed());
        packets.command(b"ping").await.unwrap();
        let mut request = [0; 8];
        tokio::io::AsyncReadExt::read_exact(&mut server, &mut request).await.unwrap();
        assert_eq!(&request, b"\x04\0\0\0ping");
        (server, packets)
    }

    #[tokio::test]
    async fn a_session_that_the_server_ended_is_known_to_be_closed() {
        let (server, mut packets) = opened().await;
        assert!(!packets.is_closed());
        drop(server);
        assert!(packets.is_closed());
        let (mut server, mut packets) = opened().await;
        server.write_all(&packet(0, b"\xff\xbf\x0f").unwrap()).await.unwrap();
        assert!(packets.is_closed(), "an error that nothing asked for");
    }

    #[tokio::test]
    async fn a_session_says_goodbye() {
        let (mut server, mut packets) = opened().await;
        packets.end(b"\x01");
        let mut rest = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut server, &mut rest).await.unwrap();
        assert_eq!(rest, b"\x01\0\0\0\x01");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_alike_however_they_arrive(
            payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..4),
            garbage in proptest::collection::vec(any::<u8>(), 0..20),
            size in 1_usize..50,
        ) {
            let sent = (0..).zip(&payloads).flat_map(|(number, it)| packet(number, it).unwrap());
            let bytes: Vec<u8> = sent.chain(garbage).collect();
            let whole = read_all(&bytes, bytes.len().max(1));
            prop_assert!(whole.0.starts_with(&payloads));
            prop_assert_eq!(read_all(&bytes, size), whole);
        }
    }
}
