//! Certificates that only a test trusts, and TLS with them.

use std::path::{Display, Path};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ALL_VERSIONS, ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::peer::{ANYWHERE, Peer};
use crate::postgres::{read_startup, ssl_request};

/// The name on a certificate, unless a test changes it.
const NAME: &str = "*.proxy-abc.eu-west-1.rds.amazonaws.com";

/// A certificate authority and a server certificate that it issued.
#[derive(Debug)]
pub struct Issued {
    /// The authority's certificate.
    pub ca_pem: String,
    ca_file: NamedTempFile,
    certificate_pem: String,
    key_pem: String,
    config: Arc<ServerConfig>,
}

impl Issued {
    /// A leaf for the endpoints of a proxy in `eu-west-1`, changed by `change`.
    pub fn new(change: impl FnOnce(&mut CertificateParams)) -> Self {
        Self::with_versions(ALL_VERSIONS, change)
    }

    /// The same, for servers that speak these versions of TLS alone.
    pub fn with_versions(
        versions: &[&'static SupportedProtocolVersion],
        change: impl FnOnce(&mut CertificateParams),
    ) -> Self {
        let ca_key = KeyPair::generate().unwrap();
        let mut ca = CertificateParams::new(vec![]).unwrap();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.distinguished_name.push(DnType::CommonName, "Test CA");
        let issuer = Issuer::from_params(&ca, &ca_key);
        let mut leaf = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
        change(&mut leaf);
        let leaf_key = KeyPair::generate().unwrap();
        let leaf = leaf.signed_by(&leaf_key, &issuer).unwrap();
        let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
        let (certificate_pem, key_pem) = (leaf.pem(), leaf_key.serialize_pem());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.into()], leaf_key.into())
            .unwrap();
        let ca_file = NamedTempFile::new().unwrap();
        std::fs::write(ca_file.path(), &ca_pem).unwrap();
        Self { ca_pem, ca_file, certificate_pem, key_pem, config: Arc::new(config) }
    }

    /// The same, for clients of this application protocol alone.
    #[must_use]
    pub fn speaking(mut self, protocol: &[u8]) -> Self {
        Arc::make_mut(&mut self.config).alpn_protocols = vec![protocol.to_vec()];
        self
    }

    /// The path of a file with the authority's certificate, which is there as long as this value.
    pub fn ca_file(&self) -> Display<'_> {
        self.ca_file.path().display()
    }

    /// Writes the server's certificate and its key, for a server that reads them from files.
    pub fn write_pem(&self, certificate: &Path, key: &Path) {
        std::fs::write(certificate, &self.certificate_pem).unwrap();
        std::fs::write(key, &self.key_pem).unwrap();
    }

    /// What terminates TLS with this certificate.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// A PostgreSQL that agrees to TLS with this certificate and reads the startup message; `login`
    /// is what comes then.
    pub async fn peer<F>(
        &self,
        login: impl Fn(TlsStream<TcpStream>) -> F + Clone + Send + Sync + 'static,
    ) -> Peer
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.peer_at(ANYWHERE, login).await
    }

    /// The same at this address.
    pub async fn peer_at<F>(
        &self,
        address: &str,
        login: impl Fn(TlsStream<TcpStream>) -> F + Clone + Send + Sync + 'static,
    ) -> Peer
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let acceptor = self.acceptor();
        Peer::start_at(address, move |mut stream| {
            let (acceptor, login) = (acceptor.clone(), login.clone());
            async move {
                ssl_request(&mut stream).await;
                stream.write_all(b"S").await.unwrap();
                // A client that rejects the certificate ends the handshake.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                read_startup(&mut stream).await.expect("a startup message");
                login(stream).await;
            }
        })
        .await
    }
}

/// Trusts this authority alone.
pub fn roots(ca_pem: &str) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap()).unwrap();
    roots
}

/// A client that trusts this authority alone, and speaks these versions of TLS.
pub fn client_config(ca_pem: &str, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots(ca_pem))
        .with_no_client_auth()
}
