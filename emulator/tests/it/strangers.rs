//! Random bytes at every point where a client speaks: no other client notices.

use std::process::Stdio;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use rds_proxy_emulator::{Emulator, Engine, Options, PasswordUser, start};
use testkit::postgres::SSL_REQUEST;
use testkit::process::status_kib;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::mysql;
use crate::support::binary::{binary, ready, value};
use crate::support::mysql::{Login, encrypted, framed, response};
use crate::support::{connect, encrypt, message, startup, tls, token, trusting, variable};

/// How far a stranger behaves before it sends its bytes.
#[derive(Clone, Copy, Debug)]
enum Point {
    Opening,
    Handshake,
    Startup,
    Token,
    Password,
}

async fn send_and_leave<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, bytes: &[u8]) -> usize {
    // The emulator may be gone before all is said, and may say nothing: that is its right.
    drop(stream.write_all(bytes).await);
    drop(stream.shutdown().await);
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer).await);
    answer.len()
}

async fn visit(engine: Engine, emulator: &Emulator, point: Point, bytes: &[u8]) -> usize {
    let user = match point {
        Point::Opening | Point::Handshake => {
            let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
            if matches!(point, Point::Handshake) {
                let request = match engine {
                    Engine::PostgreSql => SSL_REQUEST.to_vec(),
                    Engine::MySql => framed(1, &response(&Login::new("", ""), b"")[..32]),
                };
                tcp.write_all(&request).await.unwrap();
            }
            return send_and_leave(tcp, bytes).await;
        }
        Point::Startup => None,
        Point::Token => Some("app"),
        Point::Password => Some("by_password"),
    };
    let mut stream = match engine {
        Engine::PostgreSql => {
            tls(emulator, emulator.address(), &variable(emulator, "DB_HOST")).await
        }
        Engine::MySql => encrypted(emulator).await.0,
    };
    if let Some(user) = user {
        let login = match engine {
            Engine::PostgreSql => startup(0x0003_0000, &["user", user]),
            Engine::MySql => framed(2, &response(&Login::new(user, ""), b"")),
        };
        stream.write_all(&login).await.unwrap();
    }
    send_and_leave(stream, bytes).await
}

/// Bytes of no sense, or of enough sense to be read on: a message or packet with a right length.
fn bytes(engine: Engine) -> BoxedStrategy<Vec<u8>> {
    let noise = prop::collection::vec(any::<u8>(), 0..200);
    match engine {
        Engine::PostgreSql => messages().boxed(),
        Engine::MySql => {
            let packet = (select(vec![0, 1, 2, 3, 4, 5]), noise.clone());
            let packet = packet.prop_map(|(sequence, payload)| framed(sequence, &payload));
            prop_oneof![1 => noise, 2 => packet].boxed()
        }
    }
}

fn messages() -> impl Strategy<Value = Vec<u8>> {
    let framed = |tag: Option<u8>| {
        prop::collection::vec(any::<u8>(), 0..200).prop_map(move |body| {
            let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
            tag.into_iter().chain(length).chain(body).collect()
        })
    };
    prop_oneof![prop::collection::vec(any::<u8>(), 0..200), framed(None), framed(Some(b'p'))]
}

#[test]
fn whatever_strangers_send_the_next_client_is_served() {
    strangers_come(Engine::PostgreSql);
}

#[test]
fn whatever_strangers_send_the_next_client_of_mysql_is_served() {
    strangers_come(Engine::MySql);
}

fn strangers_come(engine: Engine) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.unwrap();
    let password_users = vec![PasswordUser::new("by_password", "x")];
    let backend = rds_proxy_emulator::Backend::Absent;
    let options = Options { engine, backend, password_users, ..Options::default() };
    let emulator = runtime.block_on(start(options)).unwrap();
    let points =
        [Point::Opening, Point::Handshake, Point::Startup, Point::Token, Point::Password].to_vec();
    let outcome = TestRunner::default().run(&(select(points), bytes(engine)), |(point, bytes)| {
        let said = runtime.block_on(visit(engine, &emulator, point, &bytes));
        prop_assert!(said < 1000, "{said} bytes of answer");
        Ok(())
    });
    outcome.unwrap();
    runtime.block_on(async {
        match engine {
            Engine::PostgreSql => {
                let token = token(&emulator, "app");
                drop(connect(&emulator, "app", &token, "postgres").await.expect("a session"));
            }
            Engine::MySql => drop(mysql::session(&emulator).await),
        }
    });
}

#[tokio::test]
async fn the_binary_keeps_no_password_of_anybodys() {
    /// Enough to tell what is kept from what an allocator has at hand.
    const STRANGERS: u64 = 300;

    let backend = ["--backend", "postgres://127.0.0.1:1"];
    let (child, lines) = ready(binary().args(backend).stderr(Stdio::null())).await;
    let ca_pem = std::fs::read_to_string(value(&lines, "DB_CA_FILE")).unwrap();
    let config = trusting(&ca_pem, rustls::ALL_VERSIONS);
    let long = [&b"p\0\x01\0\0"[..], "x".repeat(0xffff - 4).as_bytes(), b"\0"].concat();
    let send_passwords = async || {
        for _ in 0..STRANGERS {
            let tcp = TcpStream::connect(value(&lines, "DB_CONNECT_TO")).await.unwrap();
            let mut tls = encrypt(tcp, value(&lines, "DB_HOST"), Arc::clone(&config)).await;
            tls.write_all(&startup(0x0003_0000, &["user", "app"])).await.unwrap();
            assert_eq!(message(&mut tls).await.0, b'R');
            tls.write_all(&long).await.unwrap();
            assert_eq!(message(&mut tls).await.0, b'E', "it is refused");
        }
    };
    send_passwords().await;
    let resident_kib = || status_kib(child.id().unwrap(), "VmRSS").unwrap();
    let before = resident_kib();
    send_passwords().await;
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < STRANGERS * 64 / 4, "{grown} KiB more after {STRANGERS} passwords");
}
