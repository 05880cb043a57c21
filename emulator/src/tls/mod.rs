//! TLS towards the client, and the emulator's own certificate authority.
//!
//! Owns the server's TLS settings; `authority` makes the certificates. Knows no PostgreSQL: the
//! `SSLRequest` that leads here is `conversation`'s.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.howitworks.html>

mod authority;
mod flaw;

use std::fmt;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use tokio_rustls::TlsAcceptor;

pub use authority::Authority;
pub(crate) use authority::{Chain, is_root_of_an_emulator};
pub(crate) use flaw::Flaw;

/// Why certificates or TLS settings could not be made.
#[derive(Debug)]
pub enum TlsError {
    /// A certificate could not be made, for instance for a host that is no DNS name.
    Certificate(rcgen::Error),
    /// The TLS library refuses the settings.
    Settings(rustls::Error),
}

impl From<rcgen::Error> for TlsError {
    fn from(error: rcgen::Error) -> Self {
        Self::Certificate(error)
    }
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        Self::Settings(error)
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(error) => write!(f, "cannot make a certificate: {error}"),
            Self::Settings(error) => write!(f, "cannot set up TLS: {error}"),
        }
    }
}

impl std::error::Error for TlsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Certificate(error) => Some(error),
            Self::Settings(error) => Some(error),
        }
    }
}

/// An acceptor that presents this chain, for TLS 1.2 and 1.3.
pub(crate) fn acceptor(chain: Chain) -> Result<TlsAcceptor, TlsError> {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_single_cert(chain.certificates, chain.key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
