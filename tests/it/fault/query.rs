//! `query`: a session that is signed in and then does not answer as it should.

use serde_json::Value;

use super::authenticate::{Then, conversation};
use crate::support::check;
use crate::support::peer::{ask_for_password, error_response, health_row, message, ready};

async fn answered_with(answer: Vec<u8>, then: Then) -> Value {
    conversation(&[ask_for_password(), ready(), answer], then).await
}

#[tokio::test]
async fn what_the_server_says_decides_the_code() {
    for (sqlstate, text, code, transient) in [
        ("08000", "Timed-out waiting to acquire database connection", "borrow_timeout", true),
        (
            "57P01",
            "terminating connection due to administrator command",
            "server_unavailable",
            true,
        ),
        ("57P05", "terminating connection due to idle-session timeout", "connection_lost", true),
        ("40001", "terminating connection due to conflict with recovery", "connection_lost", true),
        ("40001", "canceling statement due to conflict with recovery", "query_failed", true),
        ("57014", "canceling statement due to statement timeout", "query_timeout", true),
        ("42501", "permission denied for function pg_is_in_recovery", "query_failed", false),
        ("XX000", "Unknown error.", "query_failed", true),
    ] {
        let answer = [error_response(sqlstate, text), message(b'Z', b"I")].concat();
        let report = answered_with(answer, Then::Hold).await;
        check(&report, "query", "failed", code);
        assert_eq!(report["diagnosis"]["server_message"], text);
        assert_eq!(report["diagnosis"]["transient"], transient, "{text}");
    }
}

// Not under the paused clock: it jumps as soon as a peer's task waits for its socket, and this
// conversation is several answers long.
#[tokio::test]
async fn silence_is_query_timeout() {
    check(&answered_with(vec![], Then::Hold).await, "query", "timeout", "query_timeout");
}

#[tokio::test]
async fn a_close_is_connection_lost() {
    check(&answered_with(vec![], Then::Close).await, "query", "failed", "connection_lost");
}

#[tokio::test]
async fn a_message_of_two_gibibytes_is_query_failed() {
    let report = answered_with(b"D\x7f\xff\xff\xff".to_vec(), Then::Hold).await;
    check(&report, "query", "failed", "query_failed");
}

#[tokio::test]
async fn an_answer_without_a_row_is_query_failed() {
    let empty = [
        message(b'1', b""),
        message(b'2', b""),
        message(b'n', b""),
        message(b'C', b"SELECT 0\0"),
        message(b'Z', b"I"),
    ];
    let report = answered_with(empty.concat(), Then::Hold).await;
    check(&report, "query", "failed", "query_failed");
}

#[tokio::test]
async fn a_row_with_another_nonce_is_query_failed() {
    let report = answered_with(foreign_row(), Then::Hold).await;
    check(&report, "query", "failed", "query_failed");
    let summary = report["diagnosis"]["summary"].as_str().unwrap();
    assert!(summary.contains("nonce"), "{summary}");
}

/// A whole and well-formed answer that was made for another question.
fn foreign_row() -> Vec<u8> {
    health_row(b"00000000000000000000000000000000")
}
