//! Reads the greeting and asks for TLS, and finds out what a server is that greets in another way.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::capabilities::start;
use super::error::server_error;
use super::greeting::{Greeting, VERSION};
use super::packet::{ERR, header, packet};
use crate::config::{DbName, Engine};
use crate::peer::Service;
use crate::session::{EncryptError, OpenError};
use crate::tls::{Moment, TlsError, from_io};
use crate::token::Secrets;

/// The longest greeting: a version has 60 characters at most, a plugin's name 64.
const GREETING_LIMIT: usize = 1_024;

/// How many bytes of an answer are looked at, to name the server that sent it.
const LOOKED_AT: usize = 256;

/// Reads the greeting and asks for TLS; the handshake comes next, the server says nothing to it.
///
/// # Errors
/// [`OpenError`].
pub(in crate::session) async fn ask_for_tls(
    socket: &mut TcpStream,
    database: Option<&DbName>,
    secrets: &Secrets,
) -> Result<Greeting, OpenError> {
    let payload = first_packet(socket, secrets).await?;
    if let Some(error) = server_error(&payload, secrets) {
        return Err(OpenError::Refused(error));
    }
    let Some(greeting) = Greeting::read(&payload, secrets) else {
        return Err(not_mysql(&payload, secrets));
    };
    if !greeting.offers_tls() {
        return Err(TlsError::NotOffered.into());
    }
    // 32 bytes.
    let request = packet(1, &start(greeting.capabilities, database)).unwrap_or_default();
    socket.write_all(&request).await.map_err(io)?;
    Ok(greeting)
}

/// The payload of the first packet. No byte behind it is read: the server says nothing more before
/// TLS, so whatever else arrives breaks the handshake.
async fn first_packet(socket: &mut TcpStream, secrets: &Secrets) -> Result<Vec<u8>, OpenError> {
    // A header, and the first byte of what it announces.
    let mut start = [0; 5];
    let mut filled = 0;
    while let Some(rest) = start.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        let read = socket.read(rest).await.map_err(io)?;
        filled += read;
        let seen = start.get(..filled).unwrap_or_default();
        if read == 0 && seen.is_empty() {
            return Err(TlsError::Closed(Moment::BeforeTls).into());
        }
        if read == 0 || !may_be_mysql(seen) {
            return Err(not_mysql(&with_more(socket, seen), secrets));
        }
    }
    let [l0, l1, l2, sequence, first] = start;
    let (length, _) = header([l0, l1, l2, sequence]);
    let mut payload = vec![first; length.max(1)];
    if let Some(rest) = payload.get_mut(1..) {
        socket.read_exact(rest).await.map_err(io)?;
    }
    Ok(payload)
}

/// Whether a greeting, or an error in its place, can begin like this.
fn may_be_mysql(start: &[u8]) -> bool {
    match *start {
        [l0, l1, l2, sequence, first] => {
            let (length, sequence) = header([l0, l1, l2, sequence]);
            (1..=GREETING_LIMIT).contains(&length)
                && sequence <= 1
                && [VERSION, ERR].contains(&first)
        }
        [_, _, l2, ..] => l2 == 0,
        _ => true,
    }
}

/// What has arrived so far, and what else is there.
fn with_more(socket: &TcpStream, seen: &[u8]) -> Vec<u8> {
    let mut more = [0; LOOKED_AT];
    let length = socket.try_read(&mut more).unwrap_or_default();
    [seen, more.get(..length).unwrap_or_default()].concat()
}

fn not_mysql(answer: &[u8], secrets: &Secrets) -> OpenError {
    OpenError::Encrypt(EncryptError::NotThisEngine {
        expected: Engine::MySql,
        service: Service::of(answer),
        answer: secrets.show(answer),
    })
}

fn io(error: std::io::Error) -> OpenError {
    from_io(Moment::BeforeTls, error).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_as_another_service_is_known_from_its_first_bytes() {
        for greeting in
            [&b"J\0\0\0\x0a"[..], b"\x17\0\0\0\xff", b"\x17\0\0\x01\xff", b"J\0\0\0", b"J"]
        {
            assert!(may_be_mysql(greeting), "{}", greeting.escape_ascii());
        }
        for other in [
            &b"SSH"[..],
            b"220 ",
            b"HTTP/",
            b"-ERR ",
            b"\x15\x03\x01\0\x02",
            b"E\0\0\0\x09",
            b"J\0\0\x02\x0a",
            b"\0\0\0\0\x0a",
            b"\xff\xff\0\0\x0a",
        ] {
            assert!(!may_be_mysql(other), "{}", other.escape_ascii());
        }
    }
}
