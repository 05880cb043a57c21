//! What the log says when a connection ends: nothing if that was ordinary, else which side ended it.

use rds_proxy_emulator::{Backend, Lines, Options, start};
use testkit::postgres::{query, read_startup, ready};
use testkit::process::until;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{connect, log_in, message, options, startup, tls, token, variable};

/// Leaves, and waits until the emulator has closed its side too.
async fn leave<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) {
    drop(stream.shutdown().await);
    let mut rest = Vec::new();
    drop(stream.read_to_end(&mut rest).await);
}

/// The line that comes to the log.
async fn line(log: &Lines) -> String {
    until(|| !log.read().is_empty()).await;
    log.read().pop().unwrap()
}

#[tokio::test]
async fn an_ordinary_end_is_no_line() {
    let (options, log) = options();
    let emulator = start(options).await.unwrap();
    let host = variable(&emulator, "DB_HOST");
    let dial = async || TcpStream::connect(emulator.address()).await.unwrap();
    // A health check of a load balancer's.
    leave(dial().await).await;
    // A client that wanted to see the certificate, and has not read what came after it.
    let looked = tls(&emulator, emulator.address(), &host).await;
    let (tcp, _) = looked.into_inner();
    assert_eq!(tcp.peek(&mut [0]).await.unwrap(), 1, "a session ticket");
    drop(tcp);
    // psql without a password: it asks its user for one, and connects again.
    let mut asked = tls(&emulator, emulator.address(), &host).await;
    asked.write_all(&startup(0x0003_0000, &["user", "app"])).await.unwrap();
    assert_eq!(message(&mut asked).await.0, b'R');
    leave(asked).await;
    // With Terminate, and without.
    let client = connect(&emulator, "app", &token(&emulator, "app"), "postgres").await.unwrap();
    client.ended().await.expect("a clean end");
    leave(log_in(&emulator, "postgres").await).await;
    // Without a close_notify either.
    let (mut tcp, _) = log_in(&emulator, "postgres").await.into_inner();
    tcp.shutdown().await.unwrap();
    leave(tcp).await;
    // Terminate, and gone before the database has closed its side.
    let mut hasty = log_in(&emulator, "postgres").await;
    hasty.write_all(b"X\0\0\0\x04").await.unwrap();
    leave(hasty).await;
    assert_eq!(log.read(), [""; 0]);
}

#[tokio::test]
async fn a_client_that_leaves_in_a_message_is_named() {
    let (options, log) = options();
    let emulator = start(Options { backend: Backend::Absent, ..options }).await.unwrap();
    let half = startup(0x0003_0000, &["user", "app"]);
    let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
    tcp.write_all(&half[..12]).await.unwrap();
    leave(tcp).await;
    let line = line(&log).await;
    assert!(
        line.ends_with("the client closed the connection in the middle of a message"),
        "{line}"
    );
    assert!(!line.contains("dropped"), "{line}");
}

#[tokio::test]
async fn a_client_that_is_lost_in_an_answer_is_named() {
    let (options, log) = options();
    let emulator = start(options).await.unwrap();
    let mut client = log_in(&emulator, "postgres").await;
    let long = query("SELECT repeat('x', 1000000) FROM generate_series(1, 99)");
    client.write_all(&long).await.unwrap();
    assert_eq!(message(&mut client).await.0, b'T', "the answer begins");
    let (tcp, _) = client.into_inner();
    tcp.set_zero_linger().unwrap();
    drop(tcp);
    let line = line(&log).await;
    assert!(line.contains(": the client disconnected: "), "{line}");
}

#[tokio::test]
async fn a_database_that_is_lost_is_named() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let backend: Backend = format!("postgres://127.0.0.1:{port}").parse().unwrap();
    let (options, log) = options();
    let emulator = start(Options { backend, ..options }).await.unwrap();
    let database = async {
        let (mut tcp, _) = listener.accept().await.unwrap();
        read_startup(&mut tcp).await.unwrap();
        tcp.write_all(&ready()).await.unwrap();
        // The proxy asks how many connections there are; then comes the client's query.
        assert_eq!(message(&mut tcp).await.0, b'Q');
        tcp.write_all(b"C\0\0\0\x0dSELECT 0\0Z\0\0\0\x05I").await.unwrap();
        assert_eq!(message(&mut tcp).await.0, b'Q');
        tcp.set_zero_linger().unwrap();
    };
    let client = async {
        let mut client = log_in(&emulator, "postgres").await;
        client.write_all(&query("SELECT 1")).await.unwrap();
        let mut rest = Vec::new();
        drop(client.read_to_end(&mut rest).await);
        assert_eq!(rest, b"", "it is cut off");
    };
    tokio::join!(database, client);
    let line = line(&log).await;
    assert!(line.contains(": the database disconnected: "), "{line}");
}
