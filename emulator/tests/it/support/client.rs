//! Clients: bytes by hand over TCP and TLS, and tokio-postgres.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rds_proxy_emulator::Emulator;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, SupportedProtocolVersion};
use testkit::authority::client_config;
use testkit::postgres::{SSL_REQUEST, password, read_message};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinSet;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{token, variable};

pub(crate) use testkit::postgres::startup;

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
    tls.write_all(&password(&token(emulator, "app"))).await.expect("a token");
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
    Arc::new(client_config(ca_pem, versions))
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
    tcp.write_all(&SSL_REQUEST).await.expect("SSLRequest");
    assert_eq!(tcp.read_u8().await.expect("an answer"), b'S');
    let name = ServerName::try_from(host.to_owned()).expect("a host name");
    TlsConnector::from(config).connect(name, tcp).await.expect("TLS")
}

/// The next message: its tag and body.
pub(crate) async fn message<R: AsyncRead + Unpin>(reader: &mut R) -> (u8, Vec<u8>) {
    read_message(reader).await.expect("a message")
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
