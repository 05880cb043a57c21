//! Unmistakable secrets go in; only `token` prints its token, and no command prints anything else
//! of them.

use rds_proxy_emulator::Principal;

use crate::support::{Vars, emulator_with, run};

const SECRET_KEY: &str = "canary/secret+key=0123456789abcdef";
const SESSION_TOKEN: &str = "canary/session+token=0123456789abcdef==";

#[tokio::test]
async fn no_command_but_token_prints_a_token_and_none_prints_a_key() {
    let emulator = emulator_with(|options| {
        let everyone = vec!["arn:aws:rds-db:*:dbuser:*/app".to_owned()];
        let token = Some(SESSION_TOKEN.to_owned());
        options.principals = vec![Principal::new("AKIACANARY", SECRET_KEY, token, everyone)];
    })
    .await;
    let healthy = Vars::of(&emulator);
    let mut written = String::new();
    let file = tempfile::NamedTempFile::new().unwrap();
    let targets = "[[target]]\nlabel = \"a\"\n[[target]]\nname = \"other\"\n";
    std::fs::write(file.path(), targets).unwrap();
    let path = file.path().to_str().unwrap();
    // Nothing answers there.
    let healthy = healthy.with("AWS_ENDPOINT_URL_RDS", "http://127.0.0.1:1");
    for vars in [
        healthy.clone(),
        healthy.clone().with("DB_USER", "stranger"),
        healthy.clone().with("DB_NAME", "nowhere"),
        healthy.clone().with("DB_CONNECT_TO", "127.0.0.1:1"),
        healthy.clone().without("DB_CA_FILE"),
        healthy.clone().without("DB_HOST"),
        healthy.clone().with("RUST_LOG", "trace").with("RUST_BACKTRACE", "1"),
        healthy.clone().with("DB_HOST", format!("postgres://app:{SECRET_KEY}@h/app")),
    ] {
        for arguments in [
            &["check"][..],
            &["check", "--output", "json"],
            &["check", "--output", "html"],
            &["check", "--file", path],
            &["check", "--proxy", "orders", "--timeout", "2s"],
            &["watch", "--interval", "100ms", "--for", "200ms"],
            &["watch", "--output", "json", "--interval", "200ms", "--for", "300ms", "--file", path],
        ] {
            let result = run(&vars, arguments).await;
            written.extend([result.stdout, result.stderr]);
        }
    }
    let tokens = emulator.passwords_received();
    assert!(tokens.len() > 4, "the tokens did go over the wire: {}", tokens.len());
    for token in &tokens {
        let (_, signature) = token.split_once("X-Amz-Signature=").unwrap();
        let (head, tail) = signature.split_at(32);
        for part in [token.as_str(), head, tail] {
            assert!(!written.contains(part), "a token's part got out");
        }
    }
    let token = run(&healthy, &["token"]).await;
    assert!(token.stdout.contains("X-Amz-Signature="), "the token itself is printed");
    written.extend([token.stderr]);
    for secret in [SECRET_KEY, SESSION_TOKEN] {
        assert!(!written.contains(secret), "{secret} got out");
    }
    assert!(!token.stdout.contains(SECRET_KEY), "the key got out");
}
