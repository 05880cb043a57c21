//! From a socket to a verified, encrypted stream.
//!
//! [`Handshake`] does the handshake. Verification is rustls' own, always on, against the given trust
//! anchors and the endpoint's name, whatever address the socket has. How a server is asked for TLS,
//! and what runs inside the stream, belongs to `session`.

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
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect as _};
use tokio_postgres_rustls::MakeRustlsConnect;

pub use anchors::{AnchorError, AnchorProblem, BundledAnchors, Reading, TrustAnchors};
pub(crate) use error::from_io;
pub use error::{Moment, TlsError};
pub use facts::{Authority, TlsFacts};

use crate::clock::Clock;
use crate::config::Host;
use crate::token::Secrets;
use facts::Recorder;

/// An encrypted stream whose peer was verified; only [`Handshake::make`] makes one.
pub struct Encrypted(Box<dyn Stream>);

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// rustls with `ring`, set explicitly instead of a process-wide default.
pub(crate) fn crypto_provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> =
        LazyLock::new(|| Arc::new(rustls::crypto::ring::default_provider()));
    Arc::clone(&PROVIDER)
}

/// What a handshake needs.
#[derive(Debug)]
pub struct Handshake<'a> {
    /// The name that the certificate must be for.
    pub host: &'a Host,
    /// The trust anchors that its chain must end in.
    pub anchors: &'a TrustAnchors,
    /// The clock that its dates are checked against.
    pub clock: &'a Clock,
    /// Redacted from its texts.
    pub secrets: &'a Secrets,
}

impl Handshake<'_> {
    /// Does the handshake.
    ///
    /// Sessions are never resumed, so that the whole chain is verified each time.
    ///
    /// # Errors
    /// [`TlsError`]; beside it is what was seen of the server's certificates.
    pub async fn make<S>(&self, socket: S) -> (Result<Encrypted, TlsError>, Option<TlsFacts>)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.connect(socket, &[]).await
    }

    /// The same, for this application protocol alone.
    pub(crate) async fn make_for<S>(
        &self,
        protocol: &[u8],
        socket: S,
    ) -> (Result<Encrypted, TlsError>, Option<TlsFacts>)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.connect(socket, &[protocol]).await
    }

    async fn connect<S>(
        &self,
        socket: S,
        protocols: &[&[u8]],
    ) -> (Result<Encrypted, TlsError>, Option<TlsFacts>)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let recorder = Recorder::new(Arc::clone(&self.anchors.0));
        let mut config = match client_config(&recorder, self.clock) {
            Ok(config) => config,
            Err(error) => return (Err(TlsError::Handshake(error)), None),
        };
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let mut connector = MakeRustlsConnect::new(config);
        let connect = MakeTlsConnect::<S>::make_tls_connect(&mut connector, self.host.as_str());
        let connected = match connect {
            Ok(connect) => connect.connect(socket).await.map_err(error::classify),
            Err(never) => match never {},
        };
        let facts = recorder.facts().map(|facts| facts.cleaned(self.secrets));
        (connected.map(|stream| Encrypted(Box::new(stream))), facts)
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
