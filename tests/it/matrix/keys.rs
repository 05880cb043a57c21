//! The keys that sign: an assumed role's, a container's, a profile's, and none.

use std::time::SystemTime;

use rds_proxy_emulator::{Emulator, Principal};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::reports;
use crate::support::aws::{Answer, Aws, Keys};
use crate::support::{Engine, Vars, check, emulator_with};

const ROLE: &str = "arn:aws:iam::210987654321:role/path/probe";

/// Keys that end in so many minutes, for the principal that [`proxy`] knows.
fn keys_for(minutes: i64) -> Keys<'static> {
    let end = OffsetDateTime::from(SystemTime::now()) + time::Duration::minutes(minutes);
    let end = end.replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap();
    Keys {
        access_key_id: "ASIAHANDEDOUT",
        secret: "handed/out+secret=0123456789",
        session_token: "handed/out+session+token==",
        expiration: end.leak(),
    }
}

/// A proxy that accepts no other principal than the one whose keys [`keys_for`] has.
async fn proxy() -> Emulator {
    emulator_with(Engine::PostgreSql, |options| {
        let Keys { access_key_id, secret, session_token, .. } = keys_for(0);
        let everything = vec!["arn:aws:rds-db:*:*:dbuser:*".to_owned()];
        let token = Some(session_token.to_owned());
        options.principals = vec![Principal::new(access_key_id, secret, token, everything)];
    })
    .await
}

/// An environment whose own keys the proxy does not know.
fn with_role(aws: &Aws, vars: Vars) -> Vars {
    aws.lead(vars)
        .with("AWS_ACCESS_KEY_ID", "AKIAFUNCTION")
        .with("AWS_SECRET_ACCESS_KEY", "function-secret-0123456789")
        .without("AWS_SESSION_TOKEN")
        .with("DB_ASSUME_ROLE_ARN", ROLE)
}

/// An environment without keys, and with nothing else that could have some.
fn without_keys(vars: Vars, home: &tempfile::TempDir) -> Vars {
    vars.without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY")
        .without("AWS_SESSION_TOKEN")
        .with("AWS_EC2_METADATA_DISABLED", "true")
        .with("HOME", home.path().display())
}

fn nowhere() -> Vars {
    Vars::to("127.0.0.1:1".parse().unwrap())
}

#[tokio::test]
async fn an_assumed_role_signs() {
    let proxy = proxy().await;
    let aws = Aws::start(|_| Answer::assumed(keys_for(60))).await;
    let vars = with_role(&aws, Vars::of(&proxy)).with("DB_ASSUME_ROLE_EXTERNAL_ID", "an id=&+");
    let [report] = reports(&vars).await;
    assert_eq!(report["status"], "healthy", "{report:#}");
    let asked = aws.asked();
    let [asked] = asked.as_slice() else { panic!("{asked:#?}") };
    assert_eq!(asked.operation, "AssumeRole");
    for (name, value) in [
        ("RoleArn", ROLE),
        ("RoleSessionName", "probe-under-test"),
        ("ExternalId", "an id=&+"),
        ("DurationSeconds", "3600"),
    ] {
        assert_eq!(asked.parameter(name).as_deref(), Some(value), "{name} in {}", asked.body);
    }
    assert!(asked.authorization.contains("Credential=AKIAFUNCTION/"), "{}", asked.authorization);
    assert!(asked.authorization.contains("/us-east-1/sts/"), "{}", asked.authorization);
}

#[tokio::test]
async fn an_assumed_roles_keys_are_kept_until_five_minutes_before_their_end() {
    for (minutes, asked) in [(60, 1), (6, 1), (4, 3)] {
        let proxy = proxy().await;
        let aws = Aws::start(move |_| Answer::assumed(keys_for(minutes))).await;
        let all: [Value; 3] = reports(&with_role(&aws, Vars::of(&proxy))).await;
        assert!(all.iter().all(|report| report["status"] == "healthy"), "{all:#?}");
        assert_eq!(aws.asked().len(), asked, "with {minutes} minutes left");
    }
}

#[tokio::test]
async fn a_refused_role_is_assume_role_denied_in_the_words_of_sts() {
    let said = "User: arn:aws:iam::123456789012:user/function is not authorized to perform: \
                sts:AssumeRole on resource: arn:aws:iam::210987654321:role/path/probe";
    let aws = Aws::start(move |_| Answer::xml_error(403, "AccessDenied", said)).await;
    let [report] = reports(&with_role(&aws, nowhere())).await;
    check(&report, "credentials", "failed", "assume_role_denied");
    let first = &report["diagnosis"]["causes"][0];
    assert_eq!(first["evidence"], format!("AccessDenied: {said}"));
    assert!(first["remedy"].as_str().unwrap().contains(ROLE), "{first:#}");
}

#[tokio::test]
async fn every_other_refusal_of_a_role_is_assume_role_failed() {
    for (status, code, transient) in [
        (400, "ValidationError", false),
        (403, "RegionDisabledException", false),
        (500, "InternalFailure", true),
        (503, "ServiceUnavailable", true),
    ] {
        let aws = Aws::start(move |_| Answer::xml_error(status, code, "What STS says.")).await;
        let [report] = reports(&with_role(&aws, nowhere())).await;
        check(&report, "credentials", "failed", "assume_role_failed");
        let summary = report["diagnosis"]["summary"].as_str().unwrap();
        assert!(summary.contains("What STS says."), "{summary}");
        assert_eq!(report["diagnosis"]["transient"], transient, "{code}");
    }
}

#[tokio::test]
async fn an_answer_that_is_none_is_assume_role_failed() {
    for body in ["", "<html>", "<AssumeRoleResponse/>"] {
        let aws = Aws::start(move |_| Answer::xml(200, body.to_owned())).await;
        let [report] = reports(&with_role(&aws, nowhere())).await;
        check(&report, "credentials", "failed", "assume_role_failed");
    }
}

#[tokio::test]
async fn a_silent_sts_is_credentials_timeout() {
    let aws = Aws::start(|_| Answer::Silence).await;
    let vars = with_role(&aws, nowhere()).with("PROBE_TIMEOUT_MS", 2_000);
    let [report] = reports(&vars).await;
    check(&report, "credentials", "timeout", "credentials_timeout");
    assert_eq!(report["diagnosis"]["transient"], true);
}

#[tokio::test]
async fn keys_that_sts_calls_ended_are_credentials_expired() {
    for code in ["ExpiredToken", "ExpiredTokenException"] {
        let said = "The security token included in the request is expired";
        let aws = Aws::start(move |_| Answer::xml_error(403, code, said)).await;
        let [report] = reports(&with_role(&aws, nowhere())).await;
        check(&report, "credentials", "failed", "credentials_expired");
    }
}

#[tokio::test]
async fn no_keys_anywhere_is_credentials_missing() {
    let home = tempfile::tempdir().unwrap();
    let [report] = reports(&without_keys(nowhere(), &home)).await;
    check(&report, "credentials", "failed", "credentials_missing");
}

#[tokio::test]
async fn a_containers_keys_sign() {
    let (proxy, home) = (proxy().await, tempfile::tempdir().unwrap());
    let aws = Aws::start(|_| Answer::container(keys_for(60))).await;
    let url = format!("http://{}/keys", aws.address);
    let vars = without_keys(Vars::of(&proxy), &home)
        .with("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)
        .with("AWS_CONTAINER_AUTHORIZATION_TOKEN", "of-the-container");
    let [report] = reports(&vars).await;
    assert_eq!(report["status"], "healthy", "{report:#}");
    let asked = aws.asked();
    let [asked] = asked.as_slice() else { panic!("{asked:#?}") };
    assert_eq!((&*asked.operation, &*asked.authorization), ("/keys", "of-the-container"));
}

#[tokio::test]
async fn a_silent_container_agent_is_credentials_timeout_whatever_the_budget() {
    let home = tempfile::tempdir().unwrap();
    let aws = Aws::start(|_| Answer::Silence).await;
    let vars = without_keys(nowhere(), &home)
        .with("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("http://{}/keys", aws.address));
    let [report] = reports(&vars.with("PROBE_TIMEOUT_MS", 2_000)).await;
    check(&report, "credentials", "timeout", "credentials_timeout");
}

#[tokio::test]
async fn a_containers_ended_keys_are_credentials_expired() {
    let home = tempfile::tempdir().unwrap();
    let aws = Aws::start(|_| Answer::container(keys_for(-1))).await;
    let vars = without_keys(nowhere(), &home)
        .with("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("http://{}/keys", aws.address));
    let [report] = reports(&vars).await;
    check(&report, "credentials", "failed", "credentials_expired");
}

#[tokio::test]
async fn a_container_agent_that_refuses_is_credentials_missing_with_its_words() {
    let home = tempfile::tempdir().unwrap();
    let aws = Aws::start(|_| Answer::json_error(403, "AccessDenied", "What the agent says.")).await;
    let vars = without_keys(nowhere(), &home)
        .with("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("http://{}/keys", aws.address));
    let [report] = reports(&vars).await;
    check(&report, "credentials", "failed", "credentials_missing");
    let first = &report["diagnosis"]["causes"][0];
    assert!(first["evidence"].is_string(), "{report:#}");
}

/// The environment of a machine with one profile, whose keys a process prints.
fn with_profile(vars: Vars, home: &tempfile::TempDir, keys: &Value) -> Vars {
    let (config, printed) = (home.path().join("config"), home.path().join("keys.json"));
    let process = format!("[profile local]\ncredential_process = /bin/cat {}\n", printed.display());
    std::fs::write(&config, process).unwrap();
    std::fs::write(&printed, keys.to_string()).unwrap();
    without_keys(vars, home).with("AWS_CONFIG_FILE", config.display()).with("AWS_PROFILE", "local")
}

/// What such a process prints.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>
fn printed(keys: Keys<'_>) -> Value {
    json!({
        "Version": 1,
        "AccessKeyId": keys.access_key_id,
        "SecretAccessKey": keys.secret,
        "SessionToken": keys.session_token,
        "Expiration": keys.expiration,
    })
}

#[tokio::test]
async fn a_profiles_keys_sign() {
    let (proxy, home) = (proxy().await, tempfile::tempdir().unwrap());
    let vars = with_profile(Vars::of(&proxy), &home, &printed(keys_for(60)));
    let [report] = reports(&vars).await;
    assert_eq!(report["status"], "healthy", "{report:#}");
}

#[tokio::test]
async fn a_profiles_ended_keys_are_credentials_expired() {
    let home = tempfile::tempdir().unwrap();
    let [report] = reports(&with_profile(nowhere(), &home, &printed(keys_for(-1)))).await;
    check(&report, "credentials", "failed", "credentials_expired");
}

#[tokio::test]
async fn a_profile_that_fails_is_credentials_missing_and_its_output_is_not_repeated() {
    let home = tempfile::tempdir().unwrap();
    let [report] = reports(&with_profile(nowhere(), &home, &json!({ "hunter2": 1 }))).await;
    check(&report, "credentials", "failed", "credentials_missing");
    assert!(!report.to_string().contains("hunter2"), "{report:#}");
}

#[tokio::test]
async fn a_role_is_assumed_with_a_containers_keys() {
    let (proxy, home) = (proxy().await, tempfile::tempdir().unwrap());
    let aws = Aws::start(|asked| match asked.operation.as_str() {
        "AssumeRole" => Answer::assumed(keys_for(60)),
        _ => Answer::container(Keys { access_key_id: "ASIACONTAINER", ..keys_for(60) }),
    })
    .await;
    let vars = without_keys(with_role(&aws, Vars::of(&proxy)), &home)
        .with("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("http://{}/keys", aws.address));
    let [report] = reports(&vars).await;
    assert_eq!(report["status"], "healthy", "{report:#}");
    let authorization = &aws.asked()[1].authorization;
    assert!(authorization.contains("Credential=ASIACONTAINER/"), "{authorization}");
}
