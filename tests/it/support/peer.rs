//! Peers that are not what they should be, on the test's own runtime.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ALL_VERSIONS, ServerConfig, SupportedProtocolVersion};
use tokio_rustls::server::TlsStream;

/// Where a test listens unless it has a network of its own.
const ANYWHERE: &str = "127.0.0.1:0";

/// A listener that treats every connection alike; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    _accepting: JoinSet<()>,
}

impl Peer {
    pub(crate) async fn start<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start_at(ANYWHERE, serve).await
    }

    pub(crate) async fn start_at<F>(
        address: &str,
        serve: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // Else small answers wait 40 ms for an acknowledgement that the kernel delays.
                stream.set_nodelay(true).unwrap();
                connections.spawn(serve(stream));
            }
        });
        Self { address, _accepting: accepting }
    }
}

/// Reads the eight bytes of `SSLRequest`.
pub(crate) async fn ssl_request(stream: &mut TcpStream) {
    let mut request = [0; 8];
    stream.read_exact(&mut request).await.unwrap();
    assert_eq!(request, [0, 0, 0, 8, 4, 210, 22, 47]);
}

/// Waits until the other side is gone.
pub(crate) async fn wait_for_end(stream: &mut (impl tokio::io::AsyncRead + Unpin)) {
    let mut rest = [0; 1024];
    while matches!(stream.read(&mut rest).await, Ok(1..)) {}
}

/// A certificate authority and a server certificate that it issued.
pub(crate) struct Issued {
    pub(crate) ca_pem: String,
    config: Arc<ServerConfig>,
}

impl Issued {
    /// A leaf for the name that [`super::Vars::to`] connects to, changed by `change`.
    pub(crate) fn new(change: impl FnOnce(&mut rcgen::CertificateParams)) -> Self {
        let versions = ALL_VERSIONS;
        Self::with_versions(versions, change)
    }

    pub(crate) fn with_versions(
        versions: &[&'static SupportedProtocolVersion],
        change: impl FnOnce(&mut rcgen::CertificateParams),
    ) -> Self {
        let ca_key = rcgen::KeyPair::generate().unwrap();
        let mut ca = rcgen::CertificateParams::new(vec![]).unwrap();
        ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        ca.distinguished_name.push(rcgen::DnType::CommonName, "Test CA");
        let issuer = rcgen::Issuer::from_params(&ca, &ca_key);
        let name = "*.proxy-abc.eu-west-1.rds.amazonaws.com".to_owned();
        let mut leaf = rcgen::CertificateParams::new(vec![name]).unwrap();
        change(&mut leaf);
        let leaf_key = rcgen::KeyPair::generate().unwrap();
        let leaf = leaf.signed_by(&leaf_key, &issuer).unwrap();
        let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.into()], leaf_key.into())
            .unwrap();
        Self { ca_pem, config: Arc::new(config) }
    }

    /// The same, for clients of this application protocol alone.
    pub(crate) fn speaking(mut self, protocol: &[u8]) -> Self {
        Arc::make_mut(&mut self.config).alpn_protocols = vec![protocol.to_vec()];
        self
    }

    /// What ends TLS with this certificate.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// A peer that agrees to TLS with this certificate, reads the startup message, and goes on.
    pub(crate) async fn peer<F>(
        &self,
        login: impl Fn(TlsStream<TcpStream>) -> F + Clone + Send + Sync + 'static,
    ) -> Peer
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.peer_at(ANYWHERE, login).await
    }

    pub(crate) async fn peer_at<F>(
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
                // A client that refuses the certificate ends the handshake.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let length = stream.read_u32().await.unwrap();
                let mut startup = vec![0; usize::try_from(length).unwrap() - 4];
                stream.read_exact(&mut startup).await.unwrap();
                login(stream).await;
            }
        })
        .await
    }
}

/// One message of the server's: type, length, body.
pub(crate) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[kind][..], &length, body].concat()
}

/// An `ErrorResponse` with severity, SQLSTATE and text.
pub(crate) fn error_response(sqlstate: &str, text: &str) -> Vec<u8> {
    message(b'E', format!("SFATAL\0VFATAL\0C{sqlstate}\0M{text}\0\0").as_bytes())
}

/// What a server says once a client is signed in.
pub(crate) fn ready() -> Vec<u8> {
    [message(b'R', &0_i32.to_be_bytes()), message(b'Z', b"I")].concat()
}

/// The request for a password in clear.
pub(crate) fn ask_for_password() -> Vec<u8> {
    message(b'R', &3_i32.to_be_bytes())
}

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

/// One message of a client that has signed in or is about to: type and body; `None` at the end.
pub(crate) async fn client_message(
    stream: &mut (impl tokio::io::AsyncRead + Unpin),
) -> Option<(u8, Vec<u8>)> {
    let kind = stream.read_u8().await.ok()?;
    let length = usize::try_from(stream.read_u32().await.ok()?).unwrap();
    let mut body = vec![0; length - 4];
    stream.read_exact(&mut body).await.ok()?;
    Some((kind, body))
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

/// Asks for the cleartext password, which it returns, and accepts the login.
pub(crate) async fn log_in(stream: &mut TlsStream<TcpStream>) -> String {
    stream.write_all(&ask_for_password()).await.unwrap();
    let (_, password) = client_message(stream).await.unwrap();
    stream.write_all(&ready()).await.unwrap();
    String::from_utf8(password).unwrap().trim_end_matches('\0').to_owned()
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
