//! Many invocations in one process, as on a managed instance: each has its own session and
//! its own answer, and sessions serve again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use testkit::function::Posted;
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::sync::{Barrier, Mutex, watch};

use crate::support::database::{database, vars};
use crate::support::peer::{Issued, Peer};
use crate::support::{Engine, Vars, by_engine, emulator, invoke, running};

by_engine!(
    sixty_four_at_once_have_sessions_of_their_own_which_serve_again,
    no_more_sessions_are_kept_than_invocations_may_be_under_way,
    an_answer_that_belongs_to_another_invocation_is_never_taken_for_health,
);

const CONCURRENCY: usize = 64;

/// The reports; each answers the invocation that it was posted for.
fn reports(posted: &[Posted]) -> Vec<Value> {
    let ids: BTreeSet<&str> = posted.iter().filter_map(|it| it.path.split('/').nth(4)).collect();
    assert_eq!(ids.len(), CONCURRENCY, "{ids:?}");
    let report = |posted: &Posted| {
        let report = posted.report();
        assert_eq!(report["request_id"], posted.path.split('/').nth(4).unwrap(), "{report:#}");
        assert_eq!((&report["status"], &report["retry"]), (&json!("healthy"), &Value::Null));
        report
    };
    posted.iter().map(report).collect()
}

/// How many of them were answered over a kept session.
fn reused(reports: &[Value]) -> usize {
    reports.iter().filter(|report| report["session"]["reused"] == true).count()
}

async fn sixty_four_at_once_have_sessions_of_their_own_which_serve_again(engine: Engine) {
    let emulator = emulator(engine).await;
    let address = emulator.address();
    // No one gets through before all are there, so that all log in at once.
    let gate = Arc::new(Barrier::new(CONCURRENCY));
    let hop = Peer::start(move |mut client| {
        let gate = Arc::clone(&gate);
        async move {
            gate.wait().await;
            let mut server = TcpStream::connect(address).await.unwrap();
            drop(copy_bidirectional(&mut client, &mut server).await);
        }
    })
    .await;
    let vars = Vars::of(&emulator).with("DB_CONNECT_TO", hop.address);
    let vars =
        vars.with("PROBE_TIMEOUT_MS", 30_000).with("AWS_LAMBDA_MAX_CONCURRENCY", CONCURRENCY);
    let mut function = running(&vars).await;

    let first = reports(&function.invoke_at_once(CONCURRENCY).await);
    assert_eq!(reused(&first), 0);
    assert_eq!(first.iter().filter(|report| report["cold_start"] == true).count(), 1);
    assert_eq!(emulator.passwords_received().len(), CONCURRENCY);

    let second = reports(&function.invoke_at_once(CONCURRENCY).await);
    assert_eq!(reused(&second), CONCURRENCY);
    assert_eq!(emulator.passwords_received().len(), CONCURRENCY, "none logged in again");

    let output = function.stop().await;
    assert_eq!(output.stderr, "");
    assert_eq!(output.stdout.lines().count(), 2 * 2 * CONCURRENCY);
    for line in output.stdout.lines() {
        assert!(serde_json::from_str::<Value>(line).unwrap().is_object(), "{line}");
    }
}

async fn no_more_sessions_are_kept_than_invocations_may_be_under_way(engine: Engine) {
    let emulator = emulator(engine).await;
    let address = emulator.address();
    let (open, mut watched) = watch::channel(0_usize);
    let hop = Peer::start(move |mut client| {
        let open = open.clone();
        async move {
            open.send_modify(|open| *open += 1);
            let mut server = TcpStream::connect(address).await.unwrap();
            drop(copy_bidirectional(&mut client, &mut server).await);
            open.send_modify(|open| *open -= 1);
        }
    })
    .await;
    for (max_concurrency, kept) in [("", 1), ("0", 1), ("3", 3)] {
        let vars = Vars::of(&emulator).with("DB_CONNECT_TO", hop.address);
        let handler = vars.with("AWS_LAMBDA_MAX_CONCURRENCY", max_concurrency).handler();
        for _ in 0..5 {
            let report = invoke(&handler, json!({"fresh": true})).await;
            assert_eq!(report["status"], "healthy", "{report:#}");
        }
        watched.wait_for(|open| *open == kept).await.unwrap();
        drop(handler);
        watched.wait_for(|open| *open == 0).await.unwrap();
    }
}

/// A server that gives each of its two clients the other's answer.
async fn crossing(engine: Engine, issued: &Issued) -> Peer {
    let nonces = Arc::new(Mutex::new([const { Vec::new() }; 2]));
    let (both, clients) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
    database(engine, issued, move |mut session| {
        let (nonces, both) = (Arc::clone(&nonces), Arc::clone(&both));
        let client = clients.fetch_add(1, Ordering::Relaxed) % 2;
        async move {
            session.log_in().await;
            while let Some(nonce) = session.question().await {
                nonces.lock().await[client] = nonce;
                both.wait().await;
                let others = nonces.lock().await[1 - client].clone();
                session.answer(&others).await;
            }
        }
    })
    .await
}

async fn an_answer_that_belongs_to_another_invocation_is_never_taken_for_health(engine: Engine) {
    let issued = Issued::new(|_| {});
    let peer = crossing(engine, &issued).await;
    let handler = vars(engine, &issued, &peer).with("AWS_LAMBDA_MAX_CONCURRENCY", 2).handler();
    let (one, other) = tokio::join!(invoke(&handler, json!({})), invoke(&handler, json!({})));
    for report in [one, other] {
        crate::support::check(&report, "query", "failed", "query_failed");
        let summary = report["diagnosis"]["summary"].as_str().unwrap();
        assert!(summary.contains("it carries another probe's nonce"), "{summary}");
    }
}
