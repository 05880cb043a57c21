//! Many clients, slow ones and broken ones.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rds_proxy_emulator::{Backend, Emulator, Engine, Options, Principal, start};
use testkit::postgres::SSL_REQUEST;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::mysql;
use crate::support::door::Visitor;
use crate::support::mysql::{Login, framed, response};
use crate::support::{by_engine, connect, emulator_of, sign, token, variable};

by_engine!(
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    two_hundred_clients_at_once_are_served
);
by_engine!(
    #[tokio::test]
    stalled_and_broken_clients_cost_only_themselves
);
by_engine!(
    #[tokio::test(start_paused = true)]
    a_client_that_does_not_log_in_is_dropped_after_a_minute
);

/// A client that is logged in.
async fn enter(emulator: &Emulator, engine: Engine) -> Visitor {
    match engine {
        Engine::PostgreSql => {
            let client = connect(emulator, "app", &token(emulator, "app"), "postgres").await;
            Visitor::PostgreSql(client.expect("a session"))
        }
        Engine::MySql => Visitor::MySql(Box::new(mysql::session(emulator).await)),
    }
}

/// The request for TLS, which is PostgreSQL's first message and MySQL's first packet.
fn request(engine: Engine) -> Vec<u8> {
    match engine {
        Engine::PostgreSql => SSL_REQUEST.to_vec(),
        Engine::MySql => framed(1, &response(&Login::new("", ""), b"")[..32]),
    }
}

async fn two_hundred_clients_at_once_are_served(engine: Engine) {
    let emulator = Arc::new(emulator_of(engine).await);
    let mut logins = JoinSet::new();
    for _ in 0..200 {
        let emulator = Arc::clone(&emulator);
        logins.spawn(async move { enter(&emulator, engine).await });
    }
    for (number, mut client) in logins.join_all().await.into_iter().enumerate() {
        assert_eq!(client.value(&format!("SELECT '{number}'")).await, number.to_string());
    }
    assert_eq!(emulator.connections_accepted(), 200);
}

async fn stalled_and_broken_clients_cost_only_themselves(engine: Engine) {
    let emulator = emulator_of(engine).await;
    let mut idle = Vec::new();
    for bytes in [&b""[..], b"\0\0", &request(engine), b"\0\0\0\x40\0\x03\0\0user"] {
        let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
        tcp.write_all(bytes).await.unwrap();
        idle.push(tcp);
    }
    for _ in 0..50 {
        let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
        let rubbish = [&request(engine)[..], b"rubbish instead of a ClientHello"].concat();
        tcp.write_all(&rubbish).await.unwrap();
    }
    assert_eq!(enter(&emulator, engine).await.value("SELECT 'served'").await, "served");
}

async fn a_client_that_does_not_log_in_is_dropped_after_a_minute(engine: Engine) {
    let options = Options { engine, backend: Backend::Absent, ..Options::default() };
    let emulator = start(options).await.unwrap();
    let begun = Instant::now();
    let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
    tcp.write_all(&request(engine)).await.unwrap();
    let mut answer = Vec::new();
    tcp.read_to_end(&mut answer).await.unwrap();
    // Of MySQL's, the greeting is all.
    assert!(answer == b"S" || engine == Engine::MySql && answer[4] == 10, "{answer:?}");
    assert_eq!(begun.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_login_works_under_a_paused_clock_and_one_that_is_handed_in() {
    let an_hour_ago = SystemTime::now() - Duration::from_hours(1);
    let clock = Arc::new(move || an_hour_ago);
    let backend = Backend::Absent;
    let emulator = start(Options { backend, clock, ..Options::default() }).await.unwrap();
    let host = variable(&emulator, "DB_HOST");
    let token = |now| sign(&Principal::demo(), &host, "app", now);
    let todays = connect(&emulator, "app", &token(SystemTime::now()), "postgres").await;
    let error = todays.err().expect("it is from the future");
    let text = error.as_db_error().unwrap().message().to_owned();
    assert!(text.starts_with("The IAM authentication failed for the role app."), "{text}");
    connect(&emulator, "app", &token(an_hour_ago), "postgres").await.expect("a session");
}
