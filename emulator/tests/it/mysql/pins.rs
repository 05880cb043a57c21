//! What pins a session of MySQL's, and what is said about it.

use rds_proxy_emulator::{OnPin, Options, start};

use super::{connection, emulator, options, session, session_with};
use crate::support::mysql::MULTI;

#[tokio::test]
async fn a_user_variable_pins_and_the_connection_ends_with_the_session() {
    let (options, log) = options();
    let emulator = start(options).await.unwrap();
    let mut one = session(&emulator).await;
    let first = connection(&mut one).await;
    one.rows("SET @a = 5").await.unwrap();
    assert_ne!(connection(&mut session(&emulator).await).await, first);
    assert_eq!(one.value("SELECT @a").await.unwrap(), "5");
    assert_eq!(connection(&mut one).await, first);
    one.leave().await;
    let lines = log.read().join("\n");
    assert!(
        lines.contains(
            "Reason: SQL changed session settings that the proxy doesn't track. Consider moving \
             session configuration to the proxy's initialization query. Digest: \"SET @? = ? .\""
        ),
        "{lines}"
    );
    for _ in 0..3 {
        assert_ne!(connection(&mut session(&emulator).await).await, first);
    }
}

#[tokio::test]
async fn a_prepared_statement_of_the_protocol_works_and_pins() {
    let emulator = emulator().await;
    let mut one = session(&emulator).await;
    let first = connection(&mut one).await;
    one.send(b"\x16SELECT ? + 1, 'x'").await;
    let prepared = one.receive().await.expect("an answer");
    assert_eq!((prepared[0], prepared[5], prepared[7]), (0, 2, 1), "{prepared:?}");
    for _ in 0..5 {
        one.receive().await.expect("a definition");
    }
    let execute =
        [b"\x17", &prepared[1..5], b"\0\x01\0\0\0", b"\0\x01\x03\0", b"\x29\0\0\0"].concat();
    one.send(&execute).await;
    let mut row = Vec::new();
    for _ in 0..5 {
        row = one.receive().await.expect("a packet");
    }
    assert_eq!(row[row.len() - 1], b'x', "{row:?}");
    one.receive().await.expect("the end");
    assert_ne!(connection(&mut session(&emulator).await).await, first);
    one.send(&[b"\x19", &prepared[1..5]].concat()).await;
    assert_eq!(connection(&mut one).await, first);
}

#[tokio::test]
async fn with_on_pin_error_the_statement_is_refused_and_the_session_goes_on() {
    let emulator = start(Options { on_pin: OnPin::Error, ..options().0 }).await.unwrap();
    let mut one = session(&emulator).await;
    for text in ["SET @a = 5", "SELECT /*! 1 */", "CREATE TEMPORARY TABLE t (a int)"] {
        let refused = one.rows(text).await.expect_err("refused");
        assert!(
            refused.starts_with("1235 0A000 This statement would pin the session"),
            "{refused}"
        );
    }
    one.send(b"\x16SELECT 1").await;
    assert_eq!(one.receive().await.expect("an error")[0], 0xff);
    let first = connection(&mut one).await;
    assert_eq!(connection(&mut session(&emulator).await).await, first);
}

#[tokio::test]
async fn of_several_statements_of_which_one_fails_the_changes_are_unknown_and_the_session_is_pinned()
 {
    let emulator = emulator().await;
    let mut one = session_with(&emulator, |login| login.flags |= MULTI).await;
    let first = connection(&mut one).await;
    one.rows("SET time_zone = '+03:00'; SELECT none").await.expect_err("no such column");
    let mut other = session_with(&emulator, |login| login.flags |= MULTI).await;
    assert_ne!(connection(&mut other).await, first);
    assert_eq!(one.value("SELECT @@time_zone").await.unwrap(), "+03:00");
}

#[tokio::test]
async fn a_text_that_is_too_long_to_look_into_pins_and_works() {
    let emulator = emulator().await;
    let mut one = session(&emulator).await;
    let first = connection(&mut one).await;
    let long = "x".repeat(300_000);
    let value = one.value(&format!("SELECT LENGTH('{long}')")).await.unwrap();
    assert_eq!(value, "300000");
    assert_eq!(one.value(&format!("SELECT '{long}'")).await.unwrap(), long);
    assert_ne!(connection(&mut session(&emulator).await).await, first);
}
