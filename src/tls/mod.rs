//! From a socket to a verified, encrypted stream.
//!
//! [`negotiate`] asks for TLS in PostgreSQL's way, [`handshake`] does it. Verification is rustls'
//! own, always on, against the given trust anchors and the endpoint's name, whatever address the
//! socket has. What runs inside the stream belongs to `session`.

mod anchors;
mod error;
mod facts;
mod service;

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};

use rustls::client::Resumption;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, KeyLog};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect as _};
use tokio_postgres_rustls::MakeRustlsConnect;

pub use anchors::{AnchorError, AnchorProblem, BundledAnchors, TrustAnchors};
pub use error::{Moment, TlsError};
pub use facts::{Authority, TlsFacts};
pub use service::Service;

use crate::clock::Clock;
use crate::config::Host;
use crate::token::Secrets;
use facts::Recorder;

/// `SSLRequest`: its length, and the code 80877103.
/// <https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-SSLREQUEST>
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// An encrypted stream whose peer was verified; only [`handshake`] makes one.
pub struct Encrypted(Box<dyn Stream>);

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// rustls on `ring`: named here, never a process-wide default.
pub(crate) fn crypto_provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> =
        LazyLock::new(|| Arc::new(rustls::crypto::ring::default_provider()));
    Arc::clone(&PROVIDER)
}

/// How many bytes of an answer are looked at, to name the server that sent it.
const LOOKED_AT: usize = 256;

/// How much of such an answer is shown, in characters.
const SHOWN: usize = 80;

/// Asks the server for TLS. After its yes, one byte, the socket holds what belongs to the
/// handshake, so the answer is looked at before it is taken.
/// <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL>
///
/// # Errors
/// [`TlsError`], for any answer but `S`.
pub async fn negotiate(socket: &mut TcpStream, secrets: &Secrets) -> Result<(), TlsError> {
    let io = |error| error::from_io(Moment::SslRequest, error);
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

/// What an answer to `SSLRequest` means, and how much of it is to be taken off the socket. Each of
/// PostgreSQL's answers is also how another service's first message begins: `SSH-2.0-…` says yes.
fn judge(answer: &[u8], secrets: &Secrets) -> (usize, Result<(), TlsError>) {
    let service = Service::of(answer);
    match (answer, service) {
        ([], _) => (0, Err(TlsError::Closed(Moment::SslRequest))),
        ([b'S', ..], Service::Unknown) => (1, Ok(())),
        // Nothing follows a no.
        ([b'N'], Service::Unknown) => (1, Err(TlsError::NotOffered)),
        ([b'E', ..], Service::Unknown) => (answer.len(), Err(TlsError::ErrorBeforeTls)),
        (_, service) => {
            let answer_shown = shown(answer, secrets);
            (answer.len(), Err(TlsError::NotPostgres { service, answer: answer_shown }))
        }
    }
}

/// Bytes that a peer sent, as they may stand in a report.
fn shown(bytes: &[u8], secrets: &Secrets) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.extend(secrets.strike_out(chunk.valid()).escape_debug());
        text.push_str(&chunk.invalid().escape_ascii().to_string());
    }
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Makes the handshake with `host`.
///
/// Sessions are never resumed, so that the whole chain is verified each time.
///
/// # Errors
/// [`TlsError`], and what was seen of the server's certificates before it.
pub async fn handshake<S>(
    socket: S,
    host: &Host,
    anchors: &TrustAnchors,
    clock: &Clock,
    secrets: &Secrets,
) -> Result<(Encrypted, Option<TlsFacts>), (TlsError, Option<TlsFacts>)>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let recorder = Recorder::new(Arc::clone(&anchors.0));
    let config =
        client_config(&recorder, clock).map_err(|error| (TlsError::Handshake(error), None))?;
    let mut connector = MakeRustlsConnect::new(config);
    let connect = MakeTlsConnect::<S>::make_tls_connect(&mut connector, host.as_str());
    let connected = match connect {
        Ok(connect) => connect.connect(socket).await.map_err(error::classify),
        Err(never) => match never {},
    };
    let facts = recorder.facts().map(|facts| facts.cleaned(secrets));
    match connected {
        Ok(stream) => Ok((Encrypted(Box::new(stream)), facts)),
        Err(error) => Err((error, facts)),
    }
}

fn client_config(recorder: &Arc<Recorder>, clock: &Clock) -> Result<ClientConfig, rustls::Error> {
    let verifier: Arc<dyn ServerCertVerifier> = Arc::<Recorder>::clone(recorder);
    let key_log: Arc<dyn KeyLog> = Arc::<Recorder>::clone(recorder);
    let mut config = ClientConfig::builder_with_details(crypto_provider(), Arc::new(clock.clone()))
        .with_protocol_versions(&[&TLS13, &TLS12])?
        // What rustls calls a custom verifier: ours is rustls' own, which a recorder wraps.
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config.key_log = key_log;
    Ok(config)
}

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encrypted")
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add("0123456789abcdef0123456789abcdef");
        secrets
    }

    #[test]
    fn postgresqls_own_answers_are_taken_off_the_socket_and_no_more() {
        let judged = |answer: &[u8]| judge(answer, &secrets());
        assert!(matches!(judged(b"S"), (1, Ok(()))));
        assert!(matches!(judged(b"S\x15\x03\x03\0\x02\x02\x28"), (1, Ok(()))));
        assert!(matches!(judged(b"N"), (1, Err(TlsError::NotOffered))));
        assert!(matches!(judged(b""), (0, Err(TlsError::Closed(Moment::SslRequest)))));
        assert!(matches!(judged(b"E\0\0\0\x0aSFATAL\0"), (12, Err(TlsError::ErrorBeforeTls))));
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
            let (_, result) = judge(greeting, &secrets());
            let Err(TlsError::NotPostgres { service, .. }) = result else { panic!("{result:?}") };
            assert_eq!(service, expected, "{}", greeting.escape_ascii());
        }
    }

    #[test]
    fn what_a_peer_sent_is_shown_escaped_bounded_and_without_secrets() {
        let text = |bytes: &[u8]| shown(bytes, &secrets());
        assert_eq!(text(b"SSH-2.0-x\r\n\x1b[31m"), r"SSH-2.0-x\r\n\u{1b}[31m");
        assert_eq!(text(b"J\0\0\xff\x0a'"), r"J\0\0\xff\n\'");
        assert_eq!(text(b"-ERR 0123456789abcdef0123456789abcdef?"), "-ERR (redacted)?");
        assert_eq!(text(&[b'a'; LOOKED_AT]), format!("{}…", "a".repeat(SHOWN)));
    }
}
