//! A client over TLS, which says what it is given.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use testkit::authority::client_config;
use testkit::postgres::{SSL_REQUEST, VERSION_3_0, message, password, read_message, startup};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, split};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How many bytes are in a piece: fewer than in a message.
const PIECE: usize = 4;

/// Guards against hangs only.
const BUDGET: Duration = Duration::from_secs(10);

pub(super) struct Client(TlsStream<TcpStream>);

/// What a client says last.
pub(super) fn leave() -> Vec<u8> {
    message(b'X', b"")
}

impl Client {
    pub(super) async fn log_in(
        mut tcp: TcpStream,
        host: &str,
        authority: &str,
    ) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        tcp.write_all(&SSL_REQUEST).await?;
        tcp.read_u8().await?;
        let name = ServerName::try_from(host.to_owned()).expect("a host name");
        let config = Arc::new(client_config(authority, rustls::ALL_VERSIONS));
        let mut tls = TlsConnector::from(config).connect(name, tcp).await?;
        tls.write_all(&startup(VERSION_3_0, &["user", "app", "database", "app"])).await?;
        tls.write_all(&password("secret")).await?;
        let mut client = Self(tls);
        client.answers(1).await?;
        Ok(client)
    }

    /// Asks all this at once, and returns the answers up to the `ReadyForQuery` of this number.
    pub(super) async fn ask(&mut self, bytes: &[u8], queries: usize) -> Vec<u8> {
        self.0.write_all(bytes).await.expect("a session");
        let answers = timeout(BUDGET, self.answers(queries)).await;
        answers.expect("answers in time").expect("answers")
    }

    /// Says all this piece by piece; returns everything that comes until the other side ends.
    pub(super) async fn say_in_pieces(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let (mut reader, mut writer) = split(&mut self.0);
        let mut got = Vec::new();
        let say = async {
            for piece in bytes.chunks(PIECE) {
                writer.write_all(piece).await?;
                writer.flush().await?;
                yield_now().await;
            }
            Ok(())
        };
        tokio::try_join!(say, reader.read_to_end(&mut got))?;
        Ok(got)
    }

    async fn answers(&mut self, queries: usize) -> io::Result<Vec<u8>> {
        let (mut got, mut ready) = (Vec::new(), 0);
        while ready < queries {
            let found = read_message(&mut self.0).await;
            let (tag, body) = found.ok_or(io::ErrorKind::UnexpectedEof)?;
            got.extend(message(tag, &body));
            ready += usize::from(tag == b'Z');
        }
        Ok(got)
    }
}
