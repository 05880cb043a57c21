//! Nothing is tried with a bad configuration, and it is answered all the same.

use std::time::SystemTime;

use crate::support::{Engine, Vars, check, emulator, probe};

#[tokio::test]
async fn an_empty_environment_is_config_invalid() {
    let report = probe(&Vars::default()).await;
    check(&report, "config", "failed", "config_invalid");
    insta::assert_snapshot!(report["diagnosis"]["summary"].as_str().unwrap(), @"DB_HOST is not set: expected the endpoint's host name; DB_USER is not set: expected the database user.");
    assert!(report["endpoint"].is_null() && report["auth"].is_null() && report["tls"].is_null());
}

#[tokio::test]
async fn a_variable_under_another_name_is_named_and_its_value_is_not() {
    let vars = Vars::default()
        .with("DATABASE_URL", "postgres://app:canary@host/app")
        .with("PGUSER", "canary")
        .with("DB_PORT", "none");
    let report = probe(&vars).await;
    check(&report, "config", "failed", "config_invalid");
    let diagnosis = &report["diagnosis"];
    insta::assert_snapshot!(diagnosis["summary"].as_str().unwrap(), @r#"DB_HOST is not set (DATABASE_URL is set, but the function does not read it): expected the endpoint's host name; DB_PORT is "none": expected a port from 1 to 65535; DB_USER is not set (PGUSER and DATABASE_URL are set, but the function does not read them): expected the database user."#);
    let first = &diagnosis["causes"][0];
    insta::assert_snapshot!(first["evidence"].as_str().unwrap(), @"DATABASE_URL is set, and DB_HOST is not; PGUSER is set, and DB_USER is not.");
    assert!(!report.to_string().contains("canary"), "{report:#}");
}

#[tokio::test]
async fn a_file_s_text_instead_of_its_path_is_config_invalid() {
    let emulator = emulator(Engine::PostgreSql).await;
    let report = probe(&Vars::of(&emulator).with("DB_CA_FILE", emulator.ca_pem())).await;
    check(&report, "config", "failed", "config_invalid");
    assert!(!report.to_string().contains("BEGIN"), "{report:#}");
}

#[tokio::test]
async fn a_ca_file_that_is_no_pem_is_ca_invalid() {
    let emulator = emulator(Engine::PostgreSql).await;
    for path in [file!(), "/none", "/dev/zero", "/"] {
        let report = probe(&Vars::of(&emulator).with("DB_CA_FILE", path)).await;
        check(&report, "config", "failed", "ca_invalid");
    }
    assert_eq!(emulator.connections_accepted(), 0);
}

#[tokio::test(start_paused = true)]
async fn no_credentials_anywhere_is_a_failure_of_that_step() {
    // No network is asked: the chain knows that there is no instance to ask.
    let vars = Vars::to("127.0.0.1:1".parse().unwrap()).without("AWS_ACCESS_KEY_ID");
    let report = probe(&vars).await;
    assert_eq!(report["diagnosis"]["step"], "credentials", "{report:#}");
}

#[tokio::test]
async fn a_clock_beyond_the_calendar_is_sign_failed() {
    let emulator = emulator(Engine::PostgreSql).await;
    let clock = rds_proxy_probe::clock::Clock::new(|| {
        SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1 << 40)
    });
    let handler = Vars::of(&emulator).handler_at(clock);
    let report = crate::support::invoke(&handler, serde_json::json!({})).await;
    check(&report, "sign", "failed", "sign_failed");
}

#[tokio::test]
async fn a_clock_before_1970_breaks_nothing() {
    let emulator = emulator(Engine::PostgreSql).await;
    let clock = rds_proxy_probe::clock::Clock::new(|| {
        SystemTime::UNIX_EPOCH - std::time::Duration::from_secs(1)
    });
    let handler = Vars::of(&emulator).handler_at(clock);
    let report = crate::support::invoke(&handler, serde_json::json!({})).await;
    assert_eq!(report["status"], "unhealthy", "{report:#}");
}
