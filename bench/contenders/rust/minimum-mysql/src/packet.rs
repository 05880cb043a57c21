//! MySQL's packets: a length of three bytes, a sequence number, and the payload.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html>

use lambda_runtime::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};

/// A stream of packets.
pub struct Packets<S> {
    stream: BufReader<S>,
    sequence: u8,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Packets<S> {
    pub fn new(stream: S) -> Self {
        Self::resume(stream, 0)
    }

    /// The packets of an exchange that began on another stream.
    pub fn resume(stream: S, sequence: u8) -> Self {
        Self { stream: BufReader::new(stream), sequence }
    }

    pub fn into_parts(self) -> (S, u8) {
        (self.stream.into_inner(), self.sequence)
    }

    /// Begins a command.
    pub fn begin(&mut self) {
        self.sequence = 0;
    }

    /// The next packet, unless it is an error.
    pub async fn read(&mut self) -> Result<Vec<u8>, Error> {
        let [one, two, three, sequence] = self.stream.read_u32().await?.to_be_bytes();
        self.sequence = sequence.wrapping_add(1);
        let mut payload = vec![0; usize::try_from(u32::from_le_bytes([one, two, three, 0]))?];
        self.stream.read_exact(&mut payload).await?;
        match payload.first() {
            Some(0xff) => Err(String::from_utf8_lossy(&payload).into()),
            _ => Ok(payload),
        }
    }

    pub async fn write(&mut self, payload: &[u8]) -> Result<(), Error> {
        let [one, two, three, _] = u32::try_from(payload.len())?.to_le_bytes();
        let packet = [&[one, two, three, self.sequence], payload].concat();
        self.sequence = self.sequence.wrapping_add(1);
        self.stream.write_all(&packet).await?;
        Ok(self.stream.flush().await?)
    }
}

/// The next column of a row; none of ours is longer than 250 bytes.
pub fn text(row: &mut &[u8]) -> Result<Option<String>, Error> {
    let (length, rest) = row.split_first().ok_or("a row that is too short")?;
    if *length == 0xfb {
        *row = rest;
        return Ok(None);
    }
    let (text, rest) = rest.split_at_checked(usize::from(*length)).ok_or("a row cut off")?;
    *row = rest;
    Ok(Some(String::from_utf8(text.to_vec())?))
}
