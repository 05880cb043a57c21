//! What a MySQL, or a server in its place, can do wrong: the step, the code and whether trying again
//! can help, each twice in one function.

use serde_json::{Value, json};
use testkit::mysql::ok;
use testkit::postgres::SSL_REQUEST;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

use super::mysql_rows::{Row, at_the_login, at_the_question, before_tls};
use super::{Function, reports};
use crate::support::mysql::{Point, Script, Then, server, vars};
use crate::support::peer::{Issued, Peer, wait_for_end};
use crate::support::{Vars, check, steps};

/// The budget where a stall uses it up.
const STALLED_MS: u64 = 2_000;

/// What a report says, in the words of the table.
fn said(report: &Value) -> String {
    let diagnosis = &report["diagnosis"];
    let text = |value: &Value| value.as_str().unwrap_or("nothing").to_owned();
    let last = report["steps"].as_array().and_then(|steps| steps.last()).unwrap();
    assert_eq!(diagnosis["step"], last["step"], "{report:#}");
    assert_eq!(report["endpoint"]["engine"], "mysql");
    assert!(!diagnosis["causes"].as_array().unwrap().is_empty(), "{report:#}");
    let again = if diagnosis["transient"] == true { ", transient" } else { "" };
    let (code, step, status) = (&diagnosis["code"], &diagnosis["step"], &last["status"]);
    format!("{} at {} ({}){again}", text(code), text(step), text(status))
}

/// No cause of another engine's is in a report, in its sentences or commands.
fn speaks_of_mysql_alone(report: &Value) {
    let causes = report["diagnosis"]["causes"].to_string();
    for word in ["rds_iam", "pg_", "psql", "PgBouncer", "rds.force_ssl)"] {
        assert!(!causes.contains(word), "{word}: {causes}");
    }
    assert!(!causes.contains("PostgreSQL") || causes.contains("DB_ENGINE"), "{causes}");
}

#[tokio::test]
async fn each_leads_to_its_code_twice_and_to_no_cause_of_postgresqls() {
    let mut running = JoinSet::new();
    for Row { script, said: expected } in
        before_tls().into_iter().chain(at_the_login()).chain(at_the_question())
    {
        running.spawn(async move {
            let issued = Issued::new(|_| {});
            let peer = server(&issued, script.clone()).await;
            let budget = if expected.contains("(timeout)") { STALLED_MS } else { 20_000 };
            let vars = vars(&issued, &peer).with("PROBE_TIMEOUT_MS", budget);
            for report in reports::<2>(&vars).await {
                assert_eq!(said(&report), expected, "{script:?} {report:#}");
                speaks_of_mysql_alone(&report);
                if script.point == Point::Greeting && expected.contains("authenticate (failed)") {
                    assert!(!steps(&report).contains(&"tls"), "{report:#}");
                }
            }
        });
    }
    running.join_all().await;
}

#[tokio::test]
async fn a_server_that_does_everything_right_is_healthy_also_over_a_kept_session() {
    let issued = Issued::new(|_| {});
    let peer = server(&issued, Script::healthy()).await;
    let mut function = Function::start(&vars(&issued, &peer).with("DB_NAME", "orders")).await;
    let fresh = function.report(b"{}").await;
    assert_eq!(fresh["status"], "healthy", "{fresh:#}");
    assert_eq!(
        fresh["auth"],
        json!({"method": "iam", "asked": "mysql_clear_password", "user": "app"})
    );
    let database = json!({
        "name": "orders", "user": "app", "version": "8.0.28", "role": "writer", "read_only": false,
        "time": "2026-11-26T04:43:04.125Z",
    });
    assert_eq!(fresh["database"], database);
    let endpoint = (&fresh["endpoint"]["engine"], &fresh["endpoint"]["port"]);
    assert_eq!(endpoint, (&json!("mysql"), &json!(3306)));
    let message = fresh["message"].as_str().unwrap();
    assert!(message.contains("Logged in as \"app\", MySQL 8.0.28, writer"), "{message}");
    let kept = function.report(b"{}").await;
    assert_eq!((&kept["status"], &kept["session"]["reused"]), (&json!("healthy"), &json!(true)));
    assert_eq!(steps(&kept), ["config", "query"]);
    function.stop().await;
}

#[tokio::test]
async fn a_server_that_accepts_the_user_unasked_is_degraded() {
    let issued = Issued::new(|_| {});
    let script = Script { then: Then::GoesOn, ..Script::says(Point::Response, &[ok()]) };
    let peer = server(&issued, script).await;
    let [report] = reports(&vars(&issued, &peer)).await;
    assert_eq!(report["status"], "degraded", "{report:#}");
    assert_eq!(report["diagnosis"]["code"], "auth_not_asked");
    assert_eq!(report["auth"]["asked"], Value::Null);
    speaks_of_mysql_alone(&report);
}

/// The first cause of a probe of this server with this engine, whose code it is checked for.
async fn engine_cause(peer: &Peer, engine: &str, code: &str) -> String {
    let vars = Vars::to(peer.address).with("DB_ENGINE", engine);
    let [report] = reports(&vars.with("PROBE_TIMEOUT_MS", STALLED_MS)).await;
    check(&report, "tls", "failed", code);
    report["diagnosis"]["causes"][0].to_string()
}

#[tokio::test]
async fn a_server_of_the_other_engine_is_named_with_db_engine_as_the_remedy() {
    let issued = Issued::new(|_| {});
    let mysql = server(&issued, Script::healthy()).await;
    let cause = engine_cause(&mysql, "postgresql", "not_postgres").await;
    assert!(cause.contains("is a MySQL or MariaDB") && cause.contains("Set DB_ENGINE to mysql"));
    // With TLS and without.
    for answer in [b"S", b"N"] {
        let postgres = Peer::start(move |mut stream| async move {
            let mut request = [0; 8];
            drop(stream.read_exact(&mut request).await);
            if request == SSL_REQUEST {
                drop(stream.write_all(answer).await);
            }
            wait_for_end(&mut stream).await;
        })
        .await;
        let cause = engine_cause(&postgres, "mysql", "not_mysql").await;
        assert!(cause.contains("is a PostgreSQL database"), "{cause}");
        assert!(cause.contains("Set DB_ENGINE to postgresql"), "{cause}");
    }
}

#[tokio::test]
async fn a_server_that_expects_tls_at_once_is_not_mysql() {
    let issued = Issued::new(|_| {});
    let acceptor = issued.acceptor();
    let listener = Peer::start(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                wait_for_end(&mut stream).await;
            }
        }
    })
    .await;
    let cause = engine_cause(&listener, "mysql", "not_mysql").await;
    assert!(cause.contains("expects TLS from the first byte"), "{cause}");
    assert!(cause.contains("*.proxy-abc.eu-west-1"), "{cause}");
}
