//! Who can log in: users of any name, and no user that the emulator does not know.

use rds_proxy_emulator::Principal;

use crate::support::{Vars, check, emulator, emulator_with, probe};

/// The demo principal's keys, with another permission.
fn demo_principal(pattern: &str) -> Principal {
    let demo = Principal::demo();
    let (secret, token) = (demo.secret().to_owned(), demo.session_token().map(str::to_owned));
    Principal::new(demo.access_key_id, secret, token, vec![pattern.to_owned()])
}

#[tokio::test]
async fn users_of_any_name_log_in() {
    let names = ["a b", "a+b", "a&b=c", "a%b", "DOMAIN/user", "ünïcode", "o'brien", "a\"b", "*"];
    let emulator = emulator_with(|options| {
        options.iam_users = names.map(str::to_owned).to_vec();
        options.principals = vec![demo_principal("arn:aws:rds-db:*")];
    })
    .await;
    for name in names {
        let report = probe(&Vars::of(&emulator).with("DB_USER", name)).await;
        assert_eq!(report["database"]["user"], name, "{report:#}");
    }
}

#[tokio::test]
async fn a_user_that_the_proxy_does_not_know_is_proxy_has_no_credentials() {
    let emulator = emulator().await;
    let report = probe(&Vars::of(&emulator).with("DB_USER", "stranger")).await;
    check(&report, "authenticate", "failed", "proxy_has_no_credentials");
    assert_eq!(report["diagnosis"]["sqlstate"], "28000");
}

#[tokio::test]
async fn a_principal_without_permission_is_iam_rejected() {
    let emulator = emulator_with(|options| {
        options.iam_users = vec!["app".to_owned(), "admin".to_owned()];
        options.principals = vec![demo_principal("arn:aws:rds-db:*:dbuser:*/app")];
    })
    .await;
    let report = probe(&Vars::of(&emulator).with("DB_USER", "admin")).await;
    check(&report, "authenticate", "failed", "iam_rejected");
    let said = "The IAM authentication failed for the role admin. \
                Check the IAM token for this role and try again.";
    assert_eq!(report["diagnosis"]["server_message"], said);
    let first = &report["diagnosis"]["causes"];
    assert!(first.to_string().contains("dbuser:prx-ID/admin"), "{first:#}");
}

#[tokio::test]
async fn keys_that_the_proxy_does_not_know_are_iam_rejected() {
    let emulator = emulator().await;
    for (name, value) in [
        ("AWS_SECRET_ACCESS_KEY", "another-secret-key-0123456789"),
        ("AWS_SESSION_TOKEN", "another-session-token-0123456789"),
        ("AWS_ACCESS_KEY_ID", "AKIASTRANGER"),
        ("DB_PORT", "6000"),
    ] {
        let report = probe(&Vars::of(&emulator).with(name, value)).await;
        check(&report, "authenticate", "failed", "iam_rejected");
    }
}

#[tokio::test]
async fn a_database_that_does_not_exist_is_database_not_found() {
    let emulator = emulator().await;
    let report = probe(&Vars::of(&emulator).with("DB_NAME", "nowhere")).await;
    check(&report, "authenticate", "failed", "database_not_found");
    let said = "Request returned an error: database \"nowhere\" does not exist";
    assert_eq!(report["diagnosis"]["server_message"], said);
}
