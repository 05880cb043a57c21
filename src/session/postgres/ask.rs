//! Asks a server for TLS with `SSLRequest`, and finds out what it is if it does not answer as
//! PostgreSQL does.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::config::Engine;
use crate::peer::Service;
use crate::session::EncryptError;
use crate::tls::{Moment, TlsError, from_io};
use crate::token::Secrets;

/// `SSLRequest`: its length, and the code 80877103.
/// <https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-SSLREQUEST>
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// How many bytes of an answer are looked at, to name the server that sent it.
const LOOKED_AT: usize = 256;

/// Asks the server for TLS; ready for the handshake if it says yes.
///
/// After a yes, which is one byte, the socket has the handshake's bytes, so the answer is peeked at
/// before it is read.
/// <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL>
///
/// # Errors
/// [`EncryptError`].
pub(in crate::session) async fn ask_for_tls(
    socket: &mut TcpStream,
    secrets: &Secrets,
) -> Result<(), EncryptError> {
    let io = |error| EncryptError::Tls(from_io(Moment::BeforeTls, error));
    socket.write_all(&SSL_REQUEST).await.map_err(io)?;
    let mut arrived = [0; LOOKED_AT];
    let length = socket.peek(&mut arrived).await.map_err(io)?;
    let answer = arrived.get_mut(..length).unwrap_or_default();
    let (taken, result) = judge(answer, secrets);
    // They are there, so this waits for nothing.
    if let Some(taken) = answer.get_mut(..taken) {
        socket.read_exact(taken).await.map_err(io)?;
    }
    result
}

/// What an answer to `SSLRequest` means, and how much of it to read. Each of PostgreSQL's answers is
/// also the beginning of another service's first message: `SSH-2.0-…` says yes.
fn judge(answer: &[u8], secrets: &Secrets) -> (usize, Result<(), EncryptError>) {
    let service = Service::of(answer);
    match (answer, service) {
        ([], _) => (0, Err(TlsError::Closed(Moment::BeforeTls).into())),
        ([b'S', ..], Service::Unknown) => (1, Ok(())),
        // Nothing follows a no.
        ([b'N'], Service::Unknown) => (1, Err(TlsError::NotOffered.into())),
        ([b'E', ..], Service::Unknown) => (answer.len(), Err(TlsError::ErrorBeforeTls.into())),
        (_, service) => {
            let shown = secrets.show(answer);
            (
                answer.len(),
                Err(EncryptError::NotThisEngine {
                    expected: Engine::PostgreSql,
                    service,
                    answer: shown,
                }),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgresqls_own_answers_are_taken_off_the_socket_and_no_more() {
        let judged = |answer: &[u8]| judge(answer, &Secrets::default());
        assert!(matches!(judged(b"S"), (1, Ok(()))));
        assert!(matches!(judged(b"S\x15\x03\x03\0\x02\x02\x28"), (1, Ok(()))));
        let refused = |answer: &[u8]| match judged(answer) {
            (taken, Err(EncryptError::Tls(error))) => (taken, error),
            other => panic!("{other:?}"),
        };
        assert!(matches!(refused(b"N"), (1, TlsError::NotOffered)));
        assert!(matches!(refused(b""), (0, TlsError::Closed(Moment::BeforeTls))));
        assert!(matches!(refused(b"E\0\0\0\x0aSFATAL\0"), (12, TlsError::ErrorBeforeTls)));
    }

    #[test]
    fn a_greeting_that_begins_like_an_answer_of_postgresqls_is_none() {
        for (greeting, expected) in [
            (&b"SSH-2.0-OpenSSH_9.6\r\n"[..], Service::Ssh),
            (b"Exceeded MaxStartups\r\n", Service::Ssh),
            (b"S\0\0\0\x0a8.0.36\0", Service::Mysql),
            (b"N\0\0\0\x0a8.0.36\0", Service::Mysql),
            (b"E\0\0\0\x0a8.0.36\0", Service::Mysql),
            (b"NOTICE AUTH :*** Looking up your hostname\r\n", Service::Unknown),
        ] {
            let (_, result) = judge(greeting, &Secrets::default());
            let Err(EncryptError::NotThisEngine { service, .. }) = result else {
                panic!("{result:?}")
            };
            assert_eq!(service, expected, "{}", greeting.escape_ascii());
        }
    }
}
