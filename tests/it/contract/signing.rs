//! Two implementations that share no code agree on tokens: the emulator accepts every token that
//! the function signs, for any user and endpoint, and rejects one with a changed byte.

use proptest::prelude::*;
use proptest::sample::Index;
use rds_proxy_emulator::{Backend, Emulator, Principal};
use serde_json::Value;
use testkit::authority::client_config;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::support::{Engine, Vars, emulator_with, probe, steps};

/// A login each takes a handshake, so they are few.
const CASES: u32 = 24;

const REGIONS: [&str; 3] = ["eu-west-1", "ap-southeast-5", "us-gov-east-1"];

/// A user and an endpoint.
#[derive(Clone, Debug)]
struct Case {
    user: String,
    endpoint: String,
    region: String,
    session_token: Option<String>,
}

fn case() -> impl Strategy<Value = Case> {
    let session_token = proptest::option::of("[A-Za-z0-9+/]{1,40}={0,2}");
    ("[^\\x00-\\x1f]{1,15}", "[a-z][a-z0-9]{0,20}", 0..REGIONS.len(), session_token).prop_map(
        |(user, name, region, session_token)| {
            let region = REGIONS[region].to_owned();
            let endpoint = format!("{name}.proxy-abc123.{region}.rds.amazonaws.com");
            Case { user, endpoint, region, session_token }
        },
    )
}

/// An emulator that knows this one user, at this endpoint. There is no database behind it.
async fn emulator_for(case: &Case) -> Emulator {
    let case = case.clone();
    emulator_with(Engine::PostgreSql, move |options| {
        let patterns = vec!["arn:aws*:rds-db:*".to_owned()];
        let key = "a/secret+key=";
        options.backend = Backend::Absent;
        options.principals =
            vec![Principal::new("AKIAPROPERTY", key, case.session_token, patterns)];
        options.iam_users = vec![case.user];
        options.endpoint_host = case.endpoint;
        options.region = case.region;
    })
    .await
}

fn status_of(report: &Value, step: &str) -> Value {
    let position = steps(report).iter().position(|name| *name == step);
    position.map_or(Value::Null, |position| report["steps"][position]["status"].clone())
}

/// The SQLSTATE that another author's driver gets with this password; `None` when it logs in.
async fn refusal(emulator: &Emulator, case: &Case, password: &str) -> Option<String> {
    let tls = client_config(emulator.ca_pem(), rustls::ALL_VERSIONS);
    let address = emulator.address();
    let connected = tokio_postgres::Config::new()
        .host(&case.endpoint)
        .hostaddr(address.ip())
        .port(address.port())
        .user(&case.user)
        .dbname("postgres")
        .password(password)
        .ssl_mode(SslMode::Require)
        .connect(MakeRustlsConnect::new(tls))
        .await;
    connected.err().map(|error| error.code().unwrap().code().to_owned())
}

/// The token with one letter or digit made another, the first from `at` on that can be: not one of
/// an escape, whose case is free.
fn changed(token: &str, at: Index, to: char) -> String {
    let mut bytes = token.as_bytes().to_vec();
    let (first, to) = (at.index(bytes.len()), u8::try_from(to).unwrap());
    let can_be = |at: &usize| {
        let in_escape = bytes[at.saturating_sub(2)..*at].contains(&b'%');
        !in_escape && bytes[*at].is_ascii_alphanumeric() && !bytes[*at].eq_ignore_ascii_case(&to)
    };
    let at = (first..bytes.len()).chain(0..first).find(can_be).unwrap();
    bytes[at] = to;
    String::from_utf8(bytes).unwrap()
}

fn run(work: impl Future<Output = Result<(), TestCaseError>>) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_function_signs_is_accepted_and_one_changed_byte_is_not(
        case in case(),
        at: Index,
        to in prop::char::range('a', 'z'),
    ) {
        run(async move {
            let emulator = emulator_for(&case).await;
            let report = probe(&Vars::of(&emulator)).await;
            prop_assert_eq!(status_of(&report, "authenticate"), "ok", "{:#}", report);
            let tokens = emulator.passwords_received();
            prop_assert_eq!(tokens.len(), 1);
            prop_assert_eq!(refusal(&emulator, &case, &tokens[0]).await, None);
            let changed = changed(&tokens[0], at, to);
            let refused = refusal(&emulator, &case, &changed).await;
            prop_assert_eq!(refused, Some("28P01".to_owned()), "{}", changed);
            Ok(())
        })?;
    }
}
