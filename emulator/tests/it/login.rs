//! Proving who one is: tokens for IAM users, SCRAM-SHA-256 for password users.

use std::time::{Duration, SystemTime};

use rds_proxy_emulator::{Options, PasswordUser, Principal, start};
use tokio::io::AsyncWriteExt as _;

use crate::support::{
    connect, message, options, refusal, sign, sign_for_port, startup, tls, token, variable,
    without_database,
};

/// An error of tokio-postgres' as `SEVERITY SQLSTATE text`.
fn refused(error: &tokio_postgres::Error) -> String {
    let error = error.as_db_error().unwrap_or_else(|| panic!("no refusal: {error:?}"));
    format!("{} {} {}", error.severity(), error.code().code(), error.message())
}

/// The signature in a token; of what is no token, something that is in no line.
fn signature(token: &str) -> &str {
    let rest = token.split("X-Amz-Signature=").nth(1);
    rest.and_then(|rest| rest.get(..64)).unwrap_or("hunter2")
}

const IAM_FAILED: &str = "FATAL 28P01 The IAM authentication failed for the role app. \
                          Check the IAM token for this role and try again.";

#[tokio::test]
async fn a_token_opens_a_session_as_its_user() {
    let emulator = start(options().0).await.unwrap();
    let token = token(&emulator, "app");
    let client = connect(&emulator, "app", &token, "postgres").await.expect("a session");
    assert_eq!(client.value("SELECT current_user::text").await.unwrap(), "app");
    assert_eq!(emulator.passwords_received(), [token]);
    assert_eq!(emulator.connections_accepted(), 1);
}

#[tokio::test]
async fn a_refused_token_has_one_text_and_its_reason_in_the_log_alone() {
    let (options, log) = options();
    let emulator = start(options).await.unwrap();
    let now = SystemTime::now();
    let (demo, host) = (Principal::demo(), variable(&emulator, "DB_HOST"));
    let stranger = Principal::new("AKIASTRANGER", "x", None, Vec::new());
    let long_ago = now - Duration::from_hours(1);
    let good = sign(&demo, &host, "app", now);
    // A signature of another token, as long and as well formed.
    let other = sign(&demo, &host, "app", now - Duration::from_mins(1));
    let tampered = good.replace(signature(&good), signature(&other));
    let cases = [
        (String::new(), "empty"),
        ("hunter2".to_owned(), "no token"),
        (tampered, "signature"),
        (sign(&demo, &host, "other", now), "user"),
        (sign(&demo, "alias.example.com", "app", now), "host"),
        (sign(&demo, &host, "app", long_ago), "expired"),
        (sign(&demo, &host, "app", now + Duration::from_hours(1)), "future"),
        (sign(&stranger, &host, "app", now), "access key"),
        (good.replace(":5432/", ":5433/"), "port"),
    ];
    for (password, why) in cases {
        let error = connect(&emulator, "app", &password, "postgres").await.err().expect(why);
        assert_eq!(refused(&error), IAM_FAILED, "{why}");
        let line = log.read().pop().expect("a line");
        assert!(line.contains(why), "{why}: {line}");
        assert!(!line.contains(signature(&password)), "{line}");
    }
}

#[tokio::test]
async fn a_principal_may_connect_only_as_the_users_of_its_patterns() {
    let pattern = "arn:aws:rds-db:us-east-1:123456789012:dbuser:prx-0123456789abcdef0/app_*";
    let principal = Principal::new("AKIAAPP", "secret", None, vec![pattern.to_owned()]);
    let (options, log) = options();
    let iam_users = vec!["app_a".to_owned(), "billing".to_owned()];
    let options = Options { principals: vec![principal.clone()], iam_users, ..options };
    let emulator = start(options).await.unwrap();
    let host = variable(&emulator, "DB_HOST");
    let good = sign(&principal, &host, "app_a", SystemTime::now());
    connect(&emulator, "app_a", &good, "postgres").await.expect("a session");
    let denied = sign(&principal, &host, "billing", SystemTime::now());
    let error = connect(&emulator, "billing", &denied, "postgres").await.err().unwrap();
    assert!(refused(&error).starts_with("FATAL 28P01 The IAM authentication failed"));
    let arn = pattern.replace("app_*", "billing");
    assert!(log.read().pop().unwrap().ends_with(&format!("may not rds-db:connect to {arn}")));
}

#[tokio::test]
async fn an_unknown_user_is_refused_before_any_password() {
    let emulator = without_database().await;
    let mut tls = tls(&emulator, emulator.address(), &variable(&emulator, "DB_HOST")).await;
    tls.write_all(&startup(0x0003_0000, &["user", "nobody"])).await.unwrap();
    assert_eq!(
        refusal(&mut tls).await,
        "FATAL 28000 This RDS proxy has no credentials for the role nobody. \
         Check the credentials for this role and try again."
    );
}

#[tokio::test]
async fn a_password_user_logs_in_by_scram_with_its_password_alone() {
    let (options, _) = options();
    let password_users = vec![PasswordUser::new("scram_user", "pässword: x")];
    let emulator = start(Options { password_users, ..options }).await.unwrap();
    let client = connect(&emulator, "scram_user", "pässword: x", "postgres").await.unwrap();
    assert_eq!(client.value("SELECT current_user::text").await.unwrap(), "scram_user");
    let error = connect(&emulator, "scram_user", "pässword: y", "postgres").await.err().unwrap();
    assert_eq!(
        refused(&error),
        "FATAL 28P01 The password that was provided for the role scram_user is wrong."
    );
    assert_eq!(emulator.passwords_received(), [""; 0], "SCRAM shows no password");
}

#[tokio::test]
async fn a_login_by_another_method_is_refused() {
    let emulator = without_database().await;
    let mut tls = tls(&emulator, emulator.address(), &variable(&emulator, "DB_HOST")).await;
    tls.write_all(&startup(0x0003_0000, &["user", "app"])).await.unwrap();
    assert_eq!(message(&mut tls).await, (b'R', vec![0, 0, 0, 3]), "cleartext is asked for");
    tls.write_all(b"Q\0\0\0\x05\0").await.unwrap();
    assert_eq!(
        refusal(&mut tls).await,
        "FATAL 28000 RDS Proxy supports only IAM, MD5, or SCRAM authentication."
    );
}

#[tokio::test]
async fn a_password_beyond_64_kib_is_dropped_unread() {
    let emulator = without_database().await;
    let mut tls = tls(&emulator, emulator.address(), &variable(&emulator, "DB_HOST")).await;
    tls.write_all(&startup(0x0003_0000, &["user", "app"])).await.unwrap();
    assert_eq!(message(&mut tls).await.0, b'R');
    tls.write_all(&[b'p', 0x7f, 0xff, 0xff, 0xff]).await.unwrap();
    let mut rest = Vec::new();
    drop(tokio::io::AsyncReadExt::read_to_end(&mut tls, &mut rest).await);
    assert_eq!(rest, b"");
    assert_eq!(emulator.passwords_received(), [""; 0]);
}

#[tokio::test]
async fn tokens_are_for_the_endpoints_port_whatever_it_is() {
    let emulator = start(Options { endpoint_port: Some(15432), ..options().0 }).await.unwrap();
    assert_eq!(variable(&emulator, "DB_PORT"), "15432");
    let host = variable(&emulator, "DB_HOST");
    let token = |port| sign_for_port(&Principal::demo(), (&host, port), "app", SystemTime::now());
    connect(&emulator, "app", &token(15432), "postgres").await.expect("a session");
    let refused = connect(&emulator, "app", &token(5432), "postgres").await.err().unwrap();
    assert_eq!(refused.code().unwrap().code(), "28P01");
}
