//! Connects to a server, over TCP and TLS.

use std::io;
use std::sync::{Arc, LazyLock};

use aws_smithy_runtime_api::box_error::BoxError;
use hyper::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower_service::Service as _;

use super::Heard;
use super::error::{CallError, behind, until};
use super::heard::Listening;

/// Whose certificates are trusted.
#[derive(Clone, Debug, Default)]
pub(super) enum Trust {
    /// Those that the machine's roots issued.
    #[default]
    Machine,
    /// Those that these roots issued.
    These(Arc<RootCertStore>),
}

/// The machine's root certificates, read when they are first needed. Without any, no server's
/// certificate is trusted, and the error says so.
static MACHINE: LazyLock<Arc<RootCertStore>> = LazyLock::new(|| {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    Arc::new(roots)
});

impl Trust {
    fn roots(&self) -> Arc<RootCertStore> {
        match self {
            Self::Machine => Arc::clone(&MACHINE),
            Self::These(roots) => Arc::clone(roots),
        }
    }
}

/// A TCP connection to the first of a name's addresses that accepts one.
pub(super) async fn connect(uri: &Uri, by: Option<Instant>) -> Result<TcpStream, CallError> {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    match until(by, connector.call(uri.clone())).await {
        Ok(socket) => Ok(socket.into_inner()),
        Err(cause) if is_reset(&cause) => Err(CallError::NotAnswered { heard: vec![], cause }),
        Err(cause) => Err(CallError::NotConnected(cause)),
    }
}

/// Whether the connection was accepted and then reset before it could be used: an address without
/// a server refuses it or is silent.
fn is_reset(cause: &BoxError) -> bool {
    behind(&**cause)
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::ConnectionReset)
}

/// TLS over a connection, verified for the host in the URL.
pub(super) async fn encrypt(
    socket: TcpStream,
    uri: &Uri,
    trust: &Trust,
    by: Option<Instant>,
) -> Result<TlsStream<Listening<TcpStream>>, CallError> {
    let heard = Heard::default();
    let handshake = async {
        let name = uri.host().unwrap_or_default();
        // An IPv6 address stands in brackets in a URL.
        let name = name.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(name.to_owned())?;
        let connector = TlsConnector::from(Arc::new(client_config(trust)?));
        Ok::<_, BoxError>(connector.connect(name, heard.from(socket)).await?)
    };
    until(by, handshake)
        .await
        .map_err(|cause| CallError::NotAnswered { heard: heard.bytes(), cause })
}

fn client_config(trust: &Trust) -> Result<ClientConfig, rustls::Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(trust.roots()).with_no_client_auth())
}
