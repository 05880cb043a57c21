//! Unmistakable secrets go in, everything that comes out is searched for them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rds_proxy_emulator::Principal;

use crate::support::runtime_api::Running;
use crate::support::{Vars, emulator_with};

const SECRET_KEY: &str = "canary/secret+key=0123456789abcdef";
const SESSION_TOKEN: &str = "canary/session+token=0123456789abcdef==";

/// Every form in which a secret could turn up. Of base64 the last four digits depend on what
/// follows, so they are left off.
fn forms(secret: &str) -> Vec<String> {
    let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let mut base64 = STANDARD.encode(secret);
    base64.truncate(base64.len() - 4);
    vec![secret.to_owned(), encoded.to_lowercase(), encoded, base64]
}

#[tokio::test]
async fn no_secret_leaves_the_process_whatever_happens() {
    let emulator = emulator_with(|options| {
        let everybody = vec!["arn:aws:rds-db:*:dbuser:*/app".to_owned()];
        let token = Some(SESSION_TOKEN.to_owned());
        let principal = Principal::new("AKIACANARY", SECRET_KEY, token, everybody);
        options.principals = vec![principal];
        options.iam_users = vec!["app".to_owned(), "admin".to_owned()];
    })
    .await;
    let healthy = Vars::of(&emulator);
    let environments = [
        healthy.clone(),
        healthy.clone().with("PROBE_FAIL_INVOCATION", "true").with("DB_USER", "admin"),
        healthy.clone().with("DB_USER", "stranger"),
        healthy.clone().with("DB_NAME", "nowhere"),
        healthy.clone().with("DB_PORT", "6000"),
        healthy.clone().with("DB_CONNECT_TO", "127.0.0.1:1"),
        healthy.clone().with("DB_CA_FILE", "/none"),
        healthy.clone().without("DB_CA_FILE"),
        healthy.clone().with("DB_HOST", "localhost"),
        healthy.clone().without("DB_HOST"),
        healthy.clone().with("AWS_LAMBDA_LOG_FORMAT", "Text").with("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
        healthy.with("RUST_LOG", "trace").with("RUST_BACKTRACE", "1"),
    ];
    let mut written = String::new();
    for vars in environments {
        let mut function = Running::start(&vars).await;
        for event in [&b"{}"[..], br#"{"fresh": true}"#, b"{oops"] {
            let posted = function.invoke(event).await;
            written.push_str(&String::from_utf8(posted.body).unwrap());
        }
        let output = function.stop().await;
        written.push_str(&output.stdout);
        written.push_str(&output.stderr);
    }

    let tokens = emulator.passwords_received();
    assert!(tokens.len() > 10, "the tokens did go over the wire: {}", tokens.len());
    for token in &tokens {
        let signature = token.split("X-Amz-Signature=").nth(1).unwrap();
        assert_eq!(signature.len(), 64);
        let (head, tail) = signature.split_at(32);
        for part in [token.as_str(), head, tail] {
            assert!(!written.contains(part), "a token's part got out");
        }
    }
    for secret in [SECRET_KEY, SESSION_TOKEN] {
        for form in forms(secret) {
            assert!(!written.contains(&form), "{form} got out");
        }
    }
    assert!(!written.contains("canary"), "not even a part of a secret");
}
