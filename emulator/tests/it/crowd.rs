//! Many clients, slow ones and broken ones.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rds_proxy_emulator::{Backend, Options, Principal, start};
use testkit::postgres::SSL_REQUEST;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::{connect, emulator, sign, token, variable, without_database};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_clients_at_once_are_served() {
    let emulator = Arc::new(emulator().await);
    let token = token(&emulator, "app");
    let mut logins = JoinSet::new();
    for _ in 0..200 {
        let (emulator, token) = (Arc::clone(&emulator), token.clone());
        logins.spawn(async move { connect(&emulator, "app", &token, "postgres").await });
    }
    let clients = logins.join_all().await;
    for (number, client) in clients.into_iter().enumerate() {
        let query = format!("SELECT '{number}'");
        assert_eq!(client.expect("a session").value(&query).await.unwrap(), number.to_string());
    }
    assert_eq!(emulator.connections_accepted(), 200);
}

#[tokio::test]
async fn stalled_and_broken_clients_cost_only_themselves() {
    let emulator = emulator().await;
    let mut idle = Vec::new();
    for bytes in [&b""[..], b"\0\0", &SSL_REQUEST, b"\0\0\0\x40\0\x03\0\0user"] {
        let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
        tcp.write_all(bytes).await.unwrap();
        idle.push(tcp);
    }
    for _ in 0..50 {
        let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
        let rubbish = [&SSL_REQUEST[..], b"rubbish instead of a ClientHello"].concat();
        tcp.write_all(&rubbish).await.unwrap();
    }
    let client = connect(&emulator, "app", &token(&emulator, "app"), "postgres").await.unwrap();
    assert_eq!(client.value("SELECT 'served'").await.unwrap(), "served");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_log_in_is_dropped_after_a_minute() {
    let emulator = without_database().await;
    let begun = Instant::now();
    let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
    tcp.write_all(&SSL_REQUEST).await.unwrap();
    let mut answer = Vec::new();
    tcp.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, b"S");
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
