//! Random environments and events: an answer each time, and no secret in it.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rds_proxy_probe::handler::{Event, Invocation};
use serde_json::Value;

use crate::support::{Engine, Vars};

const SECRETS: [&str; 2] = ["canary-key-0123456789abcdef", "canary-token-0123456789abcdef"];

/// The variables that a test may fill with anything: where the socket goes is not among them, so
/// that nothing but a closed port of this machine is ever asked.
const VARIABLES: [&str; 14] = [
    "DB_HOST",
    "DB_ENGINE",
    "DB_PORT",
    "DB_NAME",
    "DB_USER",
    "DB_REGION",
    "DB_AUTH",
    "DB_SECRET_ARN",
    "DB_CA_FILE",
    "DB_EXPECT_ROLE",
    "DB_SESSION_MAX_AGE_S",
    "PROBE_TIMEOUT_MS",
    "PROBE_FAIL_INVOCATION",
    "AWS_LAMBDA_LOG_LEVEL",
];

/// Anything, or something that is right for one variable or another.
fn value() -> impl Strategy<Value = String> {
    let right = prop::sample::select(vec![
        "app.proxy-abc.eu-west-1.rds.amazonaws.com",
        "db.internal",
        "app",
        "5432",
        "eu-west-1",
        "mysql",
        "postgresql",
        "iam",
        "reader",
        "true",
        "false",
        "1000",
        "/dev/null",
        "",
    ]);
    prop_oneof![right.prop_map(str::to_owned), ".{0,40}", "[ -~]{0,300}"]
}

fn event() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        prop::sample::select(vec![
            "fresh",
            "requestContext",
            "http",
            "httpMethod",
            "queryStringParameters",
            "multiValueQueryStringParameters",
        ])
        .prop_map(str::to_owned),
        ".{0,10}",
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key.clone(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

#[test]
fn any_environment_and_event_are_answered_without_a_secret() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let environment =
        prop::collection::hash_map(prop::sample::select(&VARIABLES[..]), value(), 0..14);
    // With any other value there is no engine to test.
    let engine = prop::sample::select(vec![Engine::PostgreSql, Engine::MySql]);
    let mut runner = TestRunner::new(Config { cases: 2_000, ..Config::default() });
    let result = runner.run(&(environment, engine, event()), |(environment, engine, event)| {
        let closed = "127.0.0.1:1".parse().unwrap();
        let mut vars = Vars::to(closed)
            .of_engine(engine)
            .with("AWS_SECRET_ACCESS_KEY", SECRETS[0])
            .with("AWS_SESSION_TOKEN", SECRETS[1]);
        for (name, value) in environment {
            vars = vars.with(name, value.replace('\0', ""));
        }
        let handler = vars.handler();
        let answer = runtime.block_on(handler.handle(&Event::from(event), &Invocation::default()));
        let reply = match &answer.reply {
            Ok(reply) => reply.as_json().to_owned(),
            Err(unhealthy) => unhealthy.report.clone(),
        };
        prop_assert!(serde_json::from_str::<Value>(&reply).is_ok());
        let written = format!("{reply}{}{:?}", answer.lines.concat(), answer.reply);
        for secret in SECRETS {
            prop_assert!(!written.contains(secret));
        }
        Ok(())
    });
    result.unwrap();
}
