//! Few database connections behind many clients.

use std::time::Duration;

use rds_proxy_emulator::{Emulator, Options, PoolSettings, start};
use testkit::postgres::{message as message_of, query};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::client::TlsStream;

use crate::support::{Client, connect, log_in, message, options, session, tls, token, variable};

/// An emulator with a pool of so many connections. The shared cluster has 1197 for clients.
async fn pool_of(percent: u8, settings: PoolSettings) -> Emulator {
    let pool = PoolSettings { max_connections_percent: percent, ..settings };
    start(Options { pool, ..options().0 }).await.unwrap()
}

async fn client(emulator: &Emulator) -> Client {
    connect(emulator, "app", &token(emulator, "app"), "postgres").await.unwrap()
}

const PID: &str = "SELECT pg_backend_pid()::text";

#[tokio::test]
async fn clients_that_ask_in_turn_share_one_connection() {
    let emulator = pool_of(100, PoolSettings::default()).await;
    let (one, other) = (client(&emulator).await, client(&emulator).await);
    let pid = one.value(PID).await.unwrap();
    one.client.batch_execute("SELECT 1").await.unwrap();
    assert_eq!(other.client.simple_query(PID).await.unwrap().len(), 3);
    assert_eq!(other.value(PID).await.unwrap(), pid);
    assert_eq!(emulator.database_connections().0, 1);
}

#[tokio::test]
async fn a_transaction_keeps_its_connection_to_its_end() {
    let emulator = pool_of(100, PoolSettings::default()).await;
    let (one, other) = (client(&emulator).await, client(&emulator).await);
    one.client.batch_execute("BEGIN").await.unwrap();
    let pid = one.value(PID).await.unwrap();
    assert_ne!(other.value(PID).await.unwrap(), pid);
    assert_eq!(one.value(PID).await.unwrap(), pid);
    one.client.batch_execute("COMMIT").await.unwrap();
    assert_eq!(emulator.database_connections().0, 2);
}

#[tokio::test]
async fn a_failed_transaction_keeps_its_connection_until_it_is_rolled_back() {
    let emulator = pool_of(100, PoolSettings::default()).await;
    let (one, other) = (client(&emulator).await, client(&emulator).await);
    one.client.batch_execute("BEGIN").await.unwrap();
    let error = one.client.batch_execute("SELECT 1/0").await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "22012");
    let error = one.client.batch_execute("SELECT 1").await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "25P02");
    assert_eq!(other.value("SELECT 'fine'").await.unwrap(), "fine");
    one.client.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(one.value("SELECT 'fine'").await.unwrap(), "fine");
}

#[tokio::test]
async fn a_statement_works_on_whatever_connection_its_client_gets() {
    let emulator = pool_of(100, PoolSettings::default()).await;
    let (one, other) = (client(&emulator).await, client(&emulator).await);
    let sql = "SELECT pg_backend_pid()::text || $1::text";
    let prepared = one.client.prepare(sql).await.unwrap();
    let ask = async || one.client.query_one(&prepared, &[&"!"]).await.unwrap().get::<_, String>(0);
    let first = ask().await;
    // The other one holds that connection now.
    other.client.batch_execute("BEGIN").await.unwrap();
    let second = ask().await;
    assert_ne!(first, second);
    other.client.batch_execute("COMMIT").await.unwrap();
    assert!([first, second].contains(&ask().await));
}

/// The tags of the answers up to `ReadyForQuery`, and the text of an error among them.
async fn answers(stream: &mut TlsStream<TcpStream>) -> (String, String) {
    let (mut tags, mut error) = (String::new(), String::new());
    loop {
        let (tag, body) = message(stream).await;
        tags.push(char::from(tag));
        if tag == b'E' {
            error = String::from_utf8_lossy(&body).replace('\0', " ");
        }
        if tag == b'Z' {
            return (tags, error);
        }
    }
}

#[tokio::test]
async fn sql_that_names_a_statement_of_the_protocol_finds_it_on_any_connection() {
    for sql in ["DEALLOCATE mine", "EXECUTE mine", "DEALLOCATE PREPARE \"mine\""] {
        let emulator = pool_of(100, PoolSettings::default()).await;
        let (mut one, other) = (log_in(&emulator, "postgres").await, client(&emulator).await);
        let parse = message_of(b'P', b"mine\0SELECT 'mine'::text\0\0\0");
        one.write_all(&[parse, message_of(b'S', b"")].concat()).await.unwrap();
        assert_eq!(answers(&mut one).await.0, "1Z");
        // The other one holds that connection now.
        other.client.batch_execute("BEGIN").await.unwrap();
        one.write_all(&query(sql)).await.unwrap();
        let (tags, error) = answers(&mut one).await;
        assert_eq!(error, "", "{sql}");
        assert!(tags.ends_with("CZ"), "{sql}: {tags}");
        let pins = emulator.pins_since(0);
        assert!(matches!(&*pins, [pin] if pin.statement == sql), "{pins:?}");
    }
}

#[tokio::test]
async fn after_deallocate_all_no_statement_is_left_and_errors_have_the_clients_name() {
    let emulator = pool_of(100, PoolSettings::default()).await;
    let mut one = log_in(&emulator, "postgres").await;
    let parse = message_of(b'P', b"mine\0SELECT 1\0\0\0");
    let bind = message_of(b'B', b"\0mine\0\0\0\0\0\0\0");
    let sync = message_of(b'S', b"");
    one.write_all(&[&parse[..], &bind, &parse, &sync].concat()).await.unwrap();
    let (tags, error) = answers(&mut one).await;
    assert_eq!(tags, "12EZ");
    assert!(error.contains("42P05 Mprepared statement \"mine\" already exists "), "{error}");
    one.write_all(&query("DEALLOCATE ALL")).await.unwrap();
    assert_eq!(answers(&mut one).await.0, "CZ");
    one.write_all(&[&bind[..], &sync].concat()).await.unwrap();
    let (tags, error) = answers(&mut one).await;
    assert_eq!(tags, "EZ");
    assert!(error.contains("26000 Mprepared statement \"mine\" does not exist "), "{error}");
}

#[tokio::test]
async fn a_name_that_two_clients_chose_means_to_each_its_own_statement() {
    let emulator = pool_of(100, PoolSettings::default()).await;
    let (one, other) = (client(&emulator).await, client(&emulator).await);
    // Both call it s0.
    let mine = one.client.prepare("SELECT 'one'::text").await.unwrap();
    let yours = other.client.prepare("SELECT 'other'::text").await.unwrap();
    for _ in 0..3 {
        let row = one.client.query_one(&mine, &[]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), "one");
        let row = other.client.query_one(&yours, &[]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), "other");
    }
    assert_eq!(emulator.database_connections().0, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_clients_get_their_own_answers_over_eleven_connections() {
    // 1 percent of 1197.
    let emulator = pool_of(1, PoolSettings::default()).await;
    let mut clients = JoinSet::new();
    for number in 0..50 {
        let client = client(&emulator).await;
        clients.spawn(async move {
            for round in 0..20 {
                let nonce = format!("{number}/{round}");
                let sql = format!("SELECT '{nonce}'::text");
                assert_eq!(client.value(&sql).await.unwrap(), nonce);
                let rows = client.client.query("SELECT $1::text", &[&nonce]).await.unwrap();
                assert_eq!(rows[0].get::<_, String>(0), nonce);
            }
        });
    }
    clients.join_all().await;
    assert!(emulator.database_connections().0 <= 11, "{:?}", emulator.database_connections());
}

#[tokio::test]
async fn a_client_that_gets_no_connection_in_time_hears_so_and_may_try_again() {
    // Long enough for a busy machine to open a connection.
    let connection_borrow_timeout = Duration::from_secs(1);
    let settings = PoolSettings { connection_borrow_timeout, ..PoolSettings::default() };
    let emulator = pool_of(1, settings).await;
    let mut busy = Vec::new();
    for _ in 0..11 {
        let client = client(&emulator).await;
        client.client.batch_execute("BEGIN").await.unwrap();
        busy.push(client);
    }
    let late = client(&emulator).await;
    for _ in 0..2 {
        let error = late.value("SELECT 'in'").await.unwrap_err();
        let error = error.as_db_error().unwrap();
        assert_eq!(error.message(), "Timed-out waiting to acquire database connection");
        assert_eq!((error.code().code(), error.severity()), ("08000", "ERROR"));
    }
    busy[0].client.batch_execute("COMMIT").await.unwrap();
    assert_eq!(late.value("SELECT 'in'").await.unwrap(), "in");
}

#[tokio::test]
async fn whoever_waits_gets_the_connection_that_is_given_back() {
    let emulator = pool_of(1, PoolSettings::default()).await;
    let mut busy = Vec::new();
    for _ in 0..11 {
        let client = client(&emulator).await;
        client.client.batch_execute("BEGIN").await.unwrap();
        busy.push(client);
    }
    let late = client(&emulator).await;
    let ends = async {
        tokio::task::yield_now().await;
        busy[3].client.batch_execute("COMMIT").await.unwrap();
    };
    let (answer, ()) = tokio::join!(late.value("SELECT 'in'"), ends);
    assert_eq!(answer.unwrap(), "in");
}

#[tokio::test]
async fn the_initialization_query_runs_once_on_each_connection() {
    let init_query = Some("SET statement_timeout = '7s'; SET extra_float_digits = 2".to_owned());
    let emulator = pool_of(100, PoolSettings { init_query, ..PoolSettings::default() }).await;
    let client = client(&emulator).await;
    for _ in 0..2 {
        assert_eq!(client.value("SHOW statement_timeout").await.unwrap(), "7s");
    }
    assert_eq!(emulator.pins_since(0), [], "what the proxy sets pins none");
}

#[tokio::test]
async fn what_a_client_asked_for_at_startup_holds_on_every_connection() {
    let emulator = pool_of(100, PoolSettings::default()).await;
    let other = client(&emulator).await;
    let mut config = tokio_postgres::Config::new();
    config.user("app").password(token(&emulator, "app")).dbname("postgres");
    config.application_name("me");
    let stream = tls(&emulator, emulator.address(), &variable(&emulator, "DB_HOST")).await;
    let one = session(stream, &mut config).await.unwrap();
    for _ in 0..2 {
        assert_eq!(one.value("SHOW application_name").await.unwrap(), "me");
        assert_eq!(other.value("SHOW application_name").await.unwrap(), "");
    }
}

#[tokio::test]
async fn a_client_that_asks_for_nothing_is_let_go_after_a_while() {
    let idle_client_timeout = Duration::from_millis(200);
    let emulator = start(Options { idle_client_timeout, ..options().0 }).await.unwrap();
    let client = client(&emulator).await;
    assert_eq!(client.value("SELECT 'in'").await.unwrap(), "in");
    client.closed().await;
}
