//! `query`: a session that is signed in and then does not answer as it should.

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;

use super::authenticate::{Then, conversation, probe_trusting};
use crate::support::check;
use crate::support::peer::{
    Issued, ask_for_password, error_response, health_row, health_row_of, log_in, message, question,
    ready, wait_for_end,
};

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
    let cause = report["diagnosis"]["causes"][0]["cause"].as_str().unwrap();
    assert!(cause.contains("mixed up sessions"), "{cause}");
}

/// A whole and well-formed answer that was made for another question.
fn foreign_row() -> Vec<u8> {
    health_row(b"00000000000000000000000000000000")
}

/// Probes a server whose answer is made of the question's nonce and the token.
async fn answering(
    answer: impl Fn(&[u8], &str) -> Vec<u8> + Clone + Send + Sync + 'static,
) -> Value {
    let issued = Issued::new(|_| {});
    let peer = issued
        .peer(move |mut stream| {
            let answer = answer.clone();
            async move {
                let token = log_in(&mut stream).await;
                let nonce = question(&mut stream).await.unwrap();
                // The client may be gone before it has read all of it.
                stream.write_all(&answer(&nonce, &token)).await.unwrap_or_default();
                wait_for_end(&mut stream).await;
            }
        })
        .await;
    probe_trusting(&issued, peer.address).await
}

#[tokio::test]
async fn a_token_that_comes_back_in_an_answer_does_not_get_into_the_report() {
    for column in 0..3 {
        let report = answering(move |nonce, token| {
            let mut texts = ["postgres", "app", "16.4"];
            texts[column] = token;
            health_row_of(texts, nonce)
        })
        .await;
        assert!(!report.to_string().contains("X-Amz-Signature"), "{report:#}");
        if column == 2 {
            // A version must look like one.
            check(&report, "query", "failed", "query_failed");
        } else {
            assert_eq!(report["status"], "healthy", "{report:#}");
        }
    }
}

#[tokio::test]
async fn a_token_in_the_place_of_an_sqlstate_does_not_get_into_the_report() {
    let report =
        answering(|_, token| [error_response(token, "no"), message(b'Z', b"I")].concat()).await;
    check(&report, "query", "failed", "query_failed");
    assert_eq!(report["diagnosis"]["sqlstate"], Value::Null);
    assert!(!report.to_string().contains("X-Amz-Algorithm"), "{report:#}");
}

#[tokio::test]
async fn endless_small_messages_end_the_probe_instead_of_filling_memory() {
    let notice = message(b'N', b"SNOTICE\0C00000\0M\0\0");
    let parameter_status = message(b'S', b"a\0b\0");
    let row = message(b'D', &[0, 0]);
    for endless in [&notice, &parameter_status] {
        let let_in = [message(b'R', &[0; 4]), endless.repeat(1 << 17)].concat();
        let report = conversation(&[ask_for_password(), let_in], Then::Hold).await;
        check(&report, "authenticate", "failed", "auth_failed");
        assert_says_too_much(&report);
    }
    let begun = [message(b'1', b""), message(b'2', b""), message(b'T', &[0, 0])].concat();
    for (before, endless) in [(&[][..], notice), (&[], parameter_status), (&begun, row)] {
        let flood = [before, &endless.repeat(1 << 17)].concat();
        let report = answering(move |_, _| flood.clone()).await;
        check(&report, "query", "failed", "query_failed");
        assert_says_too_much(&report);
    }
}

#[track_caller]
fn assert_says_too_much(report: &Value) {
    let summary = report["diagnosis"]["summary"].as_str().unwrap();
    assert!(summary.contains("it sent more than any probe takes"), "{summary}");
}
