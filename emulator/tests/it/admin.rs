//! The page, and its forms for machines.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rds_proxy_emulator::{Backend, Emulator, Options, PoolSettings, start};
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::support::admin::get;
use crate::support::binary::PATIENCE;
use crate::support::{Client, connect, options, token, variable, without_database};

async fn emulator() -> Emulator {
    let admin = Some("127.0.0.1:0".parse().unwrap());
    start(Options { admin, ..options().0 }).await.unwrap()
}

async fn client(emulator: &Emulator) -> Client {
    connect(emulator, "app", &token(emulator, "app"), "postgres").await.unwrap()
}

async fn json(emulator: &Emulator, path: &str) -> Value {
    let (status, body) = get(emulator, path).await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test]
async fn pins_are_listed_since_a_mark_with_their_reason_and_remedy() {
    let emulator = emulator().await;
    let client = client(&emulator).await;
    assert_eq!(json(&emulator, "/pins").await, serde_json::json!({ "last_id": 0, "pins": [] }));
    client.client.batch_execute("LISTEN news").await.unwrap();
    let pins = json(&emulator, "/pins").await;
    let pin = &pins["pins"][0];
    assert_eq!((&pins["last_id"], &pin["id"]), (&1.into(), &1.into()));
    for (key, expected) in [
        ("class", "pins"),
        ("user", "app"),
        ("database", "postgres"),
        ("endpoint", "default"),
        ("digest", "listen news"),
        ("statement", "LISTEN news"),
        ("reason_source", "invented"),
    ] {
        assert_eq!(pin[key], expected, "{key}");
    }
    for key in ["at", "client", "reason", "cause", "remedy"] {
        assert!(pin[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {pin}");
    }
    let since = json(&emulator, "/pins?since=1").await;
    assert_eq!(since, serde_json::json!({ "last_id": 1, "pins": [] }));
    assert_eq!(get(&emulator, "/pins?since=x").await.0, "HTTP/1.1 400 Bad Request");
}

#[tokio::test]
async fn sessions_are_listed_with_what_they_do() {
    let emulator = emulator().await;
    let (idle, busy) = (client(&emulator).await, client(&emulator).await);
    busy.client.batch_execute("BEGIN").await.unwrap();
    idle.client.batch_execute("SELECT 1").await.unwrap();
    let sessions = json(&emulator, "/sessions").await;
    let of = |key: &str| {
        let sessions = sessions["sessions"].as_array().unwrap();
        sessions.iter().map(|session| session[key].clone()).collect::<Vec<_>>()
    };
    assert_eq!(of("state"), ["idle", "in_transaction"]);
    assert_eq!(of("pinned"), [false, false]);
    assert_eq!(of("database_connection")[0], Value::Null);
    assert!(of("database_connection")[1].is_u64());
    drop(busy);
    drop(idle);
    while json(&emulator, "/sessions").await["sessions"] != serde_json::json!([]) {}
}

#[tokio::test]
async fn a_pinned_session_that_asks_for_nothing_is_idle_and_keeps_its_connection() {
    let emulator = emulator().await;
    let client = client(&emulator).await;
    client.client.batch_execute("LISTEN news").await.unwrap();
    // The answer reaches the client a moment before the session is seen to be idle.
    let session = loop {
        let session = json(&emulator, "/sessions").await["sessions"][0].take();
        if session["state"] != "active" {
            break session;
        }
    };
    assert_eq!((&session["state"], &session["pinned"]), (&"idle".into(), &true.into()));
    assert!(session["database_connection"].is_u64(), "{session}");
    let (_, metrics) = get(&emulator, "/metrics").await;
    let name = "aws_rds_proxy_database_connections_currently_in_transaction{";
    let line = metrics.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(line.ends_with(" 0"), "{line}");
}

#[tokio::test]
async fn a_session_that_got_no_connection_waits_no_longer() {
    let pool = PoolSettings {
        connection_borrow_timeout: Duration::from_millis(20),
        ..PoolSettings::default()
    };
    let fault = Some("pool-exhausted:1".parse().unwrap());
    let admin = Some("127.0.0.1:0".parse().unwrap());
    let emulator = start(Options { admin, pool, fault, ..options().0 }).await.unwrap();
    let client = client(&emulator).await;
    client.client.batch_execute("SELECT 1").await.unwrap_err();
    let session = json(&emulator, "/sessions").await["sessions"][0].take();
    assert_eq!(session["state"], "idle", "{session}");
}

#[tokio::test]
async fn metrics_have_the_proxys_names() {
    let emulator = emulator().await;
    let client = client(&emulator).await;
    client.client.batch_execute("SET timezone TO 'UTC'").await.unwrap();
    let (status, metrics) = get(&emulator, "/metrics").await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    let endpoint = "proxy_name=\"emulator\",endpoint_name=\"default\"";
    let target = "proxy_name=\"emulator\",target_group=\"default\",target_role=\"READ_WRITE\",\
                  target=\"writer\"";
    for line in [
        format!("aws_rds_proxy_client_connections{{{endpoint}}} 1"),
        format!("aws_rds_proxy_query_requests{{{endpoint}}} 1"),
        format!("aws_rds_proxy_database_connections{{{target}}} 1"),
        format!("aws_rds_proxy_database_connections_currently_session_pinned{{{target}}} 1"),
        format!("aws_rds_proxy_max_database_connections_allowed{{{target}}} 1197"),
        "# TYPE aws_rds_proxy_client_connections_received counter".to_owned(),
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} in\n{metrics}");
    }
}

#[tokio::test]
async fn a_login_that_panics_is_in_setup_no_longer() {
    let admin = Some("127.0.0.1:0".parse().unwrap());
    // It is asked when a token is judged. Before, an authority is made by the machine's.
    let clock = Arc::new(|| -> SystemTime { panic!("no time left") });
    let authority = Some(without_database().await.authority());
    let options = Options { backend: Backend::Absent, admin, clock, authority, ..options().0 };
    let emulator = start(options).await.unwrap();
    connect(&emulator, "app", &token(&emulator, "app"), "app").await.err().expect("it is cut off");
    // The client may know before the emulator has cleaned up.
    let gone = "aws_rds_proxy_client_connections_in_setup{proxy_name=\"emulator\",\
                endpoint_name=\"default\"} 0";
    let settled =
        async { while !get(&emulator, "/metrics").await.1.lines().any(|line| line == gone) {} };
    timeout(PATIENCE, settled).await.expect("none is in setup");
    // A panic of a connection's is passed on, to the end of this task.
    let mut dropping = JoinSet::new();
    dropping.spawn(async move { drop(emulator) });
    assert!(dropping.join_next().await.unwrap().unwrap_err().is_panic());
}

#[tokio::test]
async fn health_tells_whether_the_database_can_be_reached() {
    assert_eq!(get(&emulator().await, "/health").await.0, "HTTP/1.1 200 OK");
    let admin = Some("127.0.0.1:0".parse().unwrap());
    let backend: Backend = "postgres://127.0.0.1:1".parse().unwrap();
    let away = start(Options { admin, backend, ..options().0 }).await.unwrap();
    assert_eq!(get(&away, "/health").await.0, "HTTP/1.1 503 Service Unavailable");
}

#[tokio::test]
async fn the_block_names_the_page_and_the_page_is_one_file() {
    let emulator = emulator().await;
    let admin = emulator.admin_address().unwrap();
    assert_eq!(variable(&emulator, "EMULATOR_ADMIN"), format!("http://{admin}"));
    let (status, page) = get(&emulator, "/").await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    assert_eq!(get(&emulator, "/other").await.0, "HTTP/1.1 404 Not Found");
}
