//! `DB_AUTH=secret`: what AWS Secrets Manager can answer, and what becomes of a password.

use rds_proxy_emulator::{Emulator, PasswordAuth, PasswordUser};
use serde_json::{Value, json};

use super::{FRESH, Function, reports};
use crate::support::aws::{Answer, Aws};
use crate::support::{Engine, Vars, by_engine, check, emulator_with, steps};

by_engine!(
    its_login_works_by_every_way_to_ask_for_a_password,
    it_is_asked_for_in_its_own_region_with_the_functions_keys_and_kept,
    a_wrong_password_is_password_rejected_whatever_database_the_secret_names,
    a_rotated_secret_is_read_again_once_and_the_report_says_so,
    a_refused_secret_that_did_not_change_is_not_tried_twice,
    a_refusal_stands_when_the_secret_cannot_be_read_again,
);

const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf";
const USER: &str = "by_secret";
const PASSWORD: &str = "p4ss/word with spaces";

/// A proxy that knows one user, by its password.
async fn proxy(engine: Engine, asks_for: Option<PasswordAuth>) -> Emulator {
    emulator_with(engine, |options| {
        options.iam_users = Vec::new();
        options.password_users = vec![PasswordUser::new(USER, PASSWORD)];
        options.password_auth = asks_for;
    })
    .await
}

fn by_secret(aws: &Aws, vars: Vars) -> Vars {
    aws.lead(vars).without("DB_USER").with("DB_AUTH", "secret").with("DB_SECRET_ARN", ARN)
}

fn login(engine: Engine, password: &str) -> Value {
    let engine = match engine {
        Engine::PostgreSql => "postgres",
        Engine::MySql => "mysql",
    };
    json!({ "username": USER, "password": password, "engine": engine })
}

/// What a function reports that gets this answer, and so has no use for a database.
async fn answered_with(answer: Answer) -> Value {
    let aws = Aws::start(move |_| answer.clone()).await;
    let nowhere = Vars::to("127.0.0.1:1".parse().unwrap());
    let [report] = reports(&by_secret(&aws, nowhere)).await;
    report
}

async fn its_login_works_by_every_way_to_ask_for_a_password(engine: Engine) {
    let ways: &[(PasswordAuth, &str)] = match engine {
        Engine::PostgreSql => &[
            (PasswordAuth::ScramSha256, "scram-sha-256"),
            (PasswordAuth::Md5, "md5"),
            (PasswordAuth::Cleartext, "cleartext"),
        ],
        Engine::MySql => &[
            (PasswordAuth::CachingSha2Password, "caching_sha2_password"),
            (PasswordAuth::MysqlNativePassword, "mysql_native_password"),
        ],
    };
    for &(asks_for, asked) in ways {
        let proxy = proxy(engine, Some(asks_for)).await;
        let aws = Aws::start(move |_| Answer::secret(login(engine, PASSWORD))).await;
        let [report] = reports(&by_secret(&aws, Vars::of(&proxy))).await;
        assert_eq!(report["status"], "healthy", "{asks_for:?}: {report:#}");
        assert_eq!(report["database"]["user"], USER);
        let auth = json!({ "method": "secret", "user": USER, "asked": asked });
        assert_eq!(report["auth"], auth);
        let all = ["config", "credentials", "resolve", "connect", "tls", "authenticate", "query"];
        assert_eq!(steps(&report), all);
    }
}

async fn it_is_asked_for_in_its_own_region_with_the_functions_keys_and_kept(engine: Engine) {
    let proxy = proxy(engine, None).await;
    let aws = Aws::start(move |_| Answer::secret(login(engine, PASSWORD))).await;
    let elsewhere = ARN.replace("us-east-1", "eu-central-2");
    let vars = by_secret(&aws, Vars::of(&proxy)).with("DB_SECRET_ARN", &elsewhere);
    let all: [Value; 3] = reports(&vars).await;
    assert!(all.iter().all(|report| report["status"] == "healthy"), "{all:#?}");
    let asked = aws.asked();
    let [asked] = asked.as_slice() else { panic!("{asked:#?}") };
    assert_eq!(asked.operation, "GetSecretValue");
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(body, json!({ "SecretId": elsewhere }));
    let credential = format!("Credential={}/", Vars::of(&proxy).get("AWS_ACCESS_KEY_ID").unwrap());
    assert!(asked.authorization.contains(&credential), "{}", asked.authorization);
    assert!(asked.authorization.contains("/eu-central-2/secretsmanager/"));
}

#[tokio::test]
async fn a_refusal_for_lack_of_permission_is_secret_denied() {
    let said = "User: arn:aws:sts::123456789012:assumed-role/probe/probe is not authorized to \
                perform: secretsmanager:GetSecretValue because no identity-based policy allows it";
    let report = answered_with(Answer::json_error(400, "AccessDeniedException", said)).await;
    check(&report, "credentials", "failed", "secret_denied");
    let first = &report["diagnosis"]["causes"][0];
    assert_eq!(first["evidence"], format!("AccessDeniedException: {said}"));
    assert!(first["remedy"].as_str().unwrap().contains("secretsmanager:GetSecretValue"));
}

#[tokio::test]
async fn a_refusal_of_the_key_is_secret_denied_with_the_key_first() {
    let said = "Access to KMS is not allowed";
    let report = answered_with(Answer::json_error(400, "AccessDeniedException", said)).await;
    check(&report, "credentials", "failed", "secret_denied");
    let remedy = report["diagnosis"]["causes"][0]["remedy"].as_str().unwrap();
    assert!(remedy.contains("kms:Decrypt"), "{remedy}");
}

#[tokio::test]
async fn a_secret_that_is_not_there_or_deleted_is_secret_not_found() {
    for (code, said) in [
        ("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
        (
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
        ),
    ] {
        let report = answered_with(Answer::json_error(400, code, said)).await;
        check(&report, "credentials", "failed", "secret_not_found");
        let evidence = &report["diagnosis"]["causes"][0]["evidence"];
        assert_eq!(evidence, &json!(format!("{code}: {said}")));
    }
}

#[tokio::test]
async fn a_secret_without_a_login_is_secret_malformed_and_not_repeated() {
    for answer in [
        Answer::secret("hunter2"),
        Answer::secret(json!(["hunter2"])),
        Answer::secret(json!({ "Username": "app", "Password": "hunter2" })),
        Answer::secret(json!({ "username": "", "password": "hunter2" })),
        Answer::binary_secret(b"hunter2"),
    ] {
        let report = answered_with(answer).await;
        check(&report, "credentials", "failed", "secret_malformed");
        assert!(!report.to_string().contains("hunter2"), "{report:#}");
    }
}

#[tokio::test]
async fn a_missing_key_is_named_with_the_usual_names_that_are_there() {
    for (secret, summary, evidence) in [
        (
            json!({ "Username": "hunter2", "Password": "hunter2" }),
            "it has no \"username\" and no \"password\".",
            "It has \"Password\", \"Username\".",
        ),
        (
            json!({ "username": "hunter2", "db_pass": "hunter2", "hunter2": "x" }),
            "it has no \"password\".",
            "It has \"db_pass\", \"username\" and 1 other key.",
        ),
        (json!({ "hunter2": "" }), "no \"password\".", "It has 1 other key."),
    ] {
        let report = answered_with(Answer::secret(&secret)).await;
        check(&report, "credentials", "failed", "secret_malformed");
        let diagnosis = &report["diagnosis"];
        assert!(diagnosis["summary"].as_str().unwrap().ends_with(summary), "{report:#}");
        assert_eq!(diagnosis["causes"][0]["evidence"], evidence);
        assert!(!report.to_string().contains("hunter2"), "{report:#}");
        // What is put is what is there, with the login added.
        let commands = &diagnosis["causes"][0]["commands"];
        assert!(commands[0].as_str().unwrap().ends_with("| jq keys"), "{commands}");
        assert!(commands[1].as_str().unwrap().contains("| jq -c '. + {username"), "{commands}");
    }
}

#[tokio::test]
async fn another_engine_s_secret_is_said_and_a_value_that_cannot_be_used_too() {
    for (secret, words) in [
        (json!({ "user": "a", "engine": "mysql" }), "names another engine than PostgreSQL"),
        (json!({ "username": "a", "password": "" }), "a value that cannot be used"),
        (json!(json!({ "username": "a", "password": "b" }).to_string()), "not a JSON object with"),
    ] {
        let report = answered_with(Answer::secret(&secret)).await;
        check(&report, "credentials", "failed", "secret_malformed");
        let cause = report["diagnosis"]["causes"][0]["cause"].as_str().unwrap();
        assert!(cause.contains(words), "{report:#}");
    }
}

#[tokio::test]
async fn silence_is_secret_timeout() {
    let aws = Aws::start(|_| Answer::Silence).await;
    let vars = by_secret(&aws, Vars::to("127.0.0.1:1".parse().unwrap()));
    let [report] = reports(&vars.with("PROBE_TIMEOUT_MS", 2_000)).await;
    check(&report, "credentials", "timeout", "secret_timeout");
    assert_eq!(report["diagnosis"]["transient"], true);
}

#[tokio::test]
async fn a_disturbed_service_is_secret_failed_in_its_own_words_within_the_usual_budget() {
    let said = "An error occurred on the server side.";
    let report = answered_with(Answer::json_error(500, "InternalServiceError", said)).await;
    check(&report, "credentials", "failed", "secret_failed");
    let summary = report["diagnosis"]["summary"].as_str().unwrap();
    assert!(summary.contains(said), "{summary}");
    assert_eq!(report["diagnosis"]["transient"], true);
}

#[tokio::test]
async fn a_service_out_of_reach_is_secret_failed() {
    let aws = Aws::start(|_| Answer::Silence).await;
    let vars = by_secret(&aws, Vars::to("127.0.0.1:1".parse().unwrap()));
    let [report] =
        reports(&vars.with("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:1")).await;
    check(&report, "credentials", "failed", "secret_failed");
    assert_eq!(report["diagnosis"]["transient"], true);
}

async fn a_wrong_password_is_password_rejected_whatever_database_the_secret_names(engine: Engine) {
    let proxy = proxy(engine, None).await;
    for (key, value) in [
        ("host", json!("orders.cluster-abc.us-east-1.rds.amazonaws.com")),
        ("port", json!(6000)),
        ("host", json!(Vars::of(&proxy).get("DB_HOST").unwrap().to_uppercase())),
    ] {
        let mut secret = login(engine, "not the password");
        secret[key] = value;
        let aws = Aws::start(move |_| Answer::secret(&secret)).await;
        let [report] = reports(&by_secret(&aws, Vars::of(&proxy))).await;
        check(&report, "authenticate", "failed", "password_rejected");
        // Through a proxy such a difference is normal.
        let first = &report["diagnosis"]["causes"][0];
        assert_eq!(first["evidence"], Value::Null, "{report:#}");
        assert!(first["remedy"].as_str().unwrap().contains(ARN), "{report:#}");
    }
}

async fn a_rotated_secret_is_read_again_once_and_the_report_says_so(engine: Engine) {
    let proxy = proxy(engine, None).await;
    let aws = Aws::start(move |asked| {
        Answer::secret(login(
            engine,
            if asked.before == 0 { "before the rotation" } else { PASSWORD },
        ))
    })
    .await;
    let mut function = Function::start(&by_secret(&aws, Vars::of(&proxy))).await;
    // What has just been read is not read again.
    let first = function.report(FRESH).await;
    check(&first, "authenticate", "failed", "password_rejected");
    assert_eq!((aws.asked().len(), proxy.connections_accepted()), (1, 1));
    // What was kept is.
    let second = function.report(FRESH).await;
    assert_eq!(second["status"], "healthy", "{second:#}");
    assert_eq!(second["retry"]["code"], "password_rejected", "{second:#}");
    assert_eq!((aws.asked().len(), proxy.connections_accepted()), (2, 3));
    // And the new one is kept.
    let third = function.report(FRESH).await;
    assert_eq!((&third["status"], &third["retry"]), (&json!("healthy"), &Value::Null));
    assert_eq!((aws.asked().len(), proxy.connections_accepted()), (2, 4));
    function.stop().await;
}

async fn a_refused_secret_that_did_not_change_is_not_tried_twice(engine: Engine) {
    let proxy = proxy(engine, None).await;
    let aws = Aws::start(move |_| Answer::secret(login(engine, "not the password"))).await;
    let mut function = Function::start(&by_secret(&aws, Vars::of(&proxy))).await;
    for nth in 1..=3 {
        let report = function.report(FRESH).await;
        check(&report, "authenticate", "failed", "password_rejected");
        assert_eq!(report["retry"], Value::Null);
        assert_eq!((aws.asked().len(), proxy.connections_accepted()), (nth, nth));
    }
    function.stop().await;
}

async fn a_refusal_stands_when_the_secret_cannot_be_read_again(engine: Engine) {
    let proxy = proxy(engine, None).await;
    let aws = Aws::start(move |asked| match asked.before {
        0 => Answer::secret(login(engine, "not the password")),
        _ => Answer::json_error(400, "AccessDeniedException", "no longer"),
    })
    .await;
    let both: [Value; 2] = reports(&by_secret(&aws, Vars::of(&proxy))).await;
    for report in both {
        check(&report, "authenticate", "failed", "password_rejected");
    }
}
