//! A MySQL as the function meets it: it plays its part up to a point, where a test says what it
//! says.

use std::path::Path;

use testkit::mysql::{Conversation, ask_for_password, greeting, ok, row};
use testkit::peer::{ANYWHERE, Peer, wait_for_end};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::server::TlsStream;

use super::peer::Issued;
use super::{Engine, Vars};

/// A conversation inside TLS.
pub(crate) type Encrypted = Conversation<TlsStream<TcpStream>>;

/// Where the server says what the test gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// In place of its greeting.
    Greeting,
    /// In place of its half of the handshake.
    Handshake,
    /// In place of asking for the token.
    Response,
    /// In place of accepting the token.
    Token,
    /// In place of the answer to the question.
    Question,
    /// Nowhere: all goes well.
    Nowhere,
}

/// What a server says at the point.
#[derive(Clone, Debug)]
pub(crate) enum Speech {
    /// Packets, as they are numbered where they are due.
    Packets(Vec<Vec<u8>>),
    /// Any bytes.
    Bytes(Vec<u8>),
}

/// What it does then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// It goes on as if it had said the usual.
    GoesOn,
    /// It closes the connection.
    Closes,
    /// It says nothing more.
    Waits,
}

/// What a server does.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) point: Point,
    pub(crate) speech: Speech,
    pub(crate) then: Then,
}

impl Script {
    /// A server that has these packets for the point, and then closes the connection.
    pub(crate) fn says(point: Point, packets: &[Vec<u8>]) -> Self {
        Self { point, speech: Speech::Packets(packets.to_vec()), then: Then::Closes }
    }

    /// A server that says nothing at the point, and then does this.
    pub(crate) fn silent(point: Point, then: Then) -> Self {
        Self { point, speech: Speech::Packets(vec![]), then }
    }

    /// A server that does everything right.
    pub(crate) fn healthy() -> Self {
        Self::silent(Point::Nowhere, Then::GoesOn)
    }
}

/// A server that keeps to a script.
pub(crate) async fn server(issued: &Issued, script: Script) -> Peer {
    server_of(issued, move || script.clone()).await
}

/// The same, with a script for each connection.
pub(crate) async fn server_of(
    issued: &Issued,
    script: impl Fn() -> Script + Send + Sync + 'static,
) -> Peer {
    let acceptor = issued.acceptor();
    Peer::start(move |stream| {
        let (acceptor, script) = (acceptor.clone(), script());
        async move {
            let mut clear = Conversation::new(stream, 0);
            if !said(&mut clear, Point::Greeting, &script, &[greeting("mysql_native_password")])
                .await
            {
                return;
            }
            // A client that only looks says nothing, or something else.
            let Some(request) = clear.receive().await else { return };
            if request.len() != 32 {
                return;
            }
            if !said(&mut clear, Point::Handshake, &script, &[]).await {
                return;
            }
            let Ok(stream) = acceptor.accept(clear.stream).await else { return };
            serve(Conversation::new(stream, 2), &script).await;
        }
    })
    .await
}

/// A server that greets and agrees to TLS; `serve` is what comes then.
pub(crate) async fn after_greeting<F>(
    issued: &Issued,
    serve: impl Fn(Encrypted) -> F + Clone + Send + Sync + 'static,
) -> Peer
where
    F: Future<Output = ()> + Send + 'static,
{
    after_greeting_at(ANYWHERE, issued, serve).await
}

/// The same at this address.
pub(crate) async fn after_greeting_at<F>(
    address: &str,
    issued: &Issued,
    serve: impl Fn(Encrypted) -> F + Clone + Send + Sync + 'static,
) -> Peer
where
    F: Future<Output = ()> + Send + 'static,
{
    let acceptor = issued.acceptor();
    Peer::start_at(address, move |stream| {
        let (acceptor, serve) = (acceptor.clone(), serve.clone());
        async move {
            let mut clear = Conversation::new(stream, 0);
            clear.send(&greeting("mysql_native_password")).await;
            if clear.receive().await.is_none() {
                return;
            }
            let Ok(stream) = acceptor.accept(clear.stream).await else { return };
            serve(Conversation::new(stream, 2)).await;
        }
    })
    .await
}

/// Whether the conversation goes on after this point.
async fn said<S>(
    server: &mut Conversation<S>,
    point: Point,
    script: &Script,
    usual: &[Vec<u8>],
) -> bool
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if point != script.point {
        server.send_all(usual).await;
        return true;
    }
    match &script.speech {
        Speech::Packets(packets) => server.send_all(packets).await,
        Speech::Bytes(bytes) => {
            drop(server.stream.write_all(bytes).await);
            drop(server.stream.flush().await);
        }
    }
    match script.then {
        Then::GoesOn => true,
        Then::Closes => {
            drop(server.stream.shutdown().await);
            // Closing a socket with something unread is a reset, which can destroy what was said.
            wait_for_end(&mut server.stream).await;
            false
        }
        Then::Waits => {
            wait_for_end(&mut server.stream).await;
            false
        }
    }
}

async fn serve(mut server: Encrypted, script: &Script) {
    let asked = [ask_for_password()];
    if server.receive().await.is_none() || !said(&mut server, Point::Response, script, &asked).await
    {
        return;
    }
    // A server that accepts the login instead of asking for the token is not given any.
    if script.point != Point::Response {
        if server.receive().await.is_none() {
            return;
        }
        if !said(&mut server, Point::Token, script, &[ok()]).await {
            return;
        }
    }
    while let Some(question) = server.receive().await {
        // COM_QUIT has no more than its code.
        let [3, question @ ..] = question.as_slice() else { return };
        let usual = health_row(nonce(question));
        if !said(&mut server, Point::Question, script, &usual).await {
            return;
        }
    }
}

/// The nonce in a question.
pub(crate) fn nonce(question: &[u8]) -> &[u8] {
    question.split(|byte| *byte == b'\'').nth(1).expect("a text in quotes")
}

/// A whole and well-formed answer of a writer, with this nonce.
pub(crate) fn health_row(nonce: &[u8]) -> Vec<Vec<u8>> {
    health_row_of([Some("orders"), Some("app@%"), Some("8.0.28"), Some("0"), Some("0")], nonce)
}

/// The same, with these values of the database, the user, the version and the two variables.
pub(crate) fn health_row_of(values: [Option<&str>; 5], nonce: &[u8]) -> Vec<Vec<u8>> {
    let time = Some(&b"2026-11-26 04:43:04.125000"[..]);
    // The greeting has another number, as a proxy's has.
    let connection = Some(&b"4711"[..]);
    let values = values.map(|value| value.map(str::as_bytes)).into_iter();
    row(&values.chain([time, connection, Some(nonce)]).collect::<Vec<_>>())
}

/// Runs these statements as the superuser of an emulator's cluster.
pub(crate) async fn administer(socket: &Path, statements: &[&str]) {
    const OLD_PASSWORDS: u32 = 0x8200;
    let mut server = Conversation::new(UnixStream::connect(socket).await.unwrap(), 0);
    server.receive().await.expect("a greeting");
    let login = [&OLD_PASSWORDS.to_le_bytes()[..], &[0, 0, 0, 1, 45], &[0; 23], b"rdsadmin\0\0"];
    server.send(&login.concat()).await;
    assert_eq!(server.receive().await.expect("an answer")[0], 0, "no login");
    for statement in statements {
        server.sequence = 0;
        server.send(&[b"\x03", statement.as_bytes()].concat()).await;
        let answer = server.receive().await.expect("an answer");
        assert_eq!(answer[0], 0, "{statement}: {}", answer.escape_ascii());
    }
}

/// An environment that leads to this server.
pub(crate) fn vars(issued: &Issued, peer: &Peer) -> Vars {
    super::database::vars(Engine::MySql, issued, peer)
}
