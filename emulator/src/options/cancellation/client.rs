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

use super::mysql;
use crate::engine::Engine;

/// How many bytes are in a piece: fewer than in a message.
const PIECE: usize = 4;

/// Guards against hangs only.
const BUDGET: Duration = Duration::from_secs(10);

pub(super) struct Client {
    engine: Engine,
    tls: TlsStream<TcpStream>,
}

/// What a client says last.
pub(super) fn leave(engine: Engine) -> Vec<u8> {
    match engine {
        Engine::PostgreSql => message(b'X', b""),
        Engine::MySql => mysql::leave(),
    }
}

async fn log_in(
    mut tcp: TcpStream,
    host: &str,
    authority: &str,
) -> io::Result<TlsStream<TcpStream>> {
    tcp.write_all(&SSL_REQUEST).await?;
    tcp.read_u8().await?;
    let name = ServerName::try_from(host.to_owned()).expect("a host name");
    let config = Arc::new(client_config(authority, rustls::ALL_VERSIONS));
    let mut tls = TlsConnector::from(config).connect(name, tcp).await?;
    tls.write_all(&startup(VERSION_3_0, &["user", "app", "database", "app"])).await?;
    tls.write_all(&password("secret")).await?;
    answers(&mut tls, 1).await?;
    Ok(tls)
}

/// Reads so many answers.
async fn answers(tls: &mut TlsStream<TcpStream>, queries: usize) -> io::Result<Vec<u8>> {
    let (mut got, mut ready) = (Vec::new(), 0);
    while ready < queries {
        let found = read_message(tls).await;
        let (tag, body) = found.ok_or(io::ErrorKind::UnexpectedEof)?;
        got.extend(message(tag, &body));
        ready += usize::from(tag == b'Z');
    }
    Ok(got)
}

impl Client {
    pub(super) async fn log_in(
        engine: Engine,
        tcp: TcpStream,
        host: &str,
        authority: &str,
    ) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        let tls = match engine {
            Engine::PostgreSql => log_in(tcp, host, authority).await?,
            Engine::MySql => mysql::log_in(tcp, host, authority).await?,
        };
        Ok(Self { engine, tls })
    }

    /// Asks all this at once, and returns the answers to so many queries.
    pub(super) async fn ask(&mut self, bytes: &[u8], queries: usize) -> Vec<u8> {
        self.tls.write_all(bytes).await.expect("a session");
        let answers = timeout(BUDGET, self.answers(queries)).await;
        answers.expect("answers in time").expect("answers")
    }

    /// Says all this piece by piece; returns everything that comes until the other side ends.
    pub(super) async fn say_in_pieces(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let (mut reader, mut writer) = split(&mut self.tls);
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
        match self.engine {
            Engine::PostgreSql => answers(&mut self.tls, queries).await,
            Engine::MySql => mysql::answers(&mut self.tls, queries).await,
        }
    }
}
