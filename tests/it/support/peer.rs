//! Servers as the function meets them: its question, and answers to it.

use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

pub(crate) use testkit::authority::Issued;
pub(crate) use testkit::peer::{Peer, wait_for_end};
pub(crate) use testkit::postgres::{
    ask_for_password, error_response, message, read_message as client_message, ready, ssl_request,
};

/// A whole and well-formed answer of a writer to the health query, with this nonce.
pub(crate) fn health_row(nonce: &[u8]) -> Vec<u8> {
    health_row_of(["postgres", "app", "16.4"], nonce)
}

/// The same, of a server with this database, user and version.
pub(crate) fn health_row_of(texts: [&str; 3], nonce: &[u8]) -> Vec<u8> {
    const TEXT: i32 = 25;
    const BOOL: i32 = 16;
    const TIMESTAMPTZ: i32 = 1184;
    let values: [(i32, &[u8]); 7] = [
        (TEXT, texts[0].as_bytes()),
        (TEXT, texts[1].as_bytes()),
        (TEXT, texts[2].as_bytes()),
        (BOOL, &[0]),
        (BOOL, &[0]),
        (TIMESTAMPTZ, &[0; 8]),
        (TEXT, nonce),
    ];
    let count = i16::try_from(values.len()).unwrap().to_be_bytes();
    let mut description = count.to_vec();
    let mut row = count.to_vec();
    for (oid, value) in values {
        description.extend([b"c\0\0\0\0\0\0\0".as_slice(), &oid.to_be_bytes()].concat());
        description
            .extend([&(-1_i16).to_be_bytes()[..], &(-1_i32).to_be_bytes(), &[0, 1]].concat());
        row.extend(i32::try_from(value.len()).unwrap().to_be_bytes());
        row.extend(value);
    }
    [
        message(b'1', b""),
        message(b'2', b""),
        message(b'T', &description),
        message(b'D', &row),
        message(b'C', b"SELECT 1\0"),
        message(b'Z', b"I"),
    ]
    .concat()
}

/// The one parameter of a `Bind` message.
/// <https://www.postgresql.org/docs/current/protocol-message-formats.html>
pub(crate) fn parameter(bind: &[u8]) -> &[u8] {
    let after_name = |bytes: &[u8]| 1 + bytes.iter().position(|byte| *byte == 0).unwrap();
    let rest = &bind[after_name(bind)..];
    let rest = &rest[after_name(rest)..];
    let formats = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
    let rest = &rest[2 + 2 * formats..];
    assert_eq!(rest[..2], [0, 1], "one parameter");
    let length = usize::try_from(u32::from_be_bytes(rest[2..6].try_into().unwrap())).unwrap();
    &rest[6..6 + length]
}

/// The nonce of the next question, read to its end; `None` when the client is gone.
pub(crate) async fn question(stream: &mut TlsStream<TcpStream>) -> Option<Vec<u8>> {
    let mut nonce = Vec::new();
    loop {
        match client_message(stream).await? {
            (b'B', bind) => nonce = parameter(&bind).to_vec(),
            (b'S', _) => return Some(nonce),
            _ => {}
        }
    }
}
