//! Commands and their answers, through the proxy.

use rds_proxy_emulator::{Engine, Fault, Options, start};

use super::{connection, emulator, options, session, session_with};
use crate::support::mysql::{DEPRECATE_EOF, LOCAL_FILES, MULTI, framed};

#[tokio::test]
async fn large_answers_and_several_results_pass_in_both_forms() {
    let emulator = emulator().await;
    for flags in [MULTI, MULTI | DEPRECATE_EOF] {
        let mut one = session_with(&emulator, |login| login.flags |= flags).await;
        let rows = one.rows("SELECT seq, REPEAT('x', 100) FROM seq_1_to_5000; SELECT 'last'").await;
        let rows = rows.expect("rows");
        assert_eq!((rows.len(), &*rows[4999][0], &*rows[5000][0]), (5001, "5000", "last"));
        let refused = one.rows("SELECT 1; SELECT none; SELECT 2").await.expect_err("an error");
        assert!(refused.starts_with("1054 42S22"), "{refused}");
        assert_eq!(one.value("SELECT 'still'").await.unwrap(), "still");
    }
}

#[tokio::test]
async fn a_file_that_the_database_asks_for_passes_to_its_end() {
    let emulator = emulator().await;
    let mut one = session_with(&emulator, |login| login.flags |= LOCAL_FILES).await;
    one.rows("CREATE TABLE IF NOT EXISTS loaded (a varchar(20))").await.unwrap();
    one.rows("DELETE FROM loaded").await.unwrap();
    one.send(b"\x03LOAD DATA LOCAL INFILE 'x' INTO TABLE loaded").await;
    assert_eq!(one.receive().await.expect("a request"), b"\xfbx");
    for (sequence, data) in [(2, &b"first\nsec"[..]), (3, b"ond\n"), (4, b"")] {
        one.send_raw(&framed(sequence, data)).await;
    }
    assert_eq!(one.receive().await.expect("an answer")[0], 0);
    assert_eq!(one.value("SELECT GROUP_CONCAT(a) FROM loaded").await.unwrap(), "first,second");
    let first = connection(&mut one).await;
    let mut other = session_with(&emulator, |login| login.flags |= LOCAL_FILES).await;
    assert_eq!(connection(&mut other).await, first, "it was given back");
}

#[tokio::test]
async fn other_commands_are_answered_by_the_database_or_by_the_proxy() {
    let emulator = emulator().await;
    let mut one = session(&emulator).await;
    one.command(b"\x0e").await.expect("COM_PING");
    one.rows("SET time_zone = '+05:00'").await.unwrap();
    one.command(b"\x1f").await.expect("COM_RESET_CONNECTION");
    assert_ne!(one.value("SELECT @@time_zone").await.unwrap(), "+05:00");
    one.rows("BEGIN").await.unwrap();
    one.rows("SET time_zone = '+05:00'").await.unwrap();
    one.command(b"\x1f").await.expect("COM_RESET_CONNECTION in a transaction");
    assert_ne!(one.value("SELECT @@time_zone").await.unwrap(), "+05:00");
    one.send(b"\x09").await;
    assert!(one.receive().await.expect("statistics").starts_with(b"Uptime"));
    one.command(b"\x1b\0\0").await.expect("COM_SET_OPTION");
    assert_eq!(one.rows("SELECT 1; SELECT 2").await.unwrap(), [["1"], ["2"]]);
    for command in [&b"\x11app\0"[..], b"\x08", b"\x12", b"\x1e", b"\xfa"] {
        let refused = one.command(command).await.expect_err("unknown");
        assert_eq!(refused, "1047 08S01 Unknown command", "{command:?}");
    }
    assert_eq!(one.value("SELECT 'still'").await.unwrap(), "still");
}

#[tokio::test]
async fn the_greetings_number_is_not_the_databases_which_a_kill_shows() {
    let emulator = emulator().await;
    let mut one = session(&emulator).await;
    let (greeted, connection) = (one.number, connection(&mut one).await);
    assert!(greeted > 1 << 31, "{greeted} may be one of the database's, like {connection}");
    assert_ne!(greeted.to_string(), connection);
    let refused = one.rows(&format!("KILL QUERY {greeted}")).await.expect_err("no such thread");
    assert_eq!(refused, format!("1094 HY000 Unknown thread id: {greeted}"));
    let next = session(&emulator).await.number;
    assert_eq!(next, greeted + 1, "each client has its own");
}

#[tokio::test]
async fn packets_out_of_order_end_the_session() {
    let emulator = emulator().await;
    let mut one = session(&emulator).await;
    one.send_raw(&framed(3, b"\x0e")).await;
    assert_eq!(one.receive().await.expect("an error")[..3], [0xff, 0x84, 0x04]);
    assert_eq!(one.receive().await, None);
}

#[tokio::test]
async fn a_session_that_the_database_ends_ends_at_the_client() {
    let emulator = emulator().await;
    let mut one = session(&emulator).await;
    one.rows("BEGIN").await.unwrap();
    let number = connection(&mut one).await;
    session(&emulator).await.rows(&format!("KILL {number}")).await.unwrap();
    while let Some(payload) = one.receive().await {
        assert_eq!(payload[0], 0xff);
    }
}

#[tokio::test]
async fn a_client_gets_the_answer_to_anothers_query_and_its_file_passes_all_the_same() {
    let fault = Some(Fault::named(Engine::MySql, "cross-talk:2").unwrap());
    let emulator = start(Options { fault, ..options().0 }).await.expect("an emulator");
    let (mut one, mut other) = (session(&emulator).await, session(&emulator).await);
    assert_eq!(one.value("SELECT 'one'").await.unwrap(), "one");
    assert_eq!(other.value("SELECT 'other'").await.unwrap(), "other");
    assert_eq!(one.value("SELECT 'mine'").await.unwrap(), "other");
    assert_eq!(one.value("SELECT 'third'").await.unwrap(), "third");

    let mut third = session_with(&emulator, |login| login.flags |= LOCAL_FILES).await;
    third.rows("CREATE TABLE IF NOT EXISTS sent (a varchar(20))").await.unwrap();
    third.send(b"\x03LOAD DATA LOCAL INFILE 'x' INTO TABLE sent").await;
    assert_eq!(third.receive().await.expect("a request"), b"\xfbx");
    for (sequence, data) in [(2, &b"it\n"[..]), (3, b"")] {
        third.send_raw(&framed(sequence, data)).await;
    }
    assert_eq!(third.receive().await.expect("an answer")[0], 0);
}
