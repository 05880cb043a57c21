//! From a socket to a verified, encrypted stream.
//!
//! [`negotiate`] asks for TLS in PostgreSQL's way, [`handshake`] does it. Verification is rustls'
//! own, always on, against the given trust anchors and the endpoint's name, whatever address the
//! socket has. What runs inside the stream is `session`'s matter.

mod anchors;
mod error;
mod facts;

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
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect as _};
use tokio_postgres_rustls::MakeRustlsConnect;

pub use anchors::{AnchorError, AnchorProblem, TrustAnchors};
pub use error::{Moment, TlsError};
pub use facts::TlsFacts;

use crate::clock::Clock;
use crate::config::Host;
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

/// Asks the server for TLS and reads its one byte of answer, and no byte more: what follows
/// belongs to the handshake.
/// <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL>
///
/// # Errors
/// [`TlsError`], for any answer but `S`.
pub async fn negotiate<S>(socket: &mut S) -> Result<(), TlsError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let io = |error| error::from_io(Moment::SslRequest, error);
    socket.write_all(&SSL_REQUEST).await.map_err(io)?;
    match socket.read_u8().await.map_err(io)? {
        b'S' => Ok(()),
        b'N' => Err(TlsError::NotOffered),
        b'E' => Err(TlsError::ErrorBeforeTls),
        answer => Err(TlsError::NotPostgres { answer }),
    }
}

/// Makes the handshake with `host`.
///
/// Sessions are never resumed, so that the whole chain is verified each time.
///
/// # Errors
/// [`TlsError`], and what was seen of the server's certificate before it.
pub async fn handshake<S>(
    socket: S,
    host: &Host,
    anchors: &TrustAnchors,
    clock: &Clock,
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
    match connected {
        Ok(stream) => Ok((Encrypted(Box::new(stream)), recorder.facts())),
        Err(error) => Err((error, recorder.facts())),
    }
}

fn client_config(recorder: &Arc<Recorder>, clock: &Clock) -> Result<ClientConfig, rustls::Error> {
    let verifier: Arc<dyn ServerCertVerifier> = Arc::<Recorder>::clone(recorder);
    let key_log: Arc<dyn KeyLog> = Arc::<Recorder>::clone(recorder);
    let mut config = ClientConfig::builder_with_details(crypto_provider(), Arc::new(clock.clone()))
        .with_protocol_versions(&[&TLS13, &TLS12])?
        // rustls' word for "a verifier of your own"; ours is rustls' own with a notebook.
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
