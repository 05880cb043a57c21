//! Faults behind the proxy: who notices them, and who does not.

use std::time::{Duration, SystemTime};

use rds_proxy_emulator::{Emulator, Options, PoolSettings, Principal, start};
use testkit::process::until;
use tokio::task::JoinSet;
use tokio_postgres::{Config, Error, SimpleQueryMessage};

use crate::support::{Client, connect, options, session, sign, tls, token, variable};

/// An emulator with this fault, and so long a borrow timeout.
async fn faulty(fault: &str, borrow_timeout: Duration) -> Emulator {
    let pool =
        PoolSettings { connection_borrow_timeout: borrow_timeout, ..PoolSettings::default() };
    let reader_listen = Some("127.0.0.1:0".parse().unwrap());
    let fault = Some(fault.parse().unwrap());
    start(Options { fault, pool, reader_listen, ..options().0 }).await.unwrap()
}

/// Longer than the database is away.
const LONG: Duration = Duration::from_mins(1);
const SHORT: Duration = Duration::from_millis(200);

async fn client(emulator: &Emulator) -> Client {
    connect(emulator, "app", &token(emulator, "app"), "postgres").await.unwrap()
}

/// A session of the read-only endpoint.
async fn reader(emulator: &Emulator) -> Client {
    let host = variable(emulator, "READER_DB_HOST");
    let token = sign(&Principal::demo(), &host, "app", SystemTime::now());
    let stream = tls(emulator, emulator.reader_address().unwrap(), &host).await;
    let mut config = Config::new();
    session(stream, config.user("app").password(token).dbname("postgres")).await.unwrap()
}

/// SQLSTATE and text.
fn said(error: &Error) -> String {
    let error = error.as_db_error().unwrap_or_else(|| panic!("no error of a server's: {error}"));
    format!("{} {}", error.code().code(), error.message())
}

const CUT: &str = "57P01 terminating connection due to administrator command";
const NO_CONNECTION: &str = "08000 Timed-out waiting to acquire database connection";

/// A client in a transaction and one in a statement, both by one query.
async fn in_use(emulator: &Emulator) -> (Client, JoinSet<Result<(), Error>>) {
    let in_transaction = client(emulator).await;
    in_transaction.client.batch_execute("BEGIN").await.unwrap();
    let (busy, mut statement) = (client(emulator).await, JoinSet::new());
    statement.spawn(async move {
        // All of it, with its connection.
        let busy = busy;
        busy.client.batch_execute("SELECT pg_sleep(3600)").await
    });
    until(|| {
        let (open, idle) = emulator.database_connections();
        open - idle == 2
    })
    .await;
    (in_transaction, statement)
}

#[tokio::test]
async fn a_failover_cuts_off_clients_that_use_the_database_and_all_others_wait_for_it() {
    let emulator = faulty("failover:3", LONG).await;
    let idle = client(&emulator).await;
    let (in_transaction, mut statement) = in_use(&emulator).await;
    let third = client(&emulator).await;
    let error = third.client.batch_execute("SELECT 1").await.unwrap_err();
    assert_eq!(said(&error), CUT);
    third.closed().await;
    let error = statement.join_next().await.unwrap().unwrap().unwrap_err();
    assert_eq!(said(&error), CUT);
    in_transaction.closed().await;
    assert_eq!(emulator.database_connections(), (0, 0));
    let late = client(&emulator).await;
    let (idle, late) = tokio::join!(idle.value("SELECT 'idle'"), late.value("SELECT 'late'"));
    assert_eq!([idle.unwrap(), late.unwrap()], ["idle", "late"]);
}

#[tokio::test]
async fn a_client_that_waits_too_long_in_a_failover_gets_an_error_and_stays_connected() {
    let emulator = faulty("failover:1", SHORT).await;
    let (first, other) = (client(&emulator).await, client(&emulator).await);
    first.client.batch_execute("SELECT 1").await.unwrap_err();
    assert_eq!(said(&other.value("SELECT 'in'").await.unwrap_err()), NO_CONNECTION);
    while let Err(error) = other.value("SELECT 'in'").await {
        assert_eq!(said(&error), NO_CONNECTION);
    }
}

#[tokio::test]
async fn a_failover_some_time_after_the_first_login_comes_once() {
    let emulator = faulty("failover-after:1", LONG).await;
    let idle = client(&emulator).await;
    // It had a connection for its login.
    until(|| emulator.database_connections() == (0, 0)).await;
    assert_eq!(idle.value("SELECT 'in'").await.unwrap(), "in");
    let other = client(&emulator).await;
    other.client.batch_execute("BEGIN; SELECT 1; COMMIT").await.unwrap();
}

#[tokio::test]
async fn a_switchover_disconnects_everyone_and_new_clients_work() {
    let emulator = faulty("blue-green:3", SHORT).await;
    let idle = client(&emulator).await;
    let (in_transaction, mut statement) = in_use(&emulator).await;
    assert!(!idle.client.is_closed());
    let third = client(&emulator).await;
    let error = third.client.batch_execute("SELECT 1").await.unwrap_err();
    assert_eq!(said(&error), CUT);
    let error = statement.join_next().await.unwrap().unwrap().unwrap_err();
    assert_eq!(said(&error), CUT);
    in_transaction.closed().await;
    idle.closed().await;
    assert_eq!(client(&emulator).await.value("SELECT 'new'").await.unwrap(), "new");
}

#[tokio::test]
async fn a_switchover_some_time_after_the_first_login_comes_once() {
    let emulator = faulty("blue-green-after:1", SHORT).await;
    client(&emulator).await.closed().await;
    assert_eq!(client(&emulator).await.value("SELECT 'new'").await.unwrap(), "new");
}

#[tokio::test]
async fn an_exhausted_pool_has_no_connection_for_a_query_but_one_for_a_transaction_that_has_it() {
    let emulator = faulty("pool-exhausted:1", SHORT).await;
    let one = client(&emulator).await;
    let error = one.client.batch_execute("SELECT 1").await.unwrap_err();
    assert_eq!(said(&error), NO_CONNECTION);
    assert_eq!(one.value("SELECT 'in'").await.unwrap(), "in");
    let emulator = faulty("pool-exhausted:2", SHORT).await;
    let other = client(&emulator).await;
    for sql in ["BEGIN", "SELECT 1", "COMMIT", "SELECT 1"] {
        other.client.batch_execute(sql).await.unwrap();
    }
}

#[tokio::test]
async fn only_a_pinned_session_of_the_read_only_endpoint_loses_its_reader() {
    let emulator = faulty("lost-reader", LONG).await;
    for client in [reader(&emulator).await, client(&emulator).await] {
        for _ in 0..2 {
            assert_eq!(client.value("SELECT 'in'").await.unwrap(), "in");
        }
    }
    let writer = client(&emulator).await;
    for sql in ["SET timezone TO 'UTC'", "SELECT 1"] {
        writer.client.batch_execute(sql).await.unwrap();
    }
    let pinned = reader(&emulator).await;
    pinned.client.batch_execute("SET timezone TO 'UTC'").await.unwrap();
    let error = pinned.client.batch_execute("SELECT 1").await.unwrap_err();
    assert_eq!(said(&error), CUT);
    pinned.closed().await;
    assert_eq!(reader(&emulator).await.value("SELECT 'again'").await.unwrap(), "again");
}

#[tokio::test]
async fn a_client_gets_the_answer_to_anothers_query() {
    let emulator = faulty("cross-talk:2", LONG).await;
    let answer = async |client: &Client, text: &str| {
        let rows = client.client.simple_query(&format!("SELECT '{text}'")).await.unwrap();
        let row = rows.iter().find_map(|message| {
            if let SimpleQueryMessage::Row(row) = message { row.get(0) } else { None }
        });
        row.unwrap().to_owned()
    };
    let (one, other) = (client(&emulator).await, client(&emulator).await);
    assert_eq!(answer(&one, "one").await, "one");
    assert_eq!(answer(&other, "other").await, "other");
    assert_eq!(answer(&one, "mine").await, "other");
    assert_eq!(answer(&one, "third").await, "third");
}
