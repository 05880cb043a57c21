//! Clients of MySQL's on shared connections.

use rds_proxy_emulator::start;
use tokio::task::JoinSet;

use super::{connection, emulator, options, session, session_with};
use crate::support::mysql::DEPRECATE_EOF;

#[tokio::test]
async fn sessions_share_a_connection_between_transactions() {
    let emulator = emulator().await;
    let (mut one, mut other) = (session(&emulator).await, session(&emulator).await);
    let first = connection(&mut one).await;
    assert_eq!(connection(&mut other).await, first);
    one.rows("BEGIN").await.unwrap();
    assert_eq!(connection(&mut one).await, first);
    assert_ne!(connection(&mut other).await, first);
    one.rows("COMMIT").await.unwrap();
    assert!([connection(&mut one).await, connection(&mut other).await].contains(&first));
}

#[tokio::test]
async fn tracked_variables_hold_on_every_connection_and_keep_sessions_apart() {
    let emulator = emulator().await;
    let (mut one, mut other) = (session(&emulator).await, session(&emulator).await);
    one.rows("SET SESSION sql_mode = 'ANSI_QUOTES', time_zone = '+02:00'").await.unwrap();
    one.rows("SET NAMES latin1").await.unwrap();
    let mode = "SELECT CONCAT(@@sql_mode, @@time_zone, @@character_set_client)";
    let theirs = other.value(mode).await.unwrap();
    assert!(!theirs.contains("ANSI_QUOTES") && theirs.contains("utf8mb4"), "{theirs}");
    assert_ne!(connection(&mut one).await, connection(&mut other).await);
    let mut third = session(&emulator).await;
    third.rows("SET sql_mode='ANSI_QUOTES', TIME_ZONE='+02:00'").await.unwrap();
    third.rows("SET NAMES latin1").await.unwrap();
    assert_eq!(connection(&mut third).await, connection(&mut one).await, "the same values");
    assert_eq!(third.value(mode).await.unwrap(), "ANSI_QUOTES+02:00latin1");
}

#[tokio::test]
async fn a_connection_that_is_opened_for_a_session_has_its_values() {
    let emulator = emulator().await;
    let (mut one, mut other) = (session(&emulator).await, session(&emulator).await);
    one.rows("SET sql_mode = 'ANSI_QUOTES'").await.unwrap();
    one.rows("SET NAMES latin1").await.unwrap();
    one.rows("USE information_schema").await.unwrap();
    let first = connection(&mut one).await;
    other.rows(&format!("KILL {first}")).await.unwrap();
    let alive = format!("SELECT COUNT(*) FROM information_schema.processlist WHERE id = {first}");
    while other.value(&alive).await.unwrap() != "0" {}
    let values = "SELECT CONCAT(@@sql_mode, @@character_set_client, DATABASE())";
    assert_eq!(one.value(values).await.unwrap(), "ANSI_QUOTESlatin1information_schema");
    assert_ne!(connection(&mut one).await, first);
}

#[tokio::test]
async fn a_set_that_fails_changes_nothing() {
    let emulator = emulator().await;
    let mut one = session(&emulator).await;
    let first = connection(&mut one).await;
    let refused = one.rows("SET time_zone = 'Nowhere/None'").await.expect_err("no such zone");
    assert!(refused.starts_with("1298 HY000"), "{refused}");
    assert_eq!(connection(&mut session(&emulator).await).await, first);
}

#[tokio::test]
async fn a_database_that_is_used_is_the_sessions_on_every_connection() {
    let emulator = emulator().await;
    let mut one = session(&emulator).await;
    one.rows("USE information_schema").await.unwrap();
    let mut other = session(&emulator).await;
    assert_eq!(other.value("SELECT DATABASE()").await.unwrap(), "app");
    other.command(b"\x02information_schema").await.expect("COM_INIT_DB");
    one.rows("BEGIN").await.unwrap();
    for session in [&mut one, &mut other] {
        assert_eq!(session.value("SELECT DATABASE()").await.unwrap(), "information_schema");
    }
    let refused = other.command(b"\x02none").await.expect_err("no such database");
    assert!(refused.starts_with("1044 42000"), "{refused}");
    assert_eq!(other.value("SELECT DATABASE()").await.unwrap(), "information_schema");
}

#[tokio::test]
async fn sessions_with_other_flags_share_no_connection() {
    let emulator = emulator().await;
    let mut old = session(&emulator).await;
    let mut new = session_with(&emulator, |login| login.flags |= DEPRECATE_EOF).await;
    assert_ne!(connection(&mut old).await, connection(&mut new).await);
}

#[tokio::test]
async fn without_autocommit_a_connection_is_kept_until_the_transaction_ends() {
    let emulator = emulator().await;
    let mut one = session(&emulator).await;
    one.rows("CREATE TABLE IF NOT EXISTS kept (a int PRIMARY KEY)").await.unwrap();
    one.rows("SET autocommit = 0").await.unwrap();
    let mut other = session(&emulator).await;
    other.rows("SET autocommit = 0").await.unwrap();
    one.rows("INSERT INTO kept VALUES (1)").await.unwrap();
    let first = connection(&mut one).await;
    one.rows("INSERT INTO kept VALUES (1)").await.expect_err("a duplicate");
    assert_ne!(connection(&mut other).await, first);
    assert_eq!(other.value("SELECT COUNT(*) FROM kept").await.unwrap(), "0");
    one.rows("ROLLBACK").await.unwrap();
    other.rows("ROLLBACK").await.unwrap();
    // An error says nothing about a transaction, and this one has begun one.
    let first = connection(&mut one).await;
    one.rows("INSERT INTO kept VALUES (2), (2)").await.expect_err("a duplicate");
    assert_ne!(connection(&mut other).await, first);
    assert_eq!(connection(&mut one).await, first);
    one.rows("ROLLBACK").await.unwrap();
}

#[tokio::test]
async fn fifty_clients_get_their_own_answers_over_eleven_connections() {
    let (mut options, _) = options();
    options.pool.max_connections_percent = 1;
    let emulator = start(options).await.unwrap();
    let mut clients = JoinSet::new();
    for client in 0..50 {
        let mut session = session(&emulator).await;
        clients.spawn(async move {
            let mut connections = Vec::new();
            for number in 0..20 {
                let nonce = format!("{client}-{number}");
                if number % 5 == 0 {
                    session.rows("BEGIN").await.unwrap();
                }
                let row =
                    session.rows(&format!("SELECT '{nonce}', CONNECTION_ID()")).await.unwrap();
                assert_eq!(row[0][0], nonce);
                connections.push(row[0][1].clone());
                if number % 5 == 0 {
                    session.rows("COMMIT").await.unwrap();
                }
            }
            connections
        });
    }
    let mut connections: Vec<_> = clients.join_all().await.concat();
    connections.sort_unstable();
    connections.dedup();
    assert!(connections.len() <= 12, "{}", connections.len());
}
