//! `authenticate`: what a server can say, or not say, instead of letting the function in.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::peer::{
    Issued, ask_for_password, client_message, error_response, health_row, message, parameter,
    ready, wait_for_end,
};
use crate::support::{Vars, check, probe};

/// What a peer does when it has said everything.
#[derive(Clone, Copy)]
pub(super) enum Then {
    Close,
    Hold,
}

/// Probes a peer that says these things after the startup message, each but the first once it
/// has heard the client's answer to the one before.
pub(super) async fn conversation(says: &[Vec<u8>], then: Then) -> Value {
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
                match then {
                    Then::Close => stream.shutdown().await.unwrap_or_default(),
                    Then::Hold => wait_for_end(&mut stream).await,
                }
            }
        })
        .await;
    probe_trusting(&issued, peer.address).await
}

/// Probes an address whose certificate's issuer is trusted.
pub(super) async fn probe_trusting(issued: &Issued, address: SocketAddr) -> Value {
    probe_with_anchors(issued, Vars::to(address)).await
}

async fn probe_with_anchors(issued: &Issued, vars: Vars) -> Value {
    let vars = vars.with("DB_CA_FILE", issued.ca_file());
    probe(&vars.with("PROBE_TIMEOUT_MS", 2_000)).await
}

async fn login(bytes: Vec<u8>, then: Then) -> Value {
    conversation(&[bytes], then).await
}

async fn refused(sqlstate: &str, text: &str) -> Value {
    login(error_response(sqlstate, text), Then::Hold).await
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

#[tokio::test]
async fn a_close_at_each_point_of_the_login_is_auth_connection_lost() {
    check(&login(vec![], Then::Close).await, "authenticate", "failed", "auth_connection_lost");
    let asked = login(ask_for_password(), Then::Close).await;
    check(&asked, "authenticate", "failed", "auth_connection_lost");
    let half = login(b"R\0\0".to_vec(), Then::Close).await;
    check(&half, "authenticate", "failed", "auth_connection_lost");
    let signed_in = [ask_for_password(), message(b'R', &[0; 4])].concat();
    let report = login(signed_in, Then::Close).await;
    check(&report, "authenticate", "failed", "auth_connection_lost");
}

#[tokio::test(start_paused = true)]
async fn silence_in_the_login_is_auth_timeout() {
    check(&login(vec![], Then::Hold).await, "authenticate", "timeout", "auth_timeout");
    let asked = login(ask_for_password(), Then::Hold).await;
    check(&asked, "authenticate", "timeout", "auth_timeout");
}

#[tokio::test]
async fn a_message_of_two_gibibytes_is_auth_failed_and_is_not_waited_for() {
    let report = login(b"E\x7f\xff\xff\xff".to_vec(), Then::Hold).await;
    check(&report, "authenticate", "failed", "auth_failed");
    let summary = report["diagnosis"]["summary"].as_str().unwrap();
    assert!(summary.contains("announced a message of 2147483647 bytes"), "{summary}");
}

#[tokio::test]
async fn rubbish_is_auth_failed() {
    for bytes in [&b"X\0\0\0\x04"[..], b"R\0\0\0\0", b"R\0\0\0\x05\0", b"Z\0\0\0\x05I"] {
        let report = login(bytes.to_vec(), Then::Hold).await;
        check(&report, "authenticate", "failed", "auth_failed");
    }
}

#[tokio::test]
async fn a_request_for_anything_but_the_token_is_auth_method_unsupported_and_nothing_is_sent() {
    let sasl = message(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0");
    let md5 = message(b'R', b"\0\0\0\x05salt");
    let gss = message(b'R', b"\0\0\0\x07");
    for asked in [sasl, md5, gss] {
        let report = login(asked, Then::Hold).await;
        check(&report, "authenticate", "failed", "auth_method_unsupported");
    }
}

#[tokio::test]
async fn a_server_that_asks_for_no_token_is_auth_not_asked_at_the_login() {
    let issued = Issued::new(|_| {});
    let peer = issued
        .peer(|mut stream| async move {
            stream.write_all(&ready()).await.unwrap();
            stream.flush().await.unwrap();
            while let Some((kind, body)) = client_message(&mut stream).await {
                if kind == b'B' {
                    stream.write_all(&health_row(parameter(&body))).await.unwrap();
                    stream.flush().await.unwrap();
                }
            }
        })
        .await;
    let report = probe_trusting(&issued, peer.address).await;
    let diagnosis = &report["diagnosis"];
    assert_eq!(diagnosis["code"], "auth_not_asked", "{report:#}");
    assert_eq!((&report["status"], &report["auth"]["asked"]), (&"degraded".into(), &Value::Null));
    assert_eq!(diagnosis["step"], "authenticate");
    let evidence = format!("DB_CONNECT_TO is \"{}\".", peer.address);
    assert_eq!(diagnosis["causes"][0]["evidence"], evidence);
}

/// A cluster's own name instead of a proxy's, with a certificate for it.
const CLUSTER: &str = "app.cluster-abc.eu-west-1.rds.amazonaws.com";

#[tokio::test]
async fn a_cluster_that_has_no_entry_for_the_client_is_transient_and_resuming() {
    let issued = Issued::new(|leaf| {
        leaf.subject_alt_names = vec![rcgen::SanType::DnsName(CLUSTER.try_into().unwrap())];
    });
    let text = "no pg_hba.conf entry for host \"10.0.0.1\", user \"app\", database \"app\", SSL \
                encryption";
    let refusal = error_response("28000", text);
    let peer = issued
        .peer(move |mut stream| {
            let refusal = refusal.clone();
            async move {
                stream.write_all(&refusal).await.unwrap();
                stream.flush().await.unwrap();
                wait_for_end(&mut stream).await;
            }
        })
        .await;
    let vars = Vars::to(peer.address).with("DB_HOST", CLUSTER);
    let report = probe_with_anchors(&issued, vars).await;
    check(&report, "authenticate", "failed", "connect_not_permitted");
    let diagnosis = &report["diagnosis"];
    assert_eq!(diagnosis["transient"], true, "{report:#}");
    assert!(diagnosis["causes"][0]["cause"].as_str().unwrap().contains("resuming"), "{report:#}");
}

#[tokio::test]
async fn a_server_that_repeats_what_it_got_does_not_make_the_report_repeat_it() {
    let issued = Issued::new(|_| {});
    let peer = issued
        .peer(|mut stream| async move {
            stream.write_all(&ask_for_password()).await.unwrap();
            stream.flush().await.unwrap();
            let mut head = [0; 5];
            stream.read_exact(&mut head).await.unwrap();
            let length = usize::try_from(u32::from_be_bytes([head[1], head[2], head[3], head[4]]));
            let mut token = vec![0; length.unwrap() - 5];
            stream.read_exact(&mut token).await.unwrap();
            let text = format!("bad token {}", String::from_utf8(token).unwrap());
            stream.write_all(&error_response("28000", &text)).await.unwrap();
            stream.flush().await.unwrap();
            wait_for_end(&mut stream).await;
        })
        .await;
    let report = probe_trusting(&issued, peer.address).await;
    check(&report, "authenticate", "failed", "auth_failed");
    let said = report["diagnosis"]["server_message"].as_str().unwrap();
    assert!(said.starts_with("bad token app.proxy-abc."), "{said}");
    assert!(said.ends_with("&X-Amz-Credential=(redacted)"), "{said}");
    assert!(!report.to_string().contains("X-Amz-Signature"));
}
