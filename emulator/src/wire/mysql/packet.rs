//! Packets: a length of three bytes, a sequence number, a payload.
//!
//! Owns cutting packets out of bytes, reading a whole one under a bound, and writing one. A payload
//! of 16 MiB less one byte goes on in the next packet. Does not know what a packet means.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html>

use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::wire::{WireError, first_byte};

/// How long a packet's length and sequence number are.
pub(crate) const HEADER: usize = 4;

/// The longest payload of one packet. A payload of exactly this length goes on in the next one.
pub(crate) const MAX_PAYLOAD: usize = 0xff_ffff;

/// As much of a payload as is looked at, as with PostgreSQL's messages.
pub(crate) const HEAD: usize = 64 * 1024;

/// The packet at the front of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packet<'a> {
    pub(crate) sequence: u8,
    /// The payload as far as it is looked at.
    pub(crate) head: &'a [u8],
    /// How many bytes of the payload come behind that.
    pub(crate) rest: usize,
}

impl Packet<'_> {
    /// How long the payload is.
    pub(crate) fn length(&self) -> usize {
        self.head.len() + self.rest
    }

    /// Whether the payload goes on in the next packet.
    pub(crate) fn is_continued(&self) -> bool {
        self.length() == MAX_PAYLOAD
    }
}

/// The packet at the front of these bytes; none as long as too little is there.
pub(crate) fn first_packet(bytes: &[u8]) -> Option<Packet<'_>> {
    let (&[a, b, c, sequence], rest) = bytes.split_first_chunk::<HEADER>()?;
    let length = usize::try_from(u32::from_le_bytes([a, b, c, 0])).ok()?;
    let head = length.min(HEAD);
    Some(Packet { sequence, head: rest.get(..head)?, rest: length - head })
}

/// Reads one packet, whose payload has at most `limit` bytes and whose sequence number is this.
pub(crate) async fn read_packet<R>(
    reader: &mut R,
    sequence: u8,
    limit: usize,
) -> Result<Vec<u8>, WireError>
where
    R: AsyncRead + Unpin,
{
    let first = first_byte(reader).await?;
    let mut header = [0; HEADER - 1];
    reader.read_exact(&mut header).await?;
    let [b, c, found] = header;
    let length = u32::from_le_bytes([first, b, c, 0]);
    if found != sequence {
        return Err(WireError::Malformed("the packet's sequence number is not the next one"));
    }
    let within = usize::try_from(length).ok().filter(|length| *length <= limit);
    let within = within.ok_or(WireError::Length(length))?;
    let mut payload = Vec::new();
    reader.take(length.into()).read_to_end(&mut payload).await?;
    if payload.len() == within { Ok(payload) } else { Err(WireError::CutShort) }
}

/// Writes a payload as packets that begin with this sequence number; returns the next one.
pub(crate) fn append(to: &mut impl Extend<u8>, mut sequence: u8, payload: &[u8]) -> u8 {
    let mut rest = payload;
    loop {
        let (piece, more) = rest.split_at_checked(MAX_PAYLOAD).unwrap_or((rest, &[]));
        let length = u32::try_from(piece.len()).unwrap_or_default().to_le_bytes();
        to.extend(length.into_iter().take(HEADER - 1).chain([sequence]));
        to.extend(piece.iter().copied());
        sequence = sequence.wrapping_add(1);
        if piece.len() < MAX_PAYLOAD {
            return sequence;
        }
        rest = more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_found_once_its_beginning_is_there() {
        let mut bytes = Vec::new();
        assert_eq!(append(&mut bytes, 7, b"abc"), 8);
        assert_eq!(bytes, b"\x03\0\0\x07abc");
        for cut in 0..bytes.len() {
            assert_eq!(first_packet(&bytes[..cut]), None, "{cut}");
        }
        let packet = first_packet(&bytes).expect("a whole packet");
        assert_eq!(packet, Packet { sequence: 7, head: b"abc", rest: 0 });
        let long = [&b"\0\0\x20\0"[..], &vec![1; HEAD]].concat();
        let packet = first_packet(&long).expect("enough of a long one");
        assert_eq!((packet.head.len(), packet.length()), (HEAD, 0x20_0000));
    }

    #[test]
    fn a_payload_of_the_greatest_length_goes_on_in_an_empty_packet() {
        let mut bytes = Vec::new();
        assert_eq!(append(&mut bytes, 255, &vec![b'x'; MAX_PAYLOAD]), 1);
        let packet = first_packet(&bytes).expect("a packet");
        assert!(packet.is_continued() && packet.sequence == 255);
        let packet = first_packet(&bytes[HEADER + MAX_PAYLOAD..]).expect("the next one");
        assert_eq!(packet, Packet { sequence: 0, head: b"", rest: 0 });
    }

    #[tokio::test]
    async fn a_packet_over_its_bound_or_out_of_order_is_refused_unread() {
        let read = read_packet(&mut &b"\xff\xff\xff\x01"[..], 1, 1024).await;
        assert!(matches!(read, Err(WireError::Length(0xff_ffff))), "{read:?}");
        let read = read_packet(&mut &b"\x01\0\0\x02x"[..], 1, 1024).await;
        assert!(matches!(read, Err(WireError::Malformed(_))), "{read:?}");
    }

    #[tokio::test]
    async fn a_connection_is_closed_between_packets_or_in_one() {
        let read = read_packet(&mut &b""[..], 0, 1024).await;
        assert!(matches!(read, Err(WireError::Closed)), "{read:?}");
        for bytes in [&b"\x02"[..], b"\x02\0\0\0", b"\x02\0\0\0x"] {
            let read = read_packet(&mut &bytes[..], 0, 1024).await;
            assert!(matches!(read, Err(WireError::CutShort)), "{read:?}");
        }
    }
}
