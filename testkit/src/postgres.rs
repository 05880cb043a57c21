//! PostgreSQL's messages, for scripts of servers and clients.
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// A client's request for TLS.
pub const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// The version of the protocol that is in use.
pub const VERSION_3_0: u32 = 0x0003_0000;

/// Reads the eight bytes of `SSLRequest`.
pub async fn ssl_request(stream: &mut (impl AsyncRead + Unpin)) {
    let mut request = [0; 8];
    stream.read_exact(&mut request).await.unwrap();
    assert_eq!(request, SSL_REQUEST);
}

/// One message of either side's: type, length, body.
pub fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind], &*framed(body)].concat()
}

/// A client's startup message of a version, with these names and values in turn.
pub fn startup(version: u32, parameters: &[&str]) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    for text in parameters {
        body.extend(text.as_bytes());
        body.push(0);
    }
    body.push(0);
    framed(&body)
}

/// Length and body; the length counts itself.
fn framed(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&length, body].concat()
}

/// A password, or a token in its place.
pub fn password(text: &str) -> Vec<u8> {
    message(b'p', format!("{text}\0").as_bytes())
}

/// A simple query.
pub fn query(text: &str) -> Vec<u8> {
    message(b'Q', format!("{text}\0").as_bytes())
}

/// An `ErrorResponse` with severity, SQLSTATE and text.
pub fn error_response(sqlstate: &str, text: &str) -> Vec<u8> {
    message(b'E', format!("SFATAL\0VFATAL\0C{sqlstate}\0M{text}\0\0").as_bytes())
}

/// What a server says once a client is logged in.
pub fn ready() -> Vec<u8> {
    [message(b'R', &0_i32.to_be_bytes()), message(b'Z', b"I")].concat()
}

/// The request for a cleartext password.
pub fn ask_for_password() -> Vec<u8> {
    message(b'R', &3_i32.to_be_bytes())
}

/// The next message, but for a startup message: its type and body; `None` at the end.
pub async fn read_message(stream: &mut (impl AsyncRead + Unpin)) -> Option<(u8, Vec<u8>)> {
    let kind = stream.read_u8().await.ok()?;
    Some((kind, read_body(stream).await?))
}

/// A startup message without its length; `None` at the end.
pub async fn read_startup(stream: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    read_body(stream).await
}

async fn read_body(stream: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let length = usize::try_from(stream.read_u32().await.ok()?).unwrap();
    let mut body = vec![0; length - 4];
    stream.read_exact(&mut body).await.ok()?;
    Some(body)
}
