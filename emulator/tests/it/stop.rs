//! The end of an emulator: what it waits for, and what it does not keep to itself.

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use rds_proxy_emulator::{Backend, Emulator, Lines, Log, Options, start};
use tokio::net::TcpStream;
use tokio::task::{JoinSet, spawn_blocking};
use tokio_postgres::Config;

use crate::support::{connect, session, tls, token, variable, without_database};

/// An emulator without a database, whose clock is asked when a token is judged, and only then. Each
/// of its connections holds it.
async fn with_clock(
    clock: Arc<impl Fn() -> SystemTime + Send + Sync + 'static>,
    log: Log,
) -> Emulator {
    let authority = Some(without_database().await.authority());
    let options = Options { backend: Backend::Absent, clock, authority, log, ..Options::default() };
    start(options).await.expect("an emulator")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_has_stopped_when_the_last_of_its_connections_has() {
    let (began, has_begun) = sync_channel(1);
    let (go_on, may_go_on) = sync_channel(1);
    let may_go_on = Mutex::new(may_go_on);
    // Works on a token, which nothing can interrupt, until it is allowed to go on.
    let clock = Arc::new(move || {
        began.try_send(()).unwrap_or_default();
        may_go_on.lock().unwrap().recv().unwrap_or_default();
        SystemTime::now()
    });
    let emulator = with_clock(Arc::clone(&clock), Log::Silent).await;
    let (address, token) = (emulator.address(), token(&emulator, "app"));
    let mut clients = JoinSet::new();
    let host = variable(&emulator, "DB_HOST");
    let stream = tls(&emulator, address, &host).await;
    let mut config = Config::new();
    clients.spawn(async move { session(stream, config.user("app").password(token)).await });
    spawn_blocking(move || has_begun.recv()).await.unwrap().expect("a token to judge");

    let held = Arc::downgrade(&clock);
    drop(clock);
    let mut stopping = JoinSet::new();
    stopping.spawn(async move {
        emulator.stop().await;
        held.strong_count()
    });
    while TcpStream::connect(address).await.is_ok() {}
    go_on.send(()).unwrap();
    drop(go_on);
    let still_held = stopping.join_next().await.unwrap().unwrap();
    assert_eq!(still_held, 0, "no connection is left to hold the clock");
}

/// Meets a panic in the connection's task: the clock is asked when a token is judged.
async fn meet_a_panic(log: Lines) -> Emulator {
    let clock = Arc::new(|| -> SystemTime { panic!("no time\nleft") });
    let emulator = with_clock(clock, Log::Lines(log)).await;
    let outcome = connect(&emulator, "app", &token(&emulator, "app"), "postgres").await;
    assert!(outcome.err().unwrap().as_db_error().is_none(), "its client is cut off");
    emulator
}

#[tokio::test]
async fn a_panic_in_a_connection_is_logged_and_fails_the_test_that_met_it() {
    let log = Lines::default();
    let emulator = meet_a_panic(log.clone()).await;
    let lines = log.read();
    let line = lines.iter().find(|line| line.contains("panicked")).expect("a line");
    assert!(line.starts_with("connection 1 from 127.0.0.1:"), "{line}");
    assert!(line.ends_with("its task panicked: no time left"), "{line}");
    TcpStream::connect(emulator.address()).await.expect("it goes on");
    let mut stopping = JoinSet::new();
    stopping.spawn(emulator.stop());
    let stopped = stopping.join_next().await.unwrap();
    assert!(stopped.expect_err("stopping does not hide it").is_panic());

    let emulator = meet_a_panic(log).await;
    let mut dropping = JoinSet::new();
    dropping.spawn(async move { drop(emulator) });
    let dropped = dropping.join_next().await.unwrap();
    assert!(dropped.expect_err("nor does being dropped").is_panic());
}
