//! Unmistakable secrets go in, everything that comes out is searched for them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rds_proxy_emulator::{PasswordUser, Principal};

use serde_json::json;

use crate::support::aws::{Answer, Asked, Aws, Keys};
use crate::support::database::{Refusal, database, vars};
use crate::support::mysql;
use crate::support::peer::{Issued, Peer};
use crate::support::{Engine, Vars, by_engine, emulator_with, running};

by_engine!(
    no_secret_leaves_the_process_whatever_happens,
    nothing_that_aws_hands_out_leaves_the_process_whatever_happens,
);

const SECRET_KEY: &str = "canary/secret+key=0123456789abcdef";
const SESSION_TOKEN: &str = "canary/session+token=0123456789abcdef==";

const PASSWORD: &str = "canary/pass+word=0123456789abcdef";
const OLD_PASSWORD: &str = "canary/old+pass+word=0123456789abcdef";
/// What the server that repeats a password says first, but for its text.
const WRONG_PASSWORD: Refusal =
    Refusal { sqlstate: "28P01", postgresql: "", number: 1045, mysql: "" };
const CONTAINER_TOKEN: &str = "canary-container-token-0123456789abcdef";

/// Every form in which a secret could turn up. Of base64 the last four digits depend on what
/// follows, so they are left off.
fn forms(secret: &str) -> Vec<String> {
    let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let mut base64 = STANDARD.encode(secret);
    base64.truncate(base64.len() - 4);
    vec![secret.to_owned(), encoded.to_lowercase(), encoded, base64]
}

async fn no_secret_leaves_the_process_whatever_happens(engine: Engine) {
    let emulator = emulator_with(engine, |options| {
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
        healthy.clone().with("RUST_LOG", "trace").with("RUST_BACKTRACE", "1"),
    ];
    let environments = environments.into_iter().chain(misplaced(&healthy));
    let mut written = String::new();
    for vars in environments {
        written.push_str(&written_with(&vars).await);
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
    check_for(&[SECRET_KEY, SESSION_TOKEN, PASSWORD], &written);
}

/// A password where a host, a name, an ARN or a path belongs.
fn misplaced(healthy: &Vars) -> Vec<Vars> {
    // Both are short enough to be names.
    let url = format!("postgres://app:{PASSWORD}@h/app");
    let parameter = format!("postgres://h/app?password={PASSWORD}");
    let json = json!({ "username": "app", "password": PASSWORD }).to_string();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{PASSWORD}\n-----END PRIVATE KEY-----\n");
    let by_secret = healthy.clone().with("DB_AUTH", "secret");
    let mut all: Vec<Vars> = ["DB_HOST", "DB_CONNECT_TO", "DB_NAME", "DB_USER", "DB_PORT"]
        .into_iter()
        .flat_map(|name| [&url, &parameter].map(|value| healthy.clone().with(name, value)))
        .collect();
    all.extend([
        by_secret.clone().with("DB_SECRET_ARN", &json),
        by_secret.clone().with("DB_SECRET_ARN", PASSWORD),
        by_secret.with("DB_PASSWORD", PASSWORD),
        healthy.clone().with("DB_ASSUME_ROLE_ARN", PASSWORD),
        healthy.clone().with("DB_CA_FILE", &pem),
        healthy.clone().with("DB_CA_FILE", STANDARD.encode(&pem)),
        healthy.clone().without("DB_HOST").with("DATABASE_URL", &url),
    ]);
    all
}

/// All that a function with this environment posts and prints in a few invocations.
async fn written_with(vars: &Vars) -> String {
    let mut written = String::new();
    let mut function = running(vars).await;
    for event in [&b"{}"[..], br#"{"fresh": true}"#, b"{oops"] {
        let posted = function.invoke(event).await;
        written.push_str(&String::from_utf8(posted.body).unwrap());
    }
    let output = function.stop().await;
    written.push_str(&output.stdout);
    written.push_str(&output.stderr);
    written
}

fn check_for(secrets: &[&str], written: &str) {
    for form in secrets.iter().flat_map(|secret| forms(secret)) {
        assert!(!written.contains(&form), "{form} got out");
    }
    assert!(!written.contains("canary"), "not even a part of a secret");
}

/// An AWS that hands out secrets, and refuses everything else.
fn hand_out(asked: &Asked) -> Answer {
    let keys = Keys {
        access_key_id: "ASIAHANDEDOUT",
        secret: SECRET_KEY,
        session_token: SESSION_TOKEN,
        expiration: "2099-01-01T00:00:00Z",
    };
    let password = if asked.before == 0 { OLD_PASSWORD } else { PASSWORD };
    match asked.operation.as_str() {
        "AssumeRole" => Answer::assumed(keys),
        "/keys" => Answer::container(keys),
        "GetSecretValue" if asked.body.contains("secret:malformed") => {
            Answer::secret(json!({ "username": "app", "passwort": PASSWORD }))
        }
        "GetSecretValue" if asked.body.contains("secret:text") => Answer::secret(PASSWORD),
        "GetSecretValue" if asked.body.contains("secret:binary") => {
            Answer::binary_secret(PASSWORD.as_bytes())
        }
        "GetSecretValue" => Answer::secret(json!({
            "username": "by_password",
            "password": password,
            "host": "other.example",
            "note": PASSWORD,
        })),
        _ => Answer::xml_error(403, "AccessDenied", "Not for you."),
    }
}

/// A server that repeats the password that it was given.
async fn echo(engine: Engine, issued: &Issued) -> Peer {
    database(engine, issued, |mut session| async move {
        let password = session.password().await.unwrap();
        session.refuse_with(WRONG_PASSWORD, &format!("\"{password}\" is wrong: {password}")).await;
        session.close().await;
    })
    .await
}

async fn nothing_that_aws_hands_out_leaves_the_process_whatever_happens(engine: Engine) {
    let emulator = emulator_with(engine, |options| {
        let everybody = vec!["arn:aws:rds-db:*:dbuser:*/app".to_owned()];
        let token = Some(SESSION_TOKEN.to_owned());
        options.principals = vec![Principal::new("ASIAHANDEDOUT", SECRET_KEY, token, everybody)];
        options.iam_users = vec!["app".to_owned(), "admin".to_owned()];
        options.password_users = vec![PasswordUser::new("by_password", PASSWORD)];
    })
    .await;
    let (issued, home) = (Issued::new(|_| {}), tempfile::tempdir().unwrap());
    let echo = echo(engine, &issued).await;

    let mut written = String::new();
    let arn = |name| format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}-AbCdEf");
    let secret = |vars: Vars, name| vars.with("DB_AUTH", "secret").with("DB_SECRET_ARN", arn(name));
    let role = |vars: Vars| vars.with("DB_ASSUME_ROLE_ARN", "arn:aws:iam::123456789012:role/probe");
    let healthy = Vars::of(&emulator).with("PROBE_EXPLAIN", "true");
    let echoed = vars(engine, &issued, &echo);
    for (number, vars) in [
        secret(healthy.clone(), "app"),
        secret(healthy.clone(), "malformed"),
        secret(healthy.clone(), "text"),
        secret(healthy.clone(), "binary"),
        secret(healthy.clone(), "app").with("DB_NAME", "nowhere").with("RUST_LOG", "trace"),
        secret(echoed.clone(), "app"),
        role(healthy.clone()),
        role(healthy.clone()).with("DB_USER", "admin").with("PROBE_FAIL_INVOCATION", "true"),
        role(healthy.clone()).with("DB_USER", "stranger").with("RUST_LOG", "trace"),
        role(echoed),
        role(secret(healthy.clone(), "app")),
        healthy.without("AWS_ACCESS_KEY_ID").with("DB_USER", "admin"),
    ]
    .into_iter()
    .enumerate()
    {
        let aws = Aws::start(hand_out).await;
        let vars = aws
            .lead(vars)
            .with("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("http://{}/keys", aws.address))
            .with("AWS_CONTAINER_AUTHORIZATION_TOKEN", CONTAINER_TOKEN)
            .with("AWS_EC2_METADATA_DISABLED", "true")
            .with("HOME", home.path().display());
        written.push_str(&written_with(&vars).await);
        assert!(!aws.asked().is_empty(), "environment {number} was handed nothing");
    }
    assert!(written.contains("healthy") && written.contains("password_rejected"));
    // A password too is sent as it is, where MySQL's plugin asks for that inside TLS.
    let received = emulator.passwords_received().into_iter();
    for token in received.filter(|it| ![PASSWORD, OLD_PASSWORD].contains(&it.as_str())) {
        let signature = token.split("X-Amz-Signature=").nth(1).unwrap();
        assert!(!written.contains(signature), "a token's signature got out");
    }
    check_for(&[SECRET_KEY, SESSION_TOKEN, PASSWORD, OLD_PASSWORD, CONTAINER_TOKEN], &written);
}

/// Where a MySQL repeats the password that it was given. But for an error there is place for the end
/// of a token alone, where its signature is.
#[derive(Clone, Copy, Debug)]
enum Repeats {
    Error,
    Plugin,
    Version,
    Database,
}

/// A MySQL that does.
async fn mysql_echo(issued: &Issued, repeats: Repeats) -> Peer {
    mysql::after_greeting(issued, move |mut server| async move {
        if server.receive().await.is_none() {
            return;
        }
        server.send(&testkit::mysql::ask_for_password()).await;
        let Some(heard) = server.receive().await else { return };
        let password = String::from_utf8(heard[..heard.len() - 1].to_vec()).unwrap();
        let (_, end) = password.split_at(password.len().saturating_sub(150));
        let row = match repeats {
            Repeats::Error => {
                let text = format!("Access denied for '{password}': {password}");
                server.send(&testkit::mysql::error(1045, Some("28000"), &text)).await;
                None
            }
            Repeats::Plugin => {
                server.send(&testkit::mysql::switch(end, b"")).await;
                None
            }
            Repeats::Version => Some(["orders", "app@%", &format!("8.0.36-{end}")]),
            Repeats::Database => Some([end, end, "8.0.36"]),
        };
        if let Some([name, user, version]) = row {
            server.send(&testkit::mysql::ok()).await;
            let Some(question) = server.receive().await else { return };
            let row = [Some(name), Some(user), Some(version), Some("0"), Some("0")];
            server.send_all(&mysql::health_row_of(row, mysql::nonce(&question))).await;
        }
        // Until the client closes the connection.
        while server.receive().await.is_some() {}
    })
    .await
}

#[tokio::test]
async fn no_secret_leaves_the_process_if_a_mysql_repeats_it() {
    let issued = Issued::new(|_| {});
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf";
    let mut written = String::new();
    for repeats in [Repeats::Error, Repeats::Plugin, Repeats::Version, Repeats::Database] {
        let peer = mysql_echo(&issued, repeats).await;
        let by_token = mysql::vars(&issued, &peer)
            .with("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            .with("AWS_SESSION_TOKEN", SESSION_TOKEN)
            .with("RUST_LOG", "trace");
        let aws = Aws::start(hand_out).await;
        let by_secret = aws.lead(by_token.clone().without("DB_USER")).with("DB_AUTH", "secret");
        for vars in [by_token, by_secret.with("DB_SECRET_ARN", arn)] {
            let said = written_with(&vars).await;
            assert!(!said.contains("X-Amz-Signature="), "{repeats:?}: {said}");
            if let Repeats::Plugin | Repeats::Database = repeats {
                assert!(said.contains("(redacted)"), "nothing was repeated: {said}");
            }
            written.push_str(&said);
        }
    }
    for code in ["iam_rejected", "password_rejected", "auth_method_unsupported", "healthy"] {
        assert!(written.contains(code), "{code}: {written}");
    }
    check_for(&[SECRET_KEY, SESSION_TOKEN, PASSWORD, OLD_PASSWORD], &written);
}
