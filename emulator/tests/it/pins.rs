//! Which statements pin a session, and who hears of it.

use rds_proxy_emulator::{Emulator, OnPin, Options, start};

use crate::support::{Client, connect, options, token};

async fn client(emulator: &Emulator) -> Client {
    connect(emulator, "app", &token(emulator, "app"), "postgres").await.unwrap()
}

#[tokio::test]
async fn a_setting_pins_the_session_and_log_and_list_say_so_in_the_proxys_words() {
    let (options, log) = options();
    let emulator = start(options).await.unwrap();
    let (pinned, other) = (client(&emulator).await, client(&emulator).await);
    pinned.client.batch_execute("SET search_path TO one, two").await.unwrap();
    for _ in 0..2 {
        assert_eq!(pinned.value("SHOW search_path").await.unwrap(), "one, two");
        assert_eq!(other.value("SHOW search_path").await.unwrap(), "\"$user\", public");
    }
    let reason = "SQL changed session settings that the proxy doesn't track. Consider moving \
                  session configuration to the proxy's initialization query. \
                  Digest: \"set search_path to $1, $2\".";
    let pins = emulator.pins_since(0);
    assert_eq!(pins.len(), 1, "{pins:?}");
    let pin = &pins[0];
    assert_eq!((&*pin.reason, pin.is_certain, pin.is_invented), (reason, true, false));
    assert!(!pin.is_refused);
    assert_eq!((&*pin.user, &*pin.database, &*pin.endpoint), ("app", "postgres", "default"));
    assert_eq!(pin.statement, "SET search_path TO one, two");
    let line = log.read().into_iter().find(|line| line.contains("[WARN]")).expect("a line");
    assert!(line.contains("[proxyEndpoint=default] [clientConnection=1] The client session was"));
    assert!(line.ends_with(&format!("until the session ends. Reason: {reason}")), "{line}");
    assert_eq!(emulator.pins_since(pin.id), []);
}

#[tokio::test]
async fn the_connection_of_a_pinned_session_ends_with_it() {
    let emulator = start(options().0).await.unwrap();
    let pinned = client(&emulator).await;
    pinned.client.batch_execute("CREATE TEMPORARY TABLE mine (id int)").await.unwrap();
    let pid = pinned.value("SELECT pg_backend_pid()::text").await.unwrap();
    pinned.ended().await.expect("a clean end");
    let next = client(&emulator).await;
    assert_ne!(next.value("SELECT pg_backend_pid()::text").await.unwrap(), pid);
    assert!(next.value("SELECT id::text FROM mine").await.is_err(), "another client's table");
}

#[tokio::test]
async fn a_prepared_statement_warns_when_it_is_parsed_and_pins_when_it_is_bound() {
    let (options, log) = options();
    let emulator = start(options).await.unwrap();
    let client = client(&emulator).await;
    let statement = client.client.prepare("SELECT set_config('x.y', $1, true)").await.unwrap();
    let line = log.read().pop().expect("a line");
    assert!(line.contains("[INFO]") && line.contains("If this prepared statement runs"), "{line}");
    assert_eq!(emulator.pins_since(0), []);
    client.client.query(&statement, &[&"z"]).await.unwrap();
    assert_eq!(emulator.pins_since(0).len(), 1);
}

#[tokio::test]
async fn with_on_pin_error_the_statement_fails_and_its_transaction_with_it() {
    let (options, log) = options();
    let emulator = start(Options { on_pin: OnPin::Error, ..options }).await.unwrap();
    let client = client(&emulator).await;
    let error = client.client.batch_execute("SET statement_timeout TO '5s'").await.unwrap_err();
    let error = error.as_db_error().unwrap();
    assert_eq!((error.code().code(), error.severity()), ("0A000", "ERROR"));
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/emulator.md");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains(&format!("```text\nERROR:  {}\n```\n", error.message())), "{error}");
    assert_eq!(client.value("SELECT 'lives on'").await.unwrap(), "lives on");

    client.client.batch_execute("BEGIN").await.unwrap();
    let error = client.value("SELECT pg_advisory_lock(1)::text").await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "0A000");
    let error = client.value("SELECT 'in it'").await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "25P02", "the transaction has failed for real");
    client.client.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(client.value("SELECT 'lives on'").await.unwrap(), "lives on");
    let pins = emulator.pins_since(0);
    assert_eq!(pins.iter().map(|pin| pin.is_refused).collect::<Vec<_>>(), [true, true]);
    assert_eq!(emulator.database_connections(), (1, 1), "no session was pinned");
    let lines = log.read();
    assert!(!lines.iter().any(|line| line.contains("session was pinned")), "{lines:?}");
    let refused = lines.iter().find(|line| line.contains("refused a statement")).expect("a line");
    assert!(refused.contains("Digest: \"set statement_timeout to $1\""), "{refused}");
}
