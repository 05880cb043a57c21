//! MySQL's packets, for scripts of servers.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The nonce of every greeting and switch here.
pub const NONCE: &[u8; 20] = b"0123456789abcdefghij";

/// What a server can do: all that MySQL 8.0 and RDS Proxy have, TLS among it.
pub const CAPABILITIES: u32 = 0xdfff_f7ff & !COMPRESS | SSL;
/// TLS.
pub const SSL: u32 = 1 << 11;
const COMPRESS: u32 = 1 << 5;

/// A packet with its header.
pub fn packet(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
    [&length[..3], &[sequence], payload].concat()
}

/// A greeting with these capabilities, whose nonce is for this plugin.
pub fn greeting_with(capabilities: u32, plugin: &str) -> Vec<u8> {
    let [low0, low1, high0, high1] = capabilities.to_le_bytes();
    [
        &b"\x0a8.0.28\0"[..],
        &7_u32.to_le_bytes(),
        &NONCE[..8],
        &[0, low0, low1, 255, 2, 0, high0, high1, 21],
        &[0; 10],
        &NONCE[8..],
        b"\0",
        plugin.as_bytes(),
        b"\0",
    ]
    .concat()
}

/// A greeting of a server that offers TLS.
pub fn greeting(plugin: &str) -> Vec<u8> {
    greeting_with(CAPABILITIES, plugin)
}

/// An error, with or without an SQLSTATE.
pub fn error(number: u16, sqlstate: Option<&str>, text: &str) -> Vec<u8> {
    let sqlstate = sqlstate.map(|it| format!("#{it}")).unwrap_or_default();
    [&[0xff][..], &number.to_le_bytes(), sqlstate.as_bytes(), text.as_bytes()].concat()
}

/// What a server says once a client is logged in.
pub fn ok() -> Vec<u8> {
    vec![0, 0, 0, 2, 0, 0, 0]
}

/// The request for another plugin, with this much data.
pub fn switch(plugin: &str, data: &[u8]) -> Vec<u8> {
    [&[0xfe][..], plugin.as_bytes(), b"\0", data].concat()
}

/// The request for the token or password itself, as Aurora sends it: without data.
pub fn ask_for_password() -> Vec<u8> {
    switch("mysql_clear_password", b"")
}

/// A text with its length before it.
fn counted(text: &[u8]) -> Vec<u8> {
    match u8::try_from(text.len()) {
        Ok(length @ ..=250) => [&[length], text].concat(),
        _ => [&[0xfc], &u16::try_from(text.len()).unwrap().to_le_bytes()[..], text].concat(),
    }
}

/// An answer of one row, packet by packet; `None` is `NULL`.
pub fn row(values: &[Option<&[u8]>]) -> Vec<Vec<u8>> {
    const END: &[u8] = b"\xfe\0\0\x02\0";
    let column = b"\x03def\0\0\0\x01c\0\x0c\x2d\0\xff\0\0\0\xfd\0\0\0\0\0".to_vec();
    let text = values.iter().flat_map(|value| match value {
        Some(value) => counted(value),
        None => vec![0xfb],
    });
    let mut packets = vec![vec![u8::try_from(values.len()).unwrap()]];
    packets.extend(values.iter().map(|_| column.clone()));
    packets.extend([END.to_vec(), text.collect(), END.to_vec()]);
    packets
}

/// The server's side of a conversation, which numbers its packets.
#[derive(Debug)]
pub struct Conversation<S> {
    /// The stream.
    pub stream: S,
    /// The number of the next packet.
    pub sequence: u8,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    /// One whose next packet has this number.
    pub fn new(stream: S, sequence: u8) -> Self {
        Self { stream, sequence }
    }

    /// The client's next packet, which may begin another conversation; `None` at the end.
    pub async fn receive(&mut self) -> Option<Vec<u8>> {
        let [l0, l1, l2, sequence] = self.stream.read_u32().await.ok()?.to_be_bytes();
        let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, 0])).unwrap();
        let mut payload = vec![0; length];
        self.stream.read_exact(&mut payload).await.ok()?;
        self.sequence = sequence.wrapping_add(1);
        Some(payload)
    }

    /// Sends one packet; a client that is gone does not get it.
    pub async fn send(&mut self, payload: &[u8]) {
        self.send_all(&[payload]).await;
    }

    /// Sends several packets in one piece.
    pub async fn send_all(&mut self, payloads: &[impl AsRef<[u8]>]) {
        let mut bytes = Vec::new();
        for payload in payloads {
            bytes.extend(packet(self.sequence, payload.as_ref()));
            self.sequence = self.sequence.wrapping_add(1);
        }
        drop(self.stream.write_all(&bytes).await);
        drop(self.stream.flush().await);
    }
}
