//! Clients: bytes by hand over TCP and TLS, and tokio-postgres.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rds_proxy_emulator::Emulator;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinSet;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{token, variable};

/// A tokio-postgres session; its connection ends with it.
pub(crate) struct Client {
    pub(crate) client: tokio_postgres::Client,
    connection: JoinSet<Result<(), tokio_postgres::Error>>,
}

impl Client {
    /// The connection's own outcome, once it ends.
    pub(crate) async fn ended(mut self) -> Result<(), tokio_postgres::Error> {
        drop(self.client);
        self.connection.join_next().await.expect("a connection").expect("no panic")
    }

    /// Waits until the other side has closed the connection.
    pub(crate) async fn closed(mut self) {
        let ended = self.connection.join_next().await.expect("a connection").expect("no panic");
        assert!(ended.is_err() || self.client.is_closed());
    }

    /// The one value of a query's one row.
    pub(crate) async fn value(&self, query: &str) -> Result<String, tokio_postgres::Error> {
        Ok(self.client.query_one(query, &[]).await?.get(0))
    }
}

/// Logs in to the read/write endpoint.
pub(crate) async fn connect(
    emulator: &Emulator,
    user: &str,
    password: &str,
    database: &str,
) -> Result<Client, tokio_postgres::Error> {
    let host = variable(emulator, "DB_HOST");
    let stream = tls(emulator, emulator.address(), &host).await;
    session(stream, Config::new().user(user).password(password).dbname(database)).await
}

/// Logs in to the read/write endpoint as `app`, by hand; the session stands for itself.
pub(crate) async fn log_in(emulator: &Emulator, database: &str) -> TlsStream<TcpStream> {
    let mut tls = tls(emulator, emulator.address(), &variable(emulator, "DB_HOST")).await;
    let parameters = ["user", "app", "database", database];
    tls.write_all(&startup(0x0003_0000, &parameters)).await.expect("a startup packet");
    assert_eq!(message(&mut tls).await, (b'R', vec![0, 0, 0, 3]));
    let token = token(emulator, "app") + "\0";
    let length = u32::try_from(token.len() + 4).expect("short").to_be_bytes();
    tls.write_all(&[b"p", &length[..], token.as_bytes()].concat()).await.expect("a token");
    while message(&mut tls).await.0 != b'Z' {}
    tls
}

/// A superuser's session in the shared cluster, past the emulator.
pub(crate) async fn database(socket: PathBuf, name: &str) -> Client {
    let stream = UnixStream::connect(socket).await.expect("the cluster's socket");
    session(stream, Config::new().user("postgres").dbname(name)).await.expect("a session")
}

/// Logs in over a stream that is encrypted already, or a Unix socket.
pub(crate) async fn session<S>(
    stream: S,
    config: &mut Config,
) -> Result<Client, tokio_postgres::Error>
where
    S: AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (client, task) = config.ssl_mode(SslMode::Disable).connect_raw(stream, NoTls).await?;
    let mut connection = JoinSet::new();
    connection.spawn(task);
    Ok(Client { client, connection })
}

/// Trusts the emulator's authority alone.
pub(crate) fn tls_config(
    emulator: &Emulator,
    versions: &[&'static SupportedProtocolVersion],
) -> Arc<ClientConfig> {
    trusting(emulator.ca_pem(), versions)
}

/// Trusts this authority alone.
pub(crate) fn trusting(
    ca_pem: &str,
    versions: &[&'static SupportedProtocolVersion],
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(ca_pem.as_bytes()).expect("PEM");
    roots.add(root).expect("a trust anchor");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// A socket on which TLS has been asked for and made.
pub(crate) async fn tls(
    emulator: &Emulator,
    address: SocketAddr,
    host: &str,
) -> TlsStream<TcpStream> {
    let tcp = TcpStream::connect(address).await.expect("a socket");
    encrypt(tcp, host, tls_config(emulator, rustls::ALL_VERSIONS)).await
}

/// Asks for TLS on a socket, and makes it.
pub(crate) async fn encrypt(
    mut tcp: TcpStream,
    host: &str,
    config: Arc<ClientConfig>,
) -> TlsStream<TcpStream> {
    tcp.write_all(&[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]).await.expect("SSLRequest");
    assert_eq!(tcp.read_u8().await.expect("an answer"), b'S');
    let name = ServerName::try_from(host.to_owned()).expect("a host name");
    TlsConnector::from(config).connect(name, tcp).await.expect("TLS")
}

/// A startup packet of a protocol version with these name and value pairs.
pub(crate) fn startup(version: u32, parameters: &[&str]) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    for text in parameters {
        body.extend(text.as_bytes());
        body.push(0);
    }
    body.push(0);
    let length = u32::try_from(body.len() + 4).expect("short").to_be_bytes();
    [&length[..], &body].concat()
}

/// The next message: its tag and body.
pub(crate) async fn message<R: AsyncRead + Unpin>(reader: &mut R) -> (u8, Vec<u8>) {
    let tag = reader.read_u8().await.expect("a tag");
    let length = reader.read_u32().await.expect("a length");
    let mut body = vec![0; usize::try_from(length).expect("a size") - 4];
    reader.read_exact(&mut body).await.expect("a body");
    (tag, body)
}

/// An error that ends the connection, as `SEVERITY SQLSTATE text`. It must have the
/// fields S, V, C and M, and no other.
pub(crate) async fn refusal<R: AsyncRead + Unpin>(reader: &mut R) -> String {
    let (tag, body) = message(reader).await;
    assert_eq!(tag, b'E', "{}", String::from_utf8_lossy(&body));
    let fields: Vec<String> = body
        .split(|byte| *byte == 0)
        .map(|field| String::from_utf8(field.to_owned()).expect("UTF-8"))
        .collect();
    let [severity, again, code, text, end, _] = &fields[..] else { panic!("{fields:?}") };
    assert_eq!(severity.strip_prefix('S'), again.strip_prefix('V'));
    assert_eq!(end, "");
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).await.expect("a clean end");
    assert_eq!(rest, b"");
    let strip = |text: &str, field| text.strip_prefix(field).expect("a field").to_owned();
    format!("{} {} {}", strip(severity, 'S'), strip(code, 'C'), strip(text, 'M'))
}
