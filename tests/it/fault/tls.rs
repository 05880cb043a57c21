//! `tls`: what can answer `SSLRequest`, and what a certificate can be.

use rcgen::{KeyUsagePurpose, SanType, date_time_ymd};
use rds_proxy_emulator::{Backend, Options};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio_rustls::rustls::version::TLS12;

use crate::support::database::{database, up_to_handshake, vars};
use crate::support::peer::{Issued, Peer, ssl_request, wait_for_end};
use crate::support::{Engine, Vars, by_engine, check, probe};

by_engine!(
    a_close_in_the_handshake_is_tls_handshake_failed,
    another_name_is_tls_name_mismatch_with_the_names_it_shows,
    an_unknown_issuer_is_named,
    a_chain_that_calls_itself_rdss_means_another_thing_for_each_kind_of_name,
    a_chain_without_its_intermediate_is_counted,
    an_expired_certificate_is_tls_certificate_expired_also_over_tls_1_2,
    a_certificate_of_the_future_is_tls_certificate_not_yet_valid,
    a_certificate_for_another_use_is_tls_certificate_invalid,
);
by_engine!(
    #[tokio::test(start_paused = true)]
    silence_in_the_handshake_is_tls_timeout
);

async fn answered_with(answer: &'static [u8]) -> Value {
    let peer = Peer::start(move |mut stream| async move {
        ssl_request(&mut stream).await;
        stream.write_all(answer).await.unwrap();
        wait_for_end(&mut stream).await;
    })
    .await;
    probe(&Vars::to(peer.address).with("PROBE_TIMEOUT_MS", 2_000)).await
}

#[tokio::test]
async fn n_is_tls_not_offered() {
    check(&answered_with(b"N").await, "tls", "failed", "tls_not_offered");
}

#[tokio::test]
async fn an_error_in_clear_text_is_tls_not_offered_and_its_text_is_not_trusted() {
    let report = answered_with(b"E\0\0\0\x20SFATAL\0C53300\0Mwhatever\0\0").await;
    check(&report, "tls", "failed", "tls_not_offered");
    assert!(report["diagnosis"]["server_message"].is_null());
    assert!(!report.to_string().contains("whatever"));
}

#[tokio::test]
async fn a_yes_followed_by_rubbish_is_tls_handshake_failed() {
    let report = answered_with(b"SNot a TLS record at all, whatever it is").await;
    check(&report, "tls", "failed", "tls_handshake_failed");
}

#[tokio::test(start_paused = true)]
async fn silence_after_the_request_is_tls_timeout() {
    check(&answered_with(b"").await, "tls", "timeout", "tls_timeout");
}

async fn silence_in_the_handshake_is_tls_timeout(engine: Engine) {
    let peer =
        up_to_handshake(engine, |mut stream| async move { wait_for_end(&mut stream).await }).await;
    check(&probe_at(engine, &peer).await, "tls", "timeout", "tls_timeout");
}

#[tokio::test]
async fn a_close_before_the_answer_is_tls_handshake_failed() {
    let peer = Peer::start(|mut stream| async move { ssl_request(&mut stream).await }).await;
    let report = probe(&Vars::to(peer.address)).await;
    check(&report, "tls", "failed", "tls_handshake_failed");
    let summary = report["diagnosis"]["summary"].as_str().unwrap();
    assert!(summary.ends_with("instead of answering the request for TLS."), "{summary}");
}

async fn a_close_in_the_handshake_is_tls_handshake_failed(engine: Engine) {
    let peer = up_to_handshake(engine, |mut stream| async move {
        let mut hello = [0; 16];
        tokio::io::AsyncReadExt::read_exact(&mut stream, &mut hello).await.unwrap();
    })
    .await;
    check(&probe_at(engine, &peer).await, "tls", "failed", "tls_handshake_failed");
}

/// Probes this server.
async fn probe_at(engine: Engine, peer: &Peer) -> Value {
    let vars = Vars::to(peer.address).of_engine(engine);
    probe(&vars.with("PROBE_TIMEOUT_MS", 2_000)).await
}

/// Probes a peer that shows this certificate; the CA file is the test's own.
async fn shown(engine: Engine, issued: &Issued) -> Value {
    let peer = showing(engine, issued).await;
    probe(&vars(engine, issued, &peer).with("PROBE_TIMEOUT_MS", 2_000)).await
}

async fn showing(engine: Engine, issued: &Issued) -> Peer {
    database(engine, issued, |mut session| async move { session.wait_for_end().await }).await
}

async fn another_name_is_tls_name_mismatch_with_the_names_it_shows(engine: Engine) {
    let other = SanType::DnsName("other.example".try_into().unwrap());
    let issued = Issued::new(|leaf| leaf.subject_alt_names = vec![other]);
    let report = shown(engine, &issued).await;
    check(&report, "tls", "failed", "tls_name_mismatch");
    assert_eq!(
        report["diagnosis"]["summary"],
        "The certificate is for \"other.example\", not for \"app.proxy-abc.eu-west-1.rds.amazonaws.com\"."
    );
    assert_eq!(report["tls"]["version"], "TLSv1.3");
    assert_eq!(report["tls"]["issuer"], "CN=Test CA");
}

async fn an_unknown_issuer_is_named(engine: Engine) {
    let issued = Issued::new(|_| {});
    let peer = showing(engine, &issued).await;
    let report = probe(&Vars::to(peer.address).of_engine(engine)).await;
    check(&report, "tls", "failed", "tls_unknown_issuer");
    assert_eq!(
        report["diagnosis"]["summary"],
        "The server's certificate was issued by \"CN=Test CA\", which is not trusted: it does not chain to Amazon's public roots, which a proxy's name is verified with."
    );
    let evidence = &report["diagnosis"]["causes"][0]["evidence"];
    assert_eq!(evidence, "The issuer calls itself neither Amazon's nor RDS's: \"CN=Test CA\".");
}

/// The report about a chain of the emulator's, for an endpoint's name, with the bundled anchors or
/// with a file that lacks the root.
async fn untrusted(engine: Engine, fault: &str, host: &str, file: Option<&str>) -> Value {
    let options = Options {
        engine,
        backend: Backend::Absent,
        endpoint_host: host.to_owned(),
        fault: Some(fault.parse().unwrap()),
        ..Options::default()
    };
    let emulator = rds_proxy_emulator::start(options).await.unwrap();
    let vars = Vars::of(&emulator).without("DB_REGION").without("DB_CA_FILE");
    let vars = file.into_iter().fold(vars, |vars, file| vars.with("DB_CA_FILE", file));
    let report = probe(&vars).await;
    check(&report, "tls", "failed", "tls_unknown_issuer");
    report
}

async fn a_chain_that_calls_itself_rdss_means_another_thing_for_each_kind_of_name(engine: Engine) {
    let by_proxy =
        untrusted(engine, "certificate-rds-ca", "app.proxy-abc.us-east-1.rds.amazonaws.com", None)
            .await;
    let first = &by_proxy["diagnosis"]["causes"][0];
    assert!(first["cause"].as_str().unwrap().starts_with("The connection leads to a database"));
    let evidence = first["evidence"].as_str().unwrap();
    assert!(evidence.contains("calls itself RDS's own authority: \"CN=Amazon RDS"), "{evidence}");

    let host = "db.cluster-abc.us-gov-west-1.rds.amazonaws.com";
    for file in [None, Some("certs/amazon-root-ca-1.pem")] {
        let by_cluster = untrusted(engine, "certificate-rds-ca", host, file).await;
        let first = &by_cluster["diagnosis"]["causes"][0];
        let commands = first["commands"].as_array().unwrap();
        let command = commands[0].as_str().unwrap();
        assert!(command.contains("/us-gov-west-1/us-gov-west-1-bundle.pem"), "{command}");
    }
}

async fn a_chain_without_its_intermediate_is_counted(engine: Engine) {
    let host = "app.proxy-abc.us-east-1.rds.amazonaws.com";
    let report = untrusted(engine, "certificate-no-intermediate", host, None).await;
    let causes = report["diagnosis"]["causes"].as_array().unwrap();
    let evidence: Vec<_> = causes.iter().filter_map(|cause| cause["evidence"].as_str()).collect();
    assert!(evidence.contains(&"The server sent no intermediate certificate."), "{evidence:?}");
}

async fn an_expired_certificate_is_tls_certificate_expired_also_over_tls_1_2(engine: Engine) {
    let issued =
        Issued::with_versions(&[&TLS12], |leaf| leaf.not_after = date_time_ymd(2020, 1, 1));
    let report = shown(engine, &issued).await;
    check(&report, "tls", "failed", "tls_certificate_expired");
    assert_eq!(report["tls"]["version"], "TLSv1.2");
    assert_eq!(report["tls"]["not_after"], "2020-01-01T00:00:00Z");
}

async fn a_certificate_of_the_future_is_tls_certificate_not_yet_valid(engine: Engine) {
    let issued = Issued::new(|leaf| leaf.not_before = date_time_ymd(2090, 1, 1));
    check(&shown(engine, &issued).await, "tls", "failed", "tls_certificate_not_yet_valid");
}

async fn a_certificate_for_another_use_is_tls_certificate_invalid(engine: Engine) {
    let issued = Issued::new(|leaf| {
        leaf.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        leaf.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::EmailProtection];
    });
    check(&shown(engine, &issued).await, "tls", "failed", "tls_certificate_invalid");
}
