//! Random bytes at every point where a server speaks: whatever they are, and whether the server
//! then closes or says nothing more, the probe ends in a report with a code.
//!
//! More than 10,000 conversations of each engine with the function in this process. Half of the
//! bytes are built like what is due at the point, since pure noise is thrown away at the first byte. What fails is
//! kept in `wire.regressions` beside this file, and tried first from then on.

mod mysql;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestRunner};
use rds_proxy_probe::diagnosis::Code;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::runtime::Runtime;

use crate::support::peer::{
    Issued, Peer, ask_for_password, message, ready, ssl_request, wait_for_end,
};
use crate::support::{Vars, invoke};

const REGRESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/wire/wire.regressions");

/// Where the bytes take the place of what a server should say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    Ssl,
    Handshake,
    Startup,
    Password,
    Query,
}

/// What the server says at the point, and whether it then closes the connection.
#[derive(Clone, Debug, Default)]
struct Speech {
    bytes: Vec<u8>,
    closes: bool,
}

/// The kinds of message that a server may send
/// (<https://www.postgresql.org/docs/current/protocol-message-formats.html>), and one that is none.
const KINDS: &[u8] = b"RRRRESSKZZTDCAINnst123vdGHWcV\xff";

/// Messages with bodies and lengths that are right as often as not.
fn messages() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop::sample::select(KINDS);
    let request = (0..14_i32, vec(any::<u8>(), 0..30))
        .prop_map(|(code, rest)| [&code.to_be_bytes()[..], &rest].concat());
    let fields =
        vec((prop::sample::select(&b"SVCMDHFLR\0"[..]), "[ -~é]{0,20}"), 0..6).prop_map(|fields| {
            let field = |(kind, text): &(u8, String)| [&[*kind], text.as_bytes(), &[0]].concat();
            fields.iter().flat_map(field).collect::<Vec<u8>>()
        });
    let body = prop_oneof![request, fields, vec(any::<u8>(), 0..60)];
    let one = (kind, body, prop_oneof![4 => Just(None), 1 => any::<u32>().prop_map(Some)]);
    let one = one.prop_map(|(kind, body, length)| {
        let mut message = message(kind, &body);
        if let Some(length) = length {
            message[1..5].copy_from_slice(&length.to_be_bytes());
        }
        message
    });
    vec(one, 1..6).prop_map(|all| all.concat())
}

/// TLS records: <https://www.rfc-editor.org/rfc/rfc8446#section-5.1>.
fn records() -> impl Strategy<Value = Vec<u8>> {
    let one = (20..25_u8, 0..6_u8, 0..25_u8, vec(any::<u8>(), 0..200));
    let one = one.prop_map(|(kind, version, handshake, body)| {
        let length = u16::try_from(body.len()).unwrap();
        let inner = [&[handshake, 0][..], &length.to_be_bytes(), &body].concat();
        let length = u16::try_from(inner.len()).unwrap().to_be_bytes();
        [&[kind, 3, version][..], &length, &inner].concat()
    });
    vec(one, 1..4).prop_map(|all| all.concat())
}

fn bytes(point: Point) -> BoxedStrategy<Vec<u8>> {
    let noise = vec(any::<u8>(), 0..400);
    match point {
        Point::Ssl => {
            let first = prop::sample::select(&b"SNEGH\x15\x16"[..]);
            let rest = prop_oneof![messages(), records(), vec(any::<u8>(), 0..100)];
            let begun = (first, rest).prop_map(|(first, rest)| [&[first][..], &rest].concat());
            prop_oneof![noise, begun].boxed()
        }
        Point::Handshake => prop_oneof![noise, records()].boxed(),
        Point::Startup | Point::Password | Point::Query => {
            prop_oneof![1 => noise, 3 => messages()].boxed()
        }
    }
}

/// Says it, and then closes the connection or not.
async fn say(speech: &Speech, stream: &mut (impl AsyncWrite + tokio::io::AsyncRead + Unpin)) {
    // A client that has heard enough is gone.
    if stream.write_all(&speech.bytes).await.is_err() || stream.flush().await.is_err() {
        return;
    }
    if speech.closes {
        drop(stream.shutdown().await);
    }
    wait_for_end(stream).await;
}

/// A server that is in order up to the point, and the environment that leads to it.
async fn server(point: Point, speech: Arc<Mutex<Speech>>, issued: &Issued) -> (Peer, Vars) {
    let next = move || speech.lock().unwrap().clone();
    let peer = if let Point::Ssl | Point::Handshake = point {
        Peer::start(move |mut stream| {
            let speech = next();
            async move {
                ssl_request(&mut stream).await;
                if point == Point::Handshake {
                    stream.write_all(b"S").await.unwrap();
                }
                say(&speech, &mut stream).await;
            }
        })
        .await
    } else {
        issued
            .peer(move |mut stream| {
                let speech = next();
                async move {
                    let mut heard = [0; 4096];
                    if point != Point::Startup {
                        stream.write_all(&ask_for_password()).await.unwrap();
                        assert_ne!(stream.read(&mut heard).await.unwrap(), 0, "the password");
                    }
                    if point == Point::Query {
                        stream.write_all(&ready()).await.unwrap();
                        assert_ne!(stream.read(&mut heard).await.unwrap(), 0, "the query");
                    }
                    say(&speech, &mut stream).await;
                }
            })
            .await
    };
    let vars = Vars::to(peer.address);
    let vars = match point {
        Point::Ssl | Point::Handshake => vars,
        Point::Startup | Point::Password | Point::Query => {
            vars.with("DB_CA_FILE", issued.ca_file())
        }
    };
    (peer, vars)
}

/// Whether a report is one of a failed probe, whole, and without a secret.
fn check(report: &Value) -> Result<(), TestCaseError> {
    let diagnosis = &report["diagnosis"];
    let code = diagnosis["code"].as_str().unwrap_or_default();
    prop_assert!(Code::ALL.iter().any(|known| known.as_str() == code), "{report:#}");
    prop_assert_eq!(&report["status"], "unhealthy", "{:#}", report);
    prop_assert_eq!(
        &diagnosis["step"],
        &report["steps"].as_array().unwrap().last().unwrap()["step"]
    );
    prop_assert!(diagnosis["causes"].as_array().is_some_and(|causes| !causes.is_empty()));
    prop_assert!(!report.to_string().contains("canary"), "a secret got out");
    Ok(())
}

/// Tries so many speeches of PostgreSQL. Most get as far as `step`.
fn try_all(point: Point, cases: u32, pace: (u32, Runtime, u64), step: &str) {
    let speech = Arc::new(Mutex::new(Speech::default()));
    let issued = Issued::new(|_| {});
    let (_peer, vars) = pace.1.block_on(server(point, Arc::clone(&speech), &issued));
    try_speeches((bytes(point), &speech), &vars, cases, pace, step);
}

/// Tries so many speeches of the server where these variables lead; one in `holds` leaves the
/// connection open.
fn try_speeches(
    (bytes, speech): (BoxedStrategy<Vec<u8>>, &Mutex<Speech>),
    vars: &Vars,
    cases: u32,
    (holds, runtime, budget_ms): (u32, Runtime, u64),
    step: &str,
) {
    let handler = vars.clone().with("PROBE_TIMEOUT_MS", budget_ms).handler();
    let mut reached = 0;
    let config = ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS))),
        ..ProptestConfig::default()
    };
    let closes = prop_oneof![1 => Just(false), holds - 1 => Just(true)];
    let speeches = (bytes, closes).prop_map(|(bytes, closes)| Speech { bytes, closes });
    let counted = std::cell::RefCell::new(&mut reached);
    let result = TestRunner::new(config).run(&speeches, |case| {
        *speech.lock().unwrap() = case;
        // Against hanging alone: a hundred budgets.
        let patience = Duration::from_millis(100 * budget_ms);
        let probe = invoke(&handler, json!({ "fresh": true }));
        let report = runtime.block_on(async { tokio::time::timeout(patience, probe).await });
        let report = report.map_err(|late| TestCaseError::fail(late.to_string()))?;
        **counted.borrow_mut() += u32::from(report["diagnosis"]["step"] == step);
        check(&report)
    });
    result.unwrap();
    assert!(reached > cases / 2, "{reached} of {cases} got as far as {step}");
}

/// A clock that stands still while anything happens, so that waiting costs nothing. It is for
/// conversations of one answer; see `fault::query`.
fn paused() -> (u32, Runtime, u64) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    (4, builder.enable_all().start_paused(true).build().unwrap(), 5_000)
}

/// The real clock, and so few held connections and a small budget.
fn real() -> (u32, Runtime, u64) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    (100, builder.enable_all().build().unwrap(), 300)
}

#[test]
fn whatever_answers_ssl_request_ends_in_a_report() {
    try_all(Point::Ssl, 4_000, paused(), "tls");
}

#[test]
fn whatever_answers_the_handshake_ends_in_a_report() {
    try_all(Point::Handshake, 3_200, paused(), "tls");
}

#[test]
fn whatever_answers_the_startup_packet_ends_in_a_report() {
    try_all(Point::Startup, 1_000, real(), "authenticate");
}

#[test]
fn whatever_answers_the_password_ends_in_a_report() {
    try_all(Point::Password, 1_000, real(), "authenticate");
}

#[test]
fn whatever_answers_the_query_ends_in_a_report() {
    try_all(Point::Query, 1_000, real(), "query");
}
