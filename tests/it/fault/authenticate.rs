//! `authenticate`: what a server can say, or not say, instead of letting the function in.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::database::{Refusal, Session, database};
use crate::support::peer::{Issued, ask_for_password, error_response, message, wait_for_end};
use crate::support::{Engine, Vars, by_engine, check, probe};

by_engine!(
    a_close_at_each_point_of_the_login_is_auth_connection_lost,
    a_server_that_asks_for_no_token_is_auth_not_asked_at_the_login,
    a_cluster_that_refuses_the_clients_host_is_connect_not_permitted,
    a_server_that_repeats_what_it_got_does_not_make_the_report_repeat_it,
);
by_engine!(
    #[tokio::test(start_paused = true)]
    silence_in_the_login_is_auth_timeout
);

/// Probes a PostgreSQL that says these things after the startup message, each but the first once it
/// has heard the client's answer to the one before.
pub(super) async fn conversation(says: &[Vec<u8>]) -> Value {
    let says = says.to_vec();
    let issued = Issued::new(|_| {});
    let peer = issued
        .peer(move |mut stream| {
            let says = says.clone();
            async move {
                for (number, bytes) in says.iter().enumerate() {
                    if number > 0 && stream.read(&mut [0; 4096]).await.unwrap() == 0 {
                        return;
                    }
                    stream.write_all(bytes).await.unwrap();
                    stream.flush().await.unwrap();
                }
                wait_for_end(&mut stream).await;
            }
        })
        .await;
    probe_trusting(Engine::PostgreSql, &issued, peer.address).await
}

/// Probes an address whose certificate's issuer is trusted.
pub(super) async fn probe_trusting(engine: Engine, issued: &Issued, address: SocketAddr) -> Value {
    probe_with_anchors(issued, Vars::to(address).of_engine(engine)).await
}

async fn probe_with_anchors(issued: &Issued, vars: Vars) -> Value {
    let vars = vars.with("DB_CA_FILE", issued.ca_file());
    probe(&vars.with("PROBE_TIMEOUT_MS", 2_000)).await
}

async fn login(bytes: Vec<u8>) -> Value {
    conversation(&[bytes]).await
}

async fn refused(sqlstate: &str, text: &str) -> Value {
    login(error_response(sqlstate, text)).await
}

/// SQLSTATE, text, and the code that they must lead to.
const SAID: &[(&str, &str, &str)] = &[
    (
        "28P01",
        "The IAM authentication failed for the role app. Check the IAM token for this role and try again.",
        "iam_rejected",
    ),
    (
        "53300",
        "The IAM authentication failed because of too many competing requests.",
        "iam_throttled",
    ),
    (
        "28000",
        "This RDS proxy has no credentials for the role app. Check the credentials for this role and try again.",
        "proxy_has_no_credentials",
    ),
    ("28P01", "The password that was provided for the role app is wrong.", "password_rejected"),
    (
        "28000",
        "RDS Proxy supports only IAM, MD5, or SCRAM authentication.",
        "auth_method_unsupported",
    ),
    (
        "28000",
        "Enable IAM authentication for the client connection to the proxy and try again.",
        "auth_method_unsupported",
    ),
    (
        "28000",
        "Configure IAM authentication as the DefaultAuthScheme in your proxy and try again.",
        "auth_method_unsupported",
    ),
    ("28000", "This RDS Proxy requires TLS connections", "tls_required"),
    ("28000", "PAM authentication failed for user \"app\"", "pam_rejected"),
    (
        "0A000",
        "Feature not supported: RDS Proxy currently doesn’t support command-line options.",
        "startup_parameter_unsupported",
    ),
    (
        "0A000",
        "Feature not supported: RDS Proxy currently doesn't support the option x.",
        "startup_parameter_unsupported",
    ),
    ("3D000", "database \"app\" does not exist", "database_not_found"),
    ("XX000", "Request returned an error: database \"app\" does not exist", "database_not_found"),
    ("42501", "permission denied for database \"app\"", "connect_not_permitted"),
    (
        "28000",
        "no pg_hba.conf entry for host \"10.0.0.1\", user \"app\", database \"app\", SSL encryption",
        "connect_not_permitted",
    ),
    (
        "28000",
        "no pg_hba.conf entry for host \"10.0.0.1\", user \"app\", database \"app\", no encryption",
        "tls_required",
    ),
    ("53300", "sorry, too many clients already", "too_many_connections"),
    (
        "08004",
        "The maximum number of client connections to the proxy exceeded 100.",
        "too_many_connections",
    ),
    ("08004", "Rate of connection to proxy exceeded 100.", "connection_rate_exceeded"),
    ("08000", "Timed-out waiting to acquire database connection", "borrow_timeout"),
    ("08000", "Target group doesnt have any associated read-only instances", "no_reader"),
    (
        "08000",
        "The target group doesn't have any associated read/write instances",
        "server_unavailable",
    ),
    ("57P03", "the database system is starting up", "server_unavailable"),
    ("57014", "canceling authentication due to timeout", "auth_timeout"),
    ("57P05", "terminating connection due to idle-session timeout", "auth_connection_lost"),
    ("28000", "role \"app\" does not exist", "auth_failed"),
    ("XX000", "Unknown error.", "auth_failed"),
];

#[tokio::test]
async fn what_the_server_says_decides_the_code() {
    for (sqlstate, text, code) in SAID {
        let report = refused(sqlstate, text).await;
        check(&report, "authenticate", "failed", code);
        assert_eq!(report["diagnosis"]["sqlstate"], *sqlstate);
        assert_eq!(report["diagnosis"]["server_message"], *text);
    }
}

/// Probes a database whose sessions do this.
async fn met<F>(
    engine: Engine,
    serve: impl Fn(Session) -> F + Clone + Send + Sync + 'static,
) -> Value
where
    F: Future<Output = ()> + Send + 'static,
{
    let issued = Issued::new(|_| {});
    let peer = database(engine, &issued, serve).await;
    probe_trusting(engine, &issued, peer.address).await
}

async fn a_close_at_each_point_of_the_login_is_auth_connection_lost(engine: Engine) {
    // Half of a message, and half of the login.
    let (half, logged_in): (&[u8], _) = match engine {
        Engine::PostgreSql => (b"R\0\0", [ask_for_password(), message(b'R', &[0; 4])].concat()),
        Engine::MySql => (b"\x16\0", b"\x07\0\0\x03\0\0".to_vec()),
    };
    for said in [b"", half, &logged_in] {
        let said = said.to_vec();
        let report = met(engine, move |mut session| {
            let said = said.clone();
            async move {
                session.send(&said).await;
                session.close().await;
            }
        })
        .await;
        check(&report, "authenticate", "failed", "auth_connection_lost");
    }
    let asked = met(engine, |mut session| async move {
        session.password().await;
        session.close().await;
    })
    .await;
    check(&asked, "authenticate", "failed", "auth_connection_lost");
}

async fn silence_in_the_login_is_auth_timeout(engine: Engine) {
    let report = met(engine, |mut session| async move { session.wait_for_end().await }).await;
    check(&report, "authenticate", "timeout", "auth_timeout");
    let asked = met(engine, |mut session| async move {
        session.password().await;
        session.wait_for_end().await;
    })
    .await;
    check(&asked, "authenticate", "timeout", "auth_timeout");
}

#[tokio::test]
async fn a_message_of_two_gibibytes_is_auth_failed_and_is_not_waited_for() {
    let report = login(b"E\x7f\xff\xff\xff".to_vec()).await;
    check(&report, "authenticate", "failed", "auth_failed");
    let summary = report["diagnosis"]["summary"].as_str().unwrap();
    assert!(summary.contains("announced a message of 2147483647 bytes"), "{summary}");
}

#[tokio::test]
async fn rubbish_is_auth_failed() {
    for bytes in [&b"X\0\0\0\x04"[..], b"R\0\0\0\0", b"R\0\0\0\x05\0", b"Z\0\0\0\x05I"] {
        let report = login(bytes.to_vec()).await;
        check(&report, "authenticate", "failed", "auth_failed");
    }
}

#[tokio::test]
async fn a_request_for_anything_but_the_token_is_auth_method_unsupported_and_nothing_is_sent() {
    let sasl = message(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0");
    let md5 = message(b'R', b"\0\0\0\x05salt");
    let gss = message(b'R', b"\0\0\0\x07");
    for asked in [sasl, md5, gss] {
        let report = login(asked).await;
        check(&report, "authenticate", "failed", "auth_method_unsupported");
    }
}

async fn a_server_that_asks_for_no_token_is_auth_not_asked_at_the_login(engine: Engine) {
    let issued = Issued::new(|_| {});
    let peer = database(engine, &issued, |mut session| async move {
        session.accept().await;
        while let Some(nonce) = session.question().await {
            session.answer(&nonce).await;
        }
    })
    .await;
    let report = probe_trusting(engine, &issued, peer.address).await;
    let diagnosis = &report["diagnosis"];
    assert_eq!(diagnosis["code"], "auth_not_asked", "{report:#}");
    assert_eq!((&report["status"], &report["auth"]["asked"]), (&"degraded".into(), &Value::Null));
    assert_eq!(diagnosis["step"], "authenticate");
    let evidence = format!("DB_CONNECT_TO is \"{}\".", peer.address);
    assert_eq!(diagnosis["causes"][0]["evidence"], evidence);
}

/// A cluster's own name instead of a proxy's, with a certificate for it.
const CLUSTER: &str = "app.cluster-abc.eu-west-1.rds.amazonaws.com";

/// A database that does not admit the client's host.
const HOST_DENIED: Refusal = Refusal {
    sqlstate: "28000",
    postgresql: "no pg_hba.conf entry for host \"10.0.0.1\", user \"app\", database \"app\", \
                 SSL encryption",
    number: 1130,
    mysql: "Host '10.0.0.1' is not allowed to connect to this MySQL server",
};

async fn a_cluster_that_refuses_the_clients_host_is_connect_not_permitted(engine: Engine) {
    let issued = Issued::new(|leaf| {
        leaf.subject_alt_names = vec![rcgen::SanType::DnsName(CLUSTER.try_into().unwrap())];
    });
    let peer = database(engine, &issued, |mut session| async move {
        session.refuse(HOST_DENIED).await;
        session.wait_for_end().await;
    })
    .await;
    let vars = Vars::to(peer.address).of_engine(engine).with("DB_HOST", CLUSTER);
    let report = probe_with_anchors(&issued, vars).await;
    check(&report, "authenticate", "failed", "connect_not_permitted");
    // An Aurora PostgreSQL says so while it resumes.
    let resumes = engine == Engine::PostgreSql;
    let diagnosis = &report["diagnosis"];
    assert_eq!(diagnosis["transient"], resumes, "{report:#}");
    let first = diagnosis["causes"][0]["cause"].as_str().unwrap();
    assert_eq!(first.contains("resuming"), resumes, "{report:#}");
}

async fn a_server_that_repeats_what_it_got_does_not_make_the_report_repeat_it(engine: Engine) {
    let report = met(engine, |mut session| async move {
        let token = session.password().await.unwrap();
        session.refuse_with(UNKNOWN, &format!("bad token {token}")).await;
        session.wait_for_end().await;
    })
    .await;
    check(&report, "authenticate", "failed", "auth_failed");
    let said = report["diagnosis"]["server_message"].as_str().unwrap();
    assert!(said.starts_with("bad token app.proxy-abc."), "{said}");
    assert!(said.ends_with("&X-Amz-Credential=(redacted)"), "{said}");
    assert!(!report.to_string().contains("X-Amz-Signature"));
}

/// An error that says nothing.
const UNKNOWN: Refusal = Refusal { sqlstate: "28000", postgresql: "", number: 1105, mysql: "" };
