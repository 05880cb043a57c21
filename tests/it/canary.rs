//! Unmistakable secrets go in, everything that comes out is searched for them.

use rds_proxy_emulator::Principal;

use crate::support::runtime_api::Running;
use crate::support::{Vars, emulator_with};

const SECRET_KEY: &str = "canary/secret+key=0123456789abcdef";
const SESSION_TOKEN: &str = "canary/session+token=0123456789abcdef==";

/// Every form in which a secret could turn up.
fn forms(secret: &str) -> Vec<String> {
    let mut encoded = String::new();
    for byte in secret.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    vec![secret.to_owned(), encoded.clone(), encoded.to_lowercase(), base64(secret.as_bytes())]
}

/// The part of the secret's base64 that does not depend on what stands around it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let whole = bytes.chunks_exact(3);
    whole
        .flat_map(|three| {
            let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
            [18, 12, 6, 0].map(|shift| DIGITS[(bits >> shift & 63) as usize] as char)
        })
        .collect()
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
        for part in [token.as_str(), signature, &signature[..16], &signature[48..]] {
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
