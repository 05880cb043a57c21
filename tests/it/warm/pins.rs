//! What reaches PostgreSQL through the emulator, byte for byte, on every way to a healthy report:
//! nothing for which RDS Proxy would pin a session to its database connection.
//!
//! The list is AWS's:
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html>. What the
//! function says before the emulator, inside TLS, is in `contract::traffic`.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rds_proxy_emulator::{Backend, Emulator, Options, PasswordAuth, PasswordUser};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpStream, UnixStream};

use crate::support::aws::{Answer, Aws};
use crate::support::forwarder::Forwarder;
use crate::support::peer::Peer;
use crate::support::{Engine, Vars, by_engine, cluster, emulator_with, running};

by_engine!(no_way_to_a_healthy_report_is_a_pin_to_the_emulator);

const BY_TOKEN: &str = "pins_by_token";
const BY_PASSWORD: &str = "pins_by_password";
const PASSWORD: &str = "pins-password";
const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:pins-AbCdEf";

/// Words of a statement, or calls in it, for which a session is pinned.
const PINNING: [&str; 23] = [
    "set",
    "reset",
    "set_config",
    "prepare",
    "execute",
    "deallocate",
    "discard",
    "declare",
    "fetch",
    "temp",
    "temporary",
    "listen",
    "unlisten",
    "notify",
    "load",
    "lock",
    "nextval",
    "setval",
    "currval",
    "lastval",
    "pg_advisory_lock",
    "pg_try_advisory_lock",
    "into",
];

/// The longest statement that does not pin, in bytes.
const STATEMENT_LIMIT: usize = 16 * 1024;

/// What each database connection received.
type Told = Arc<Mutex<Vec<Vec<u8>>>>;

/// A PostgreSQL by TCP that leads to the socket, and writes down what it receives.
async fn recorder(socket: PathBuf) -> (Peer, Told) {
    let told = Told::default();
    let record = Arc::clone(&told);
    let peer = Peer::start(move |client: TcpStream| {
        let (record, socket) = (Arc::clone(&record), socket.clone());
        async move {
            let number = {
                let mut record = record.lock().unwrap();
                record.push(Vec::new());
                record.len() - 1
            };
            let (mut from_client, mut to_client) = client.into_split();
            let server = UnixStream::connect(socket).await.unwrap();
            let (mut from_server, mut to_server) = server.into_split();
            let up = async {
                let mut bytes = vec![0; 1 << 14];
                while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
                    record.lock().unwrap()[number].extend(&bytes[..length]);
                    to_server.write_all(&bytes[..length]).await.unwrap();
                }
            };
            tokio::select! {
                () = up => {}
                _ = copy(&mut from_server, &mut to_client) => {}
            }
        }
    })
    .await;
    (peer, told)
}

/// An emulator whose sessions go through a recorder.
async fn recorded(password_auth: PasswordAuth) -> (Emulator, Peer, Told) {
    let users = |options: &mut Options| {
        options.iam_users = vec![BY_TOKEN.to_owned()];
        options.password_users = vec![PasswordUser::new(BY_PASSWORD, PASSWORD)];
        options.password_auth = Some(password_auth);
    };
    // It makes the roles, as one by URL does not.
    drop(emulator_with(Engine::PostgreSql, users).await);
    let (peer, told) = recorder(cluster(Engine::PostgreSql).socket()).await;
    let url = format!("postgres://{}/postgres", peer.address);
    let emulator = emulator_with(Engine::PostgreSql, |options| {
        users(options);
        options.backend = url.parse::<Backend>().unwrap();
    })
    .await;
    (emulator, peer, told)
}

/// The C string at the beginning, and the rest.
fn text(bytes: &[u8]) -> (&str, &[u8]) {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap();
    (std::str::from_utf8(&bytes[..end]).unwrap(), &bytes[end + 1..])
}

/// The length-prefixed part at the beginning, without its length, and the rest.
fn part(bytes: &[u8]) -> (&[u8], &[u8]) {
    let length = usize::try_from(u32::from_be_bytes(bytes[..4].try_into().unwrap())).unwrap();
    (&bytes[4..length], &bytes[length..])
}

/// The parameters of a startup packet are those that RDS Proxy takes without pinning:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html>.
fn check_startup(startup: &[u8]) {
    let mut rest = &startup[4..];
    let mut names = Vec::new();
    while rest != [0] {
        let (name, after) = text(rest);
        names.push(name);
        rest = text(after).1;
    }
    names.sort_unstable();
    assert_eq!(names, ["application_name", "client_encoding", "database", "user"]);
}

/// That nothing a connection received pins it; how many questions it was asked.
fn check(told: &[u8]) -> usize {
    let (startup, mut rest) = part(told);
    check_startup(startup);
    let mut questions = 0;
    while let Some((tag, after)) = rest.split_first() {
        let (body, after) = part(after);
        rest = after;
        match tag {
            b'P' => {
                let (name, body) = text(body);
                assert_eq!(name, "", "a named statement");
                let (sql, _) = text(body);
                assert!(sql.len() <= STATEMENT_LIMIT);
                assert!(sql.starts_with("SELECT ") && !sql.contains(';'), "{sql}");
                let lower = sql.to_ascii_lowercase();
                for word in lower.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
                    assert!(!PINNING.contains(&word), "{word} in {sql}");
                }
            }
            b'B' => assert_eq!(body[..2], [0, 0], "a named portal or statement"),
            b'D' => assert_eq!(text(&body[1..]).0, "", "a name is described"),
            b'E' => assert_eq!(text(body).0, "", "a named portal"),
            b'S' => questions += 1,
            // The proxy's own, on a new connection.
            b'Q' => assert!(body.starts_with(b"SELECT current_setting('max_connections')")),
            b'X' => assert!(rest.is_empty(), "something after the end"),
            other => panic!("message {:?}", char::from(*other)),
        }
    }
    questions
}

/// Invokes a function cold, warm, with a separate session, and after its session was cut.
async fn every_way(vars: &Vars, hop: &Forwarder) {
    let mut function = running(vars).await;
    for (event, reused) in [("{}", false), ("{}", true), (r#"{"fresh": true}"#, false)] {
        let report = function.invoke(event.as_bytes()).await.report();
        assert_eq!(report["status"], "healthy", "{report:#}");
        assert_eq!(report["session"]["reused"], reused, "{report:#}");
    }
    hop.silence();
    let report = function.invoke(b"{}").await.report();
    assert_eq!(report["retry"]["code"], "query_timeout", "{report:#}");
    function.stop().await;
}

/// What the database received by then: nothing in it pins.
fn check_all(told: &Told) {
    let told = told.lock().unwrap();
    let questions: usize = told.iter().map(|told| check(told)).sum();
    // Cold and warm; a separate session, which was silenced before it was asked again; and the
    // one that took its place. They may share a connection, as nothing pins one.
    assert_eq!(questions, 4);
}

#[tokio::test]
async fn nothing_pins_a_session_that_was_signed_in_by_token() {
    let (emulator, _database, told) = recorded(PasswordAuth::default()).await;
    let hop = Forwarder::start(emulator.address()).await;
    let vars = Vars::of(&emulator).with("DB_CONNECT_TO", hop.address).with("DB_USER", BY_TOKEN);
    every_way(&vars.with("PROBE_TIMEOUT_MS", 3_000), &hop).await;
    check_all(&told);
}

#[tokio::test]
async fn nothing_pins_a_session_that_was_signed_in_by_password() {
    for asks_for in [PasswordAuth::ScramSha256, PasswordAuth::Md5, PasswordAuth::Cleartext] {
        let (emulator, _database, told) = recorded(asks_for).await;
        let hop = Forwarder::start(emulator.address()).await;
        let login = json!({ "username": BY_PASSWORD, "password": PASSWORD });
        let aws = Aws::start(move |_| Answer::secret(login.clone())).await;
        let vars = aws.lead(Vars::of(&emulator)).without("DB_USER").with("DB_AUTH", "secret");
        let vars = vars.with("DB_SECRET_ARN", ARN).with("DB_CONNECT_TO", hop.address);
        every_way(&vars.with("PROBE_TIMEOUT_MS", 3_000), &hop).await;
        check_all(&told);
    }
}

async fn no_way_to_a_healthy_report_is_a_pin_to_the_emulator(engine: Engine) {
    let emulator = emulator_with(engine, |options| {
        options.password_users = vec![PasswordUser::new(BY_PASSWORD, PASSWORD)];
    })
    .await;
    let hop = Forwarder::start(emulator.address()).await;
    let by_token = Vars::of(&emulator).with("DB_CONNECT_TO", hop.address);
    let by_token = by_token.with("PROBE_TIMEOUT_MS", 3_000);
    let login = json!({ "username": BY_PASSWORD, "password": PASSWORD });
    let aws = Aws::start(move |_| Answer::secret(login.clone())).await;
    let by_secret = aws.lead(by_token.clone()).without("DB_USER").with("DB_AUTH", "secret");
    for vars in [by_token, by_secret.with("DB_SECRET_ARN", ARN)] {
        every_way(&vars, &hop).await;
    }
    assert!(emulator.pins_since(0).is_empty(), "{:?}", emulator.pins_since(0));
}
