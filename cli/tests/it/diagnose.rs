//! `diagnose`: texts that users posted lead to their codes, and what is not known is said.

use std::process::Stdio;

use rds_proxy_probe::session::ErrorCode;
use rds_proxy_probe_cli::diagnose::recognize;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;

use crate::support::{Vars, Written, run};

fn corpus(path: &str) -> Value {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Whether the server whose words are in the text is a MySQL.
fn is_of_mysql(text: &str) -> bool {
    let server = recognize(text).and_then(|found| found.server);
    server.is_some_and(|server| matches!(server.code, ErrorCode::MySql { .. }))
}

fn code(text: &str) -> Option<&'static str> {
    recognize(text).map(|found| found.code.as_str())
}

/// What leads to another code than it must.
fn wrong(texts: impl Iterator<Item = (String, Option<String>)>) -> Vec<String> {
    let wrong = texts.filter_map(|(text, expected)| {
        let found = code(&text);
        (found != expected.as_deref()).then(|| format!("{found:?} instead of {expected:?}: {text}"))
    });
    wrong.collect()
}

#[test]
fn traces_that_users_posted_lead_to_their_codes() {
    let corpus = corpus("tests/corpus/traces.json");
    let traces = corpus["traces"].as_array().unwrap();
    let lines = |trace: &Value| trace["lines"].as_array().unwrap().clone();
    let long = traces.iter().filter(|trace| lines(trace).len() > 1 && trace["code"].is_string());
    assert!(long.count() >= 40);
    let text = |trace: &Value| {
        let lines = lines(trace);
        let lines: Vec<&str> = lines.iter().map(|line| line.as_str().unwrap()).collect();
        lines.join("\n")
    };
    let texts = traces.iter().map(|trace| (text(trace), trace["code"].as_str().map(str::to_owned)));
    let wrong = wrong(texts);
    assert!(wrong.is_empty(), "{wrong:#?}");
    for trace in traces {
        assert_eq!(is_of_mysql(&text(trace)), trace["engine"] == "mysql", "{trace:#}");
    }
}

/// What the function knows by its own steps, and a text alone does not tell.
const BY_STEP: [(&str, &str, Option<&str>); 3] = [
    ("Unknown error.", "query_failed", None),
    ("Unknown error.", "auth_failed", None),
    (
        "terminating connection due to idle-session timeout",
        "auth_connection_lost",
        Some("connection_lost"),
    ),
];

#[test]
fn the_functions_corpus_leads_to_its_codes() {
    let corpus = corpus("../tests/corpus/messages.json");
    let of = |key: &str| corpus[key].as_array().unwrap().clone();
    let mut texts = Vec::new();
    for message in of("messages").into_iter().chain(of("client_errors")) {
        let expected = message["code"].as_str().unwrap();
        for text in [&message["text"], &message["reported"]].into_iter().filter_map(Value::as_str) {
            let exception =
                BY_STEP.iter().find(|(words, code, _)| *words == text && *code == expected);
            let expected = exception.map_or(Some(expected), |(_, _, found)| *found);
            let sqlstate = message["sqlstate"].as_str().map(|code| format!("\nSQLSTATE: {code}"));
            texts.push((
                text.to_owned() + &sqlstate.unwrap_or_default(),
                expected.map(str::to_owned),
            ));
        }
    }
    assert!(texts.len() > 200, "{}", texts.len());
    let wrong = wrong(texts.into_iter());
    assert!(wrong.is_empty(), "{} {wrong:#?}", wrong.len());
}

/// An error of MySQL's as drivers and programs write it.
fn as_drivers_write_it(number: u64, state: &str, text: &str) -> [String; 9] {
    [
        format!("ERROR {number} ({state}): {text}"),
        format!("pymysql.err.OperationalError: ({number}, \"{text}\")"),
        format!("MySQLdb._exceptions.OperationalError: ({number}, '{text}')"),
        format!("mysql.connector.errors.DatabaseError: {number} ({state}): {text}"),
        format!("panic: Error {number} ({state}): {text}\n\ngoroutine 1 [running]:"),
        format!("Error: {text}\n    at p (/mysql2/lib/packet.js:728:17) {{\n  errno: {number},\n"),
        format!(
            "MySqlDatabaseError {{ code: Some(\"{state}\"), number: {number}, message: \"{text}\" }}"
        ),
        format!("Server error: `ERROR {state} ({number}): {text}'"),
        format!("(conn=5, no: {number}, SQLState: {state}) {text}\n    at mariadb/lib"),
    ]
}

#[test]
fn mysqls_corpus_leads_to_its_codes_in_the_form_of_each_driver() {
    let corpus = corpus("../tests/corpus/mysql.json");
    let mut texts = Vec::new();
    for message in corpus["messages"].as_array().unwrap() {
        let (number, text) =
            (message["number"].as_u64().unwrap(), message["text"].as_str().unwrap());
        let state = message["sqlstate"].as_str().unwrap_or("HY000");
        let sends_token = message["asked"].is_string();
        let expected = match message["code"].as_str().unwrap() {
            // What the function knows by its own steps, and a text alone does not tell.
            "auth_failed" | "query_failed" => None,
            "auth_method_unsupported" if [1045, 1698].contains(&number) => {
                Some("password_rejected")
            }
            code => Some(code),
        };
        for text in as_drivers_write_it(number, state, text) {
            let token =
                if sends_token { "enable-cleartext-plugin: mysql_clear_password\n" } else { "" };
            texts.push((format!("{token}{text}"), expected.map(str::to_owned)));
        }
    }
    assert!(texts.len() > 900, "{}", texts.len());
    for (text, expected) in &texts {
        assert!(expected.is_none() || is_of_mysql(text), "{text}");
    }
    let wrong = wrong(texts.into_iter());
    assert!(wrong.is_empty(), "{} {wrong:#?}", wrong.len());
}

async fn piped(text: &[u8]) -> Written {
    let mut command = Vars::none().command(&["diagnose"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // What is too long is not read to its end.
    drop(stdin.write_all(text).await);
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    Written {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        status: output.status.code(),
    }
}

#[tokio::test]
async fn a_text_is_explained_in_a_screen() {
    let text = "pq: The IAM authentication failed for the role app. Check the IAM token for this \
                role and try again.";
    let written = run(&Vars::none(), &["diagnose", text]).await;
    insta::assert_snapshot!(written.stdout, @r#"
    iam_rejected
    The server said: The IAM authentication failed for the role app. Check the IAM
    token for this role and try again. The proxy asks for an IAM token and rejected
    what was sent. It has this one text for every reason.

    Most likely: The IAM principal that signed isn't allowed rds-db:connect as this
      user on this proxy: no policy allows it, or the policy names the proxy by its
      name, or names a cluster or instance, instead of the prx- id, or it uses a
      global condition key, which RDS Proxy doesn't support.
    To fix it: Look up the proxy's id, the last part of its ARN, which begins with
      prx-. Then allow the role that signs rds-db:connect on
      arn:aws:rds-db:REGION:ACCOUNT:dbuser:prx-ID/USER.

        aws rds describe-db-proxies --region REGION --query 'DBProxies[].[Endpoint,DBProxyArn]'

        {"Effect": "Allow", "Action": "rds-db:connect", "Resource": "arn:aws:rds-db:REGION:ACCOUNT:dbuser:prx-ID/USER"}

    More: rds-proxy-probe explain iam_rejected
    "#);
    assert_eq!((written.stderr.as_str(), written.status), ("", Some(0)));
    assert!(written.stdout.lines().count() < 24);
}

#[tokio::test]
async fn standard_input_is_read_without_a_text() {
    let trace = b"Error: connect ETIMEDOUT 10.0.0.1:5432\n    at TCPConnectWrap.afterConnect\n";
    let written = piped(trace).await;
    assert!(written.stdout.starts_with("tcp_timeout\n"), "{}", written.stdout);
    assert_eq!((written.stderr.as_str(), written.status), ("", Some(0)));
}

#[tokio::test]
async fn what_is_not_known_is_said_with_status_2() {
    let (letters, marks) = (vec![b'x'; 1_000_000], vec![b':'; 300_000]);
    for text in [&b"segmentation fault"[..], b"", b"\xff\xfe\x00", &letters, &marks] {
        let written = piped(text).await;
        assert!(written.stderr.starts_with("error: no error of a database"), "{}", written.stderr);
        assert_eq!((written.stdout.as_str(), written.status), ("", Some(2)));
    }
}
