//! Keys that no AWS service can accept, and half a pair of them: reported before anything is signed
//! or connected to, and without their values.

use serde_json::{Value, json};

use super::reports;
use crate::support::aws::{Answer, Aws, Keys};
use crate::support::{Vars, check, steps};

const ROLE: &str = "arn:aws:iam::210987654321:role/path/probe";
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf";

fn nowhere() -> Vars {
    Vars::to("127.0.0.1:1".parse().unwrap())
}

/// What is said of the keys in the first cause's evidence; nothing was signed with them.
#[track_caller]
fn evidence(report: &Value, code: &str) -> String {
    check(report, "credentials", "failed", code);
    assert_eq!(steps(report), ["config", "credentials"]);
    assert_eq!(report["diagnosis"]["transient"], false);
    assert!(!report.to_string().contains("canary"), "{report:#}");
    report["diagnosis"]["causes"][0]["evidence"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn damaged_variables_are_named_before_anything_is_signed() {
    const ID: &str = "AWS_ACCESS_KEY_ID";
    const TOKEN: &str = "AWS_SESSION_TOKEN";
    let blank = |name| format!("{name} contains a blank or a line end.");
    let quote = |name| format!("{name} contains a quote.");
    let secret = "AWS_SECRET_ACCESS_KEY";
    for (name, value, expected) in [
        (ID, "ASIAEXAMPLE ", blank(ID)),
        (ID, "\"ASIAEXAMPLE\"", quote(ID)),
        (secret, "canary\n", blank(secret)),
        (secret, "canary/0123\n4567", blank(secret)),
        (secret, "'canary", quote(secret)),
        (TOKEN, "canary\r\n", blank(TOKEN)),
        (TOKEN, "\"canary\"", quote(TOKEN)),
        (
            TOKEN,
            "",
            "AWS_ACCESS_KEY_ID belongs to a temporary key (it begins with ASIA), and \
             AWS_SESSION_TOKEN is not set."
                .to_owned(),
        ),
    ] {
        let vars = nowhere().with(ID, "ASIAEXAMPLE").with(TOKEN, "canary-token").with(name, value);
        let [report] = reports(&vars).await;
        assert_eq!(evidence(&report, "credentials_malformed"), expected, "{name}={value:?}");
        let summary = report["diagnosis"]["summary"].as_str().unwrap();
        assert!(summary.contains(&expected), "{summary}");
    }
}

#[tokio::test]
async fn a_session_token_under_an_old_name_is_named() {
    let vars = nowhere().with("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE");
    let vars = vars.with("AWS_SECURITY_TOKEN", "canary");
    let [report] = reports(&vars).await;
    let said = evidence(&report, "credentials_malformed");
    assert!(said.starts_with("AWS_SECURITY_TOKEN is set, and AWS_SESSION_TOKEN is not."), "{said}");
}

#[tokio::test]
async fn no_service_is_asked_with_damaged_keys() {
    for vars in [
        nowhere().with("DB_ASSUME_ROLE_ARN", ROLE),
        nowhere().with("DB_AUTH", "secret").with("DB_SECRET_ARN", SECRET),
    ] {
        let aws = Aws::start(|_| Answer::Silence).await;
        let [report] = reports(&aws.lead(vars.with("AWS_SESSION_TOKEN", "canary\nend"))).await;
        evidence(&report, "credentials_malformed");
        assert!(aws.asked().is_empty());
    }
}

#[tokio::test]
async fn half_a_pair_is_named_and_the_default_profile_does_not_sign_instead() {
    const NAMES: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config");
    let keys = "aws_access_key_id = AKIADEFAULT\naws_secret_access_key = canary-of-the-profile\n";
    std::fs::write(&config, format!("[default]\n{keys}")).unwrap();
    for (missing, set) in [(NAMES[0], NAMES[1]), (NAMES[1], NAMES[0])] {
        let vars = nowhere().without(missing).with("AWS_CONFIG_FILE", config.display());
        let [report] = reports(&vars).await;
        let said = evidence(&report, "credentials_missing");
        assert_eq!(said, format!("{set} is set, and {missing} is not."));
        let summary = report["diagnosis"]["summary"].as_str().unwrap();
        assert!(summary.contains(&said), "{summary}");
    }
}

#[tokio::test]
async fn damaged_keys_of_a_profile_and_of_a_container_are_named_by_their_source() {
    let home = tempfile::tempdir().unwrap();
    let without = || {
        nowhere()
            .without("AWS_ACCESS_KEY_ID")
            .without("AWS_SECRET_ACCESS_KEY")
            .with("AWS_EC2_METADATA_DISABLED", "true")
            .with("HOME", home.path().display())
    };
    let config = home.path().join("config");
    let keys = "aws_access_key_id = ASIAEXAMPLE\naws_secret_access_key = \"canary\"\n";
    std::fs::write(&config, format!("[profile local]\n{keys}")).unwrap();
    let vars = without().with("AWS_CONFIG_FILE", config.display()).with("AWS_PROFILE", "local");
    let [report] = reports(&vars).await;
    assert_eq!(
        evidence(&report, "credentials_malformed"),
        "aws_secret_access_key contains a quote. aws_access_key_id belongs to a temporary key (it \
         begins with ASIA), and aws_session_token is not set."
    );
    let diagnosis = &report["diagnosis"];
    assert!(diagnosis["summary"].as_str().unwrap().contains("the profile \"local\""), "{report:#}");
    let commands = json!(["aws configure list --profile local"]);
    assert_eq!(diagnosis["causes"][0]["commands"], commands);

    let printed = Keys {
        access_key_id: "ASIACONTAINER",
        secret: "canary secret",
        session_token: "canary-token",
        expiration: "2099-01-01T00:00:00Z",
    };
    let aws = Aws::start(move |_| Answer::container(printed)).await;
    let url = format!("http://{}/keys", aws.address);
    let [report] = reports(&without().with("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)).await;
    let said = evidence(&report, "credentials_malformed");
    assert!(said.contains("aws_secret_access_key contains a blank"), "{said}");
}
