//! A database of either engine, up to the TLS handshake; what it does then is the test's choice, in
//! words that both engines have.

use testkit::mysql::{Conversation, error as mysql_error, greeting, ok, switch};
use testkit::peer::{ANYWHERE, Peer, wait_for_end};
use testkit::postgres::{
    ask_for_password, error_response, message, read_message, ready, ssl_request,
};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::mysql::{self, Encrypted};
use super::peer::{self, Issued};
use super::{Engine, Vars};

/// What a server refuses with, in the words of each engine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    pub(crate) sqlstate: &'static str,
    pub(crate) postgresql: &'static str,
    pub(crate) number: u16,
    pub(crate) mysql: &'static str,
}

/// Too many new sessions a second.
pub(crate) const RATE_EXCEEDED: Refusal = Refusal {
    sqlstate: "53300",
    postgresql: "Rate of connection to proxy exceeded 100.",
    number: 1040,
    mysql: "Connections rate limit exceeded (100)",
};

/// The texts of an answer to the question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Texts<'a> {
    pub(crate) database: &'a str,
    pub(crate) user: &'a str,
    pub(crate) version: &'a str,
}

/// A writer's.
pub(crate) const TEXTS: Texts<'_> = Texts { database: "orders", user: "app", version: "16.4" };

/// The server's side of a session, in which the client has sent its first message.
pub(crate) enum Session {
    PostgreSql(TlsStream<TcpStream>),
    MySql(Encrypted),
}

/// A database, whose sessions do this.
pub(crate) async fn database<F>(
    engine: Engine,
    issued: &Issued,
    serve: impl Fn(Session) -> F + Clone + Send + Sync + 'static,
) -> Peer
where
    F: Future<Output = ()> + Send + 'static,
{
    database_at(ANYWHERE, engine, issued, serve).await
}

/// The same at this address.
pub(crate) async fn database_at<F>(
    address: &str,
    engine: Engine,
    issued: &Issued,
    serve: impl Fn(Session) -> F + Clone + Send + Sync + 'static,
) -> Peer
where
    F: Future<Output = ()> + Send + 'static,
{
    match engine {
        Engine::PostgreSql => {
            issued.peer_at(address, move |stream| serve(Session::PostgreSql(stream))).await
        }
        Engine::MySql => {
            let serve = move |mut server: Encrypted| {
                let serve = serve.clone();
                async move {
                    if server.receive().await.is_some() {
                        serve(Session::MySql(server)).await;
                    }
                }
            };
            mysql::after_greeting_at(address, issued, serve).await
        }
    }
}

/// A server that agrees to TLS; `serve` is what comes in place of its half of the handshake.
pub(crate) async fn up_to_handshake<F>(
    engine: Engine,
    serve: impl Fn(TcpStream) -> F + Clone + Send + Sync + 'static,
) -> Peer
where
    F: Future<Output = ()> + Send + 'static,
{
    Peer::start(move |mut stream| {
        let serve = serve.clone();
        async move {
            match engine {
                Engine::PostgreSql => {
                    ssl_request(&mut stream).await;
                    stream.write_all(b"S").await.unwrap();
                    serve(stream).await;
                }
                Engine::MySql => {
                    let mut clear = Conversation::new(stream, 0);
                    clear.send(&greeting("mysql_native_password")).await;
                    clear.receive().await.expect("a request for TLS");
                    serve(clear.stream).await;
                }
            }
        }
    })
    .await
}

/// An environment that leads to it.
pub(crate) fn vars(engine: Engine, issued: &Issued, peer: &Peer) -> Vars {
    Vars::to(peer.address).of_engine(engine).with("DB_CA_FILE", issued.ca_file())
}

impl Session {
    /// Sends this, unless the client is gone.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.sends(bytes).await;
    }

    /// The same, and whether the client was there.
    pub(crate) async fn sends(&mut self, bytes: &[u8]) -> bool {
        let stream = self.stream();
        stream.write_all(bytes).await.is_ok() && stream.flush().await.is_ok()
    }

    fn stream(&mut self) -> &mut TlsStream<TcpStream> {
        match self {
            Self::PostgreSql(stream) | Self::MySql(Conversation { stream, .. }) => stream,
        }
    }

    /// Asks for the token or password itself; what the client sends.
    pub(crate) async fn password(&mut self) -> Option<String> {
        let password = match self {
            Self::PostgreSql(stream) => {
                drop(stream.write_all(&ask_for_password()).await);
                read_message(stream).await?.1
            }
            Self::MySql(server) => {
                server.send(&switch("mysql_clear_password", b"")).await;
                server.receive().await?
            }
        };
        Some(String::from_utf8(password).unwrap().trim_end_matches('\0').to_owned())
    }

    /// Accepts the login.
    pub(crate) async fn accept(&mut self) {
        match self {
            Self::PostgreSql(_) => self.send(&ready()).await,
            Self::MySql(server) => server.send(&ok()).await,
        }
    }

    /// Asks for the token, which it returns, and accepts it.
    pub(crate) async fn log_in(&mut self) -> String {
        let password = self.password().await.unwrap();
        self.accept().await;
        password
    }

    /// The nonce of the next question, read to its end; `None` when the client is gone.
    pub(crate) async fn question(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::PostgreSql(stream) => peer::question(stream).await,
            Self::MySql(server) => match server.receive().await?.as_slice() {
                [3, question @ ..] => Some(mysql::nonce(question).to_vec()),
                _ => None,
            },
        }
    }

    /// Answers a question as a writer, with this nonce.
    pub(crate) async fn answer(&mut self, nonce: &[u8]) {
        self.answer_with(TEXTS, nonce).await;
    }

    /// The same, with these texts.
    pub(crate) async fn answer_with(&mut self, texts: Texts<'_>, nonce: &[u8]) {
        let Texts { database, user, version } = texts;
        match self {
            Self::PostgreSql(_) => {
                self.send(&peer::health_row_of([database, user, version], nonce)).await;
            }
            Self::MySql(server) => {
                let values = [Some(database), Some(user), Some(version), Some("0"), Some("0")];
                server.send_all(&mysql::health_row_of(values, nonce)).await;
            }
        }
    }

    /// Refuses what the client asked for last; the text may be of the test's making.
    pub(crate) async fn refuse_with(&mut self, refusal: Refusal, text: &str) {
        match self {
            Self::PostgreSql(_) => {
                let error = error_response(refusal.sqlstate, text);
                self.send(&[error, message(b'Z', b"I")].concat()).await;
            }
            Self::MySql(server) => {
                server.send(&mysql_error(refusal.number, Some("HY000"), text)).await;
            }
        }
    }

    /// Refuses what the client asked for last.
    pub(crate) async fn refuse(&mut self, refusal: Refusal) {
        let text = match self {
            Self::PostgreSql(_) => refusal.postgresql,
            Self::MySql(_) => refusal.mysql,
        };
        self.refuse_with(refusal, text).await;
    }

    /// Whether the client takes its leave before it closes the connection.
    pub(crate) async fn hears_goodbye(&mut self) -> bool {
        match self {
            // `Terminate`: <https://www.postgresql.org/docs/current/protocol-message-formats.html>
            Self::PostgreSql(stream) => read_message(stream).await == Some((b'X', vec![])),
            // `COM_QUIT`: <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_quit.html>
            Self::MySql(server) => server.receive().await == Some(vec![1]),
        }
    }

    /// Closes the connection, once the client has heard all.
    pub(crate) async fn close(&mut self) {
        drop(self.stream().shutdown().await);
        self.wait_for_end().await;
    }

    /// Waits until the client is gone.
    pub(crate) async fn wait_for_end(&mut self) {
        wait_for_end(self.stream()).await;
    }
}
