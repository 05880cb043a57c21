//! Keys that the SDK's chain does not find: which provider said what, and what is odd about the
//! variables and the profile. Nothing is called configured that is not.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::reports;
use crate::support::aws::{Answer, Aws};
use crate::support::{Vars, check};

/// A function without keys, whose home is this folder.
///
/// The SDK asks a provider that does not answer three times, with pauses of random length, some
/// seconds in all: the budget has room for them.
fn without_keys(home: &TempDir) -> Vars {
    Vars::to("127.0.0.1:1".parse().unwrap())
        .with("PROBE_TIMEOUT_MS", 20_000)
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY")
        .with("AWS_EC2_METADATA_DISABLED", "true")
        .with("HOME", home.path().display())
}

/// The same with this config file and a profile of it.
fn with_profile(home: &TempDir, config: &str) -> Vars {
    let file = home.path().join("config");
    std::fs::write(&file, config).unwrap();
    without_keys(home).with("AWS_CONFIG_FILE", file.display()).with("AWS_PROFILE", "local")
}

async fn report(vars: &Vars) -> Value {
    let [report] = reports(vars).await;
    report
}

fn first_cause(report: &Value) -> (&str, &str, String) {
    let cause = &report["diagnosis"]["causes"][0];
    let text = |key: &str| cause[key].as_str().unwrap_or_default();
    (text("cause"), text("evidence"), cause["commands"].to_string())
}

/// Code, words of the first cause, and its evidence.
#[track_caller]
fn check_first(report: &Value, code: &str, words: &str, said: &str) {
    check(report, "credentials", "failed", code);
    let (cause, evidence, _) = first_cause(report);
    assert!(cause.contains(words), "{words:?} in {report:#}");
    assert!(evidence.contains(said), "{said:?} in {report:#}");
}

#[tokio::test]
async fn variables_that_no_sdk_reads_are_named_and_their_values_are_not() {
    let home = tempfile::tempdir().unwrap();
    for (vars, said) in [
        (
            &[("AWS_ACCESS_KEY", "hunter2"), ("AWS_SECRET_KEY", "hunter2")][..],
            "AWS_ACCESS_KEY is set, and AWS_ACCESS_KEY_ID is not. AWS_SECRET_KEY is set, and \
             AWS_SECRET_ACCESS_KEY is not.",
        ),
        (
            &[("AWS_ACCESS_KEY_ID", "hunter2")],
            "AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not.",
        ),
        (
            &[("AWS_SECRET_ACCESS_KEY", "hunter2")],
            "AWS_SECRET_ACCESS_KEY is set, and AWS_ACCESS_KEY_ID is not.",
        ),
        (
            &[("AWS_WEB_IDENTITY_TOKEN_FILE", "/hunter2")],
            "AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not.",
        ),
        (
            &[("AWS_DEFAULT_PROFILE", "hunter2")],
            "AWS_DEFAULT_PROFILE is set, and AWS_PROFILE is not.",
        ),
    ] {
        let without = without_keys(&home);
        let vars = vars.iter().fold(without, |all, (name, value)| all.with(name, value));
        let report = report(&vars).await;
        let words = "misnamed, incomplete or damaged";
        check_first(&report, "credentials_missing", words, said);
        assert!(!report.to_string().contains("hunter2"), "{report:#}");
    }
}

#[tokio::test]
async fn without_anything_set_nothing_is_called_configured() {
    let home = tempfile::tempdir().unwrap();
    let report = report(&without_keys(&home)).await;
    check_first(&report, "credentials_missing", "Nothing that the SDK looks at", "");
    assert_eq!(report["diagnosis"]["causes"].as_array().unwrap().len(), 1, "{report:#}");
}

#[tokio::test]
async fn what_answers_at_an_instance_s_address_on_a_laptop_is_not_configured() {
    let home = tempfile::tempdir().unwrap();
    for status in [403, 404, 500] {
        let aws = Aws::start(move |_| Answer::html(status, "hunter2")).await;
        let vars = without_keys(&home)
            .without("AWS_EC2_METADATA_DISABLED")
            .with("AWS_EC2_METADATA_SERVICE_ENDPOINT", format!("http://{}", aws.address));
        let report = report(&vars).await;
        check_first(&report, "credentials_missing", "Nothing that the SDK looks at", "");
        assert!(!report.to_string().contains("is configured"), "{report:#}");
        assert!(!report.to_string().contains("hunter2"), "{report:#}");
    }
}

#[tokio::test]
async fn an_instance_s_silent_address_does_not_use_up_the_time() {
    let home = tempfile::tempdir().unwrap();
    let aws = Aws::start(|_| Answer::Silence).await;
    let vars = without_keys(&home)
        .without("AWS_EC2_METADATA_DISABLED")
        .with("AWS_EC2_METADATA_SERVICE_ENDPOINT", format!("http://{}", aws.address));
    check_first(&report(&vars).await, "credentials_missing", "Nothing that the SDK", "");
}

#[tokio::test]
async fn a_profile_that_does_not_exist_is_named() {
    let home = tempfile::tempdir().unwrap();
    for config in ["", "[profile other]\naws_access_key_id = a\naws_secret_access_key = b\n"] {
        let report = report(&with_profile(&home, config)).await;
        let said = "AWS_PROFILE is \"local\", and no profile has this name.";
        check_first(&report, "credentials_missing", "profile does not exist", said);
        assert!(first_cause(&report).2.contains("aws configure list-profiles"), "{report:#}");
    }
    let source = "[profile local]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = gone\n";
    let report = report(&with_profile(&home, source)).await;
    let said = "The profile \"local\" has the source \"gone\", and no profile has this name.";
    check_first(&report, "credentials_missing", "profile does not exist", said);
}

#[tokio::test]
async fn a_profile_without_keys_or_with_half_of_them_is_incomplete() {
    let home = tempfile::tempdir().unwrap();
    for (settings, said) in [
        ("region = eu-west-1", "it has no settings for credentials"),
        ("aws_access_key_id = hunter2", "it has aws_access_key_id"),
    ] {
        let report = report(&with_profile(&home, &format!("[profile local]\n{settings}\n"))).await;
        check_first(&report, "credentials_missing", "no complete settings", said);
        assert!(!report.to_string().contains("hunter2"), "{report:#}");
    }
}

const SSO: &str = "[profile local]\nsso_session = work\nsso_account_id = 123456789012\n\
                   sso_role_name = admin\n[sso-session work]\nsso_region = eu-west-1\n\
                   sso_start_url = https://example.awsapps.com/start\n";

#[tokio::test]
async fn an_sso_session_that_has_expired_or_was_never_started_is_one_to_log_in_to() {
    let home = tempfile::tempdir().unwrap();
    let vars = with_profile(&home, SSO);
    let never = report(&vars).await;
    let words = "SSO session has expired, or was never started";
    check_first(&never, "credentials_expired", words, "failed to load the cached SSO token");
    assert!(first_cause(&never).2.contains("aws sso login --profile local"), "{never:#}");
    assert!(never["diagnosis"]["summary"].as_str().unwrap().contains("\"local\""), "{never:#}");

    // The file's name is the SHA-1 of the session's.
    let cache = home.path().join(".aws/sso/cache");
    std::fs::create_dir_all(&cache).unwrap();
    let token = json!({ "accessToken": "hunter2", "expiresAt": "2020-01-01T00:00:00Z" });
    let name = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, b"work");
    let name: Vec<String> = name.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    std::fs::write(cache.join(format!("{}.json", name.concat())), token.to_string()).unwrap();
    let expired = report(&vars).await;
    check_first(&expired, "credentials_expired", words, "has expired and cannot be refreshed");
    assert!(!expired.to_string().contains("hunter2"), "{expired:#}");

    // A role whose source has the session: it is the source that is logged in to.
    let role = "[profile role]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = local\n";
    let vars = with_profile(&home, &format!("{SSO}{role}")).with("AWS_PROFILE", "role");
    let source = report(&vars).await;
    check_first(&source, "credentials_expired", words, "");
    assert!(first_cause(&source).2.contains("aws sso login --profile local"), "{source:#}");
}

#[tokio::test]
async fn a_process_that_fails_is_quoted() {
    let home = tempfile::tempdir().unwrap();
    let config = "[profile local]\ncredential_process = echo 'log in first' >&2; exit 3\n";
    let report = report(&with_profile(&home, config)).await;
    check_first(&report, "credentials_missing", "credential_process did not", "log in first");
}

#[tokio::test]
async fn a_console_session_is_said_to_be_unreadable() {
    let home = tempfile::tempdir().unwrap();
    let config = "[profile local]\nlogin_session = arn:aws:iam::123456789012:user/admin\n";
    let report = report(&with_profile(&home, config)).await;
    check_first(&report, "credentials_missing", "console session", "login_session");
    let command = "aws configure export-credentials --profile local --format env";
    assert!(first_cause(&report).2.contains(command), "{report:#}");
}

#[tokio::test]
async fn files_that_cannot_be_read_as_profiles_are_said() {
    let home = tempfile::tempdir().unwrap();
    let report = report(&with_profile(&home, "[profile local\nnonsense")).await;
    check_first(&report, "credentials_missing", "cannot be read as profiles", "");
}

/// A pod of EKS, whose token STS is asked about.
fn web_identity(home: &TempDir) -> Vars {
    let file = home.path().join("token");
    std::fs::write(&file, "hunter2").unwrap();
    without_keys(home)
        .with("AWS_WEB_IDENTITY_TOKEN_FILE", file.display())
        .with("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/pod")
        .with("AWS_REGION", "eu-west-1")
}

#[tokio::test]
async fn a_web_identity_that_sts_rejects_is_a_matter_of_the_role_and_not_of_the_network() {
    let home = tempfile::tempdir().unwrap();
    for (status, error, code, words) in [
        (403, "AccessDenied", "credentials_missing", "web identity token could not be exchanged"),
        (400, "InvalidIdentityToken", "credentials_missing", "web identity token could not be"),
        (400, "ExpiredTokenException", "credentials_expired", "web identity token could not be"),
        (403, "RegionDisabledException", "credentials_missing", "region is not enabled"),
    ] {
        let aws = Aws::start(move |_| Answer::xml_error(status, error, "What STS says.")).await;
        let report = report(&aws.lead(web_identity(&home))).await;
        check_first(&report, code, words, &format!("{error}: What STS says."));
        let causes = report["diagnosis"]["causes"].to_string();
        assert!(!causes.contains("NAT gateway") && !causes.contains("vpc-endpoint"), "{causes}");
        assert!(!report.to_string().contains("hunter2"), "{report:#}");
    }
}

#[tokio::test]
async fn an_sts_that_is_unreachable_for_a_web_identity_is_a_matter_of_the_network() {
    let home = tempfile::tempdir().unwrap();
    let vars = web_identity(&home).with("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1");
    let report = report(&vars).await;
    check_first(&report, "credentials_missing", "AWS STS is unreachable", "");
    assert_eq!(report["diagnosis"]["transient"], true);
}

#[tokio::test]
async fn a_container_s_agent_that_is_not_there_is_named() {
    let home = tempfile::tempdir().unwrap();
    let vars =
        without_keys(&home).with("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/keys");
    let report = report(&vars).await;
    let words = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    check_first(&report, "credentials_missing", words, "");
}

#[tokio::test]
async fn a_timeout_names_the_variable_of_the_provider_that_was_asked() {
    let home = tempfile::tempdir().unwrap();
    let aws = Aws::start(|_| Answer::Silence).await;
    let name = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    let vars = without_keys(&home).with(name, format!("http://{}/keys", aws.address));
    let report = report(&vars.with("PROBE_TIMEOUT_MS", 1_000)).await;
    check(&report, "credentials", "timeout", "credentials_timeout");
    assert_eq!(first_cause(&report).1, format!("{name} is set."));
}
