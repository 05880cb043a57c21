//! `query`: a session that is logged in and then does not answer as it should.

use serde_json::Value;

use super::authenticate::{conversation, probe_trusting};
use crate::support::database::{Session, TEXTS, Texts, database};
use crate::support::peer::{Issued, ask_for_password, error_response, message, ready};
use crate::support::{Engine, by_engine, check};

by_engine!(
    silence_is_query_timeout,
    a_close_is_connection_lost,
    a_row_with_another_nonce_is_query_failed,
    a_token_that_comes_back_in_an_answer_does_not_get_into_the_report,
);

/// Probes a PostgreSQL whose answer to the question is this.
async fn answered_with(answer: Vec<u8>) -> Value {
    conversation(&[ask_for_password(), ready(), answer]).await
}

// For MySQL the table of `matrix::mysql` has the same.
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
        let report = answered_with(answer).await;
        check(&report, "query", "failed", code);
        assert_eq!(report["diagnosis"]["server_message"], text);
        assert_eq!(report["diagnosis"]["transient"], transient, "{text}");
    }
}

/// Probes a database that, once it has been asked, does this.
async fn asked<F>(
    engine: Engine,
    answer: impl Fn(Session, Vec<u8>, String) -> F + Clone + Send + Sync + 'static,
) -> Value
where
    F: Future<Output = Session> + Send + 'static,
{
    let issued = Issued::new(|_| {});
    let peer = database(engine, &issued, move |mut session| {
        let answer = answer.clone();
        async move {
            let token = session.log_in().await;
            let nonce = session.question().await.unwrap();
            answer(session, nonce, token).await.wait_for_end().await;
        }
    })
    .await;
    probe_trusting(engine, &issued, peer.address).await
}

// Not under the paused clock: it jumps as soon as a peer's task waits for its socket, and this
// conversation is several answers long.
async fn silence_is_query_timeout(engine: Engine) {
    let report = asked(engine, |session, _, _| async { session }).await;
    check(&report, "query", "timeout", "query_timeout");
}

async fn a_close_is_connection_lost(engine: Engine) {
    let close = |mut session: Session, _, _| async {
        session.close().await;
        session
    };
    check(&asked(engine, close).await, "query", "failed", "connection_lost");
}

#[tokio::test]
async fn a_message_of_two_gibibytes_is_query_failed() {
    let report = answered_with(b"D\x7f\xff\xff\xff".to_vec()).await;
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
    check(&answered_with(empty.concat()).await, "query", "failed", "query_failed");
}

async fn a_row_with_another_nonce_is_query_failed(engine: Engine) {
    let foreign = |mut session: Session, _, _| async {
        session.answer(b"00000000000000000000000000000000").await;
        session
    };
    let report = asked(engine, foreign).await;
    check(&report, "query", "failed", "query_failed");
    let summary = report["diagnosis"]["summary"].as_str().unwrap();
    assert!(summary.contains("nonce"), "{summary}");
    let cause = report["diagnosis"]["causes"][0]["cause"].as_str().unwrap();
    assert!(cause.contains("mixed up sessions"), "{cause}");
}

async fn a_token_that_comes_back_in_an_answer_does_not_get_into_the_report(engine: Engine) {
    for column in 0..3 {
        let repeat = move |mut session: Session, nonce: Vec<u8>, token: String| async move {
            let texts = match column {
                0 => Texts { database: &token, ..TEXTS },
                1 => Texts { user: &token, ..TEXTS },
                _ => Texts { version: &token, ..TEXTS },
            };
            session.answer_with(texts, &nonce).await;
            session
        };
        let report = asked(engine, repeat).await;
        assert!(!report.to_string().contains("X-Amz-Signature"), "{report:#}");
        if column == 2 {
            // A version must look like one.
            check(&report, "query", "failed", "query_failed");
        } else {
            assert_eq!(report["status"], "healthy", "{report:#}");
        }
    }
}

/// Probes a PostgreSQL whose answer to the question is made of the token.
async fn answering(answer: impl Fn(&str) -> Vec<u8> + Clone + Send + Sync + 'static) -> Value {
    let answer = move |mut session: Session, _, token: String| {
        let answer = answer(&token);
        async move {
            session.send(&answer).await;
            session
        }
    };
    asked(Engine::PostgreSql, answer).await
}

#[tokio::test]
async fn a_token_in_the_place_of_an_sqlstate_does_not_get_into_the_report() {
    let report =
        answering(|token| [error_response(token, "no"), message(b'Z', b"I")].concat()).await;
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
        let report = conversation(&[ask_for_password(), let_in]).await;
        check(&report, "authenticate", "failed", "auth_failed");
        assert_says_too_much(&report);
    }
    let begun = [message(b'1', b""), message(b'2', b""), message(b'T', &[0, 0])].concat();
    for (before, endless) in [(&[][..], notice), (&[], parameter_status), (&begun, row)] {
        let flood = [before, &endless.repeat(1 << 17)].concat();
        let report = answering(move |_| flood.clone()).await;
        check(&report, "query", "failed", "query_failed");
        assert_says_too_much(&report);
    }
}

#[track_caller]
fn assert_says_too_much(report: &Value) {
    let summary = report["diagnosis"]["summary"].as_str().unwrap();
    assert!(summary.contains("it sent more than any probe takes"), "{summary}");
}
