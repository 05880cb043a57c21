//! Whatever AWS STS and Secrets Manager answer: each kind of refusal has its own cause first, and
//! only silence is a matter of the network.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use time::OffsetDateTime;
use time::macros::format_description;

use super::reports;
use crate::support::aws::{Answer, Aws};
use crate::support::peer::{Issued, Peer};
use crate::support::{Vars, check};

const ROLE: &str = "arn:aws:iam::210987654321:role/path/probe";
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf";
const SESSION_TOKEN: &str = "canary/session+token=0123456789abcdef==";

fn keys() -> Vars {
    Vars::to("127.0.0.1:1".parse().unwrap())
        .with("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE")
        .with("AWS_SESSION_TOKEN", SESSION_TOKEN)
}

/// A function that needs STS, and one that needs Secrets Manager.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Service {
    Sts,
    Secrets,
}

impl Service {
    pub(super) fn vars(self) -> Vars {
        match self {
            Self::Sts => keys().with("DB_ASSUME_ROLE_ARN", ROLE),
            Self::Secrets => keys().with("DB_AUTH", "secret").with("DB_SECRET_ARN", SECRET),
        }
    }

    fn refuses(self, status: u16, code: &str, message: &str) -> Answer {
        match self {
            Self::Sts => Answer::xml_error(status, code, message),
            Self::Secrets => Answer::json_error(status, code, message),
        }
    }

    pub(super) fn failed(self) -> &'static str {
        match self {
            Self::Sts => "assume_role_failed",
            Self::Secrets => "secret_failed",
        }
    }

    fn denied(self) -> &'static str {
        match self {
            Self::Sts => "assume_role_denied",
            Self::Secrets => "secret_denied",
        }
    }
}

const BOTH: [Service; 2] = [Service::Sts, Service::Secrets];

async fn answered(vars: Vars, answer: Answer) -> Value {
    let aws = Aws::start(move |_| answer.clone()).await;
    let [report] = reports(&aws.lead(vars)).await;
    report
}

fn first_cause(report: &Value) -> &Value {
    &report["diagnosis"]["causes"][0]
}

fn cause(report: &Value) -> &str {
    first_cause(report)["cause"].as_str().unwrap()
}

pub(super) fn evidence(report: &Value) -> &str {
    first_cause(report)["evidence"].as_str().unwrap_or_default()
}

/// AWS was reached, so nothing is wrong with the network to it.
#[track_caller]
pub(super) fn speaks_of_no_network(report: &Value) {
    let causes = report["diagnosis"]["causes"].to_string();
    for word in ["NAT gateway", "interface endpoint", "create-vpc-endpoint", "unreachable"] {
        assert!(!causes.contains(word), "{word} in {causes}");
    }
}

/// Code, words of the first cause, and whether it passes.
#[track_caller]
pub(super) fn check_refusal(report: &Value, code: &str, words: &str, transient: bool) {
    check(report, "credentials", "failed", code);
    assert!(cause(report).contains(words), "{words:?} in {report:#}");
    assert_eq!(report["diagnosis"]["transient"], transient, "{report:#}");
    speaks_of_no_network(report);
}

#[tokio::test]
async fn each_kind_of_refusal_has_its_own_cause_first() {
    let unauthorized = "User: arn:aws:iam::1:user/a is not authorized to perform: that";
    for service in BOTH {
        let (failed, denied) = (service.failed(), service.denied());
        for (status, error, message, code, words, transient) in [
            (403, "InvalidClientTokenId", "No.", failed, "does not know the access key", false),
            (400, "UnrecognizedClientException", "No.", failed, "does not know the access", false),
            (403, "SignatureDoesNotMatch", "No.", failed, "does not belong to the access", false),
            (400, "InvalidSignatureException", "No.", failed, "does not belong to", false),
            (400, "IncompleteSignature", "No.", failed, "signature cannot be read", false),
            (403, "RegionDisabledException", "No.", failed, "region is not enabled", false),
            (400, "Throttling", "Rate exceeded", failed, "throttles", true),
            (400, "ThrottlingException", "Rate exceeded", failed, "throttles", true),
            (500, "InternalFailure", "No.", failed, "has a fault", true),
            (503, "ServiceUnavailable", "No.", failed, "has a fault", true),
            (400, "ValidationError", "No.", failed, "rejected the request as it stands", false),
            (400, "SomethingNew", "No.", failed, "rejected the request as it stands", false),
            (403, "AccessDenied", unauthorized, denied, "policy", false),
            (403, "ExpiredToken", "Old.", "credentials_expired", "have expired", false),
        ] {
            let answer = service.refuses(status, error, message);
            let report = answered(service.vars(), answer).await;
            check_refusal(&report, code, words, transient);
            assert_eq!(evidence(&report), format!("{error}: {message}"), "{service:?}");
        }
    }
}

#[tokio::test]
async fn an_explicit_deny_is_not_answered_with_an_allow() {
    let said = "User: arn:aws:iam::1:user/a is not authorized to perform: that with an explicit \
                deny in a service control policy";
    for service in BOTH {
        let answer = service.refuses(403, "AccessDeniedException", said);
        let report = answered(service.vars(), answer).await;
        check_refusal(&report, service.denied(), "denies it explicitly", false);
        assert_eq!(report["diagnosis"]["causes"].as_array().unwrap().len(), 1);
        let commands = first_cause(&report)["commands"].to_string();
        assert!(!commands.contains("Allow"), "{commands}");
    }
}

#[tokio::test]
async fn a_missing_allow_names_the_policy_that_lacks_it() {
    for (service, policy, words) in [
        (Service::Sts, "identity-based policy", "No policy of the principal that asks"),
        (Service::Sts, "resource-based policy", "trust policy does not name the principal"),
        (Service::Sts, "permissions boundary", "bounds all others"),
        (Service::Secrets, "identity-based policy", "No policy allows the function's role"),
        (Service::Secrets, "service control policy", "bounds all others"),
    ] {
        let said = format!("User: a is not authorized to perform: b because no {policy} allows b");
        let answer = service.refuses(403, "AccessDenied", &said);
        let report = answered(service.vars(), answer).await;
        check_refusal(&report, service.denied(), words, false);
    }
}

#[tokio::test]
async fn a_key_that_cannot_decrypt_the_secret_has_a_cause_for_each_reason() {
    let denied = "Access to KMS is not allowed";
    let foreign = "You can't access a secret from a different AWS account if you encrypt the \
                   secret with the default KMS service key.";
    let secrets = Service::Secrets;
    for (error, message, code, words) in [
        ("AccessDeniedException", denied, "secret_denied", "KMS key that the role"),
        ("DecryptionFailure", "It can't.", "secret_failed", "cannot decrypt it now"),
        ("InvalidRequestException", foreign, "secret_failed", "another account's"),
    ] {
        let answer = secrets.refuses(400, error, message);
        let report = answered(secrets.vars(), answer).await;
        check_refusal(&report, code, words, false);
    }
}

#[tokio::test]
async fn an_invalid_request_is_not_taken_for_a_deleted_secret() {
    let secrets = Service::Secrets;
    let answer = secrets.refuses(400, "InvalidRequestException", "Something else.");
    let report = answered(secrets.vars(), answer).await;
    check_refusal(&report, "secret_failed", "rejected the request as it stands", false);
}

#[tokio::test]
async fn a_wrong_clock_is_named_with_how_wrong_it_is() {
    let ahead = OffsetDateTime::from(SystemTime::now() + Duration::from_mins(20));
    let form = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let date = ahead.format(form).unwrap();
    let said = "Signature expired: 20220127T001427Z is now earlier than 20220127T014428Z \
                (20220127T015928Z - 15 min.)";
    for (service, error) in
        [(Service::Sts, "SignatureDoesNotMatch"), (Service::Secrets, "InvalidSignatureException")]
    {
        let answer = service.refuses(403, error, said).header("date", &date);
        let report = answered(service.vars(), answer).await;
        check_refusal(&report, service.failed(), "clock is wrong", false);
        // The answer's date has no fractions of a second.
        let minutes = ["19 min", "20 min"]
            .map(|it| format!("{error}: {said}. Its clock is {it} ahead of this machine's."));
        assert!(minutes.contains(&evidence(&report).to_owned()), "{report:#}");
    }
}

#[tokio::test]
async fn what_is_not_aws_is_said_to_be_something_else() {
    let page = || "<html><h1>Access blocked</h1></html>";
    for service in BOTH {
        for (answer, said) in [
            (
                Answer::html(302, "").header("location", "http://portal.example/login?from=secret"),
                "HTTP status 302: an empty body, redirecting to http://portal.example/login",
            ),
            (
                Answer::html(403, page()).header("server", "squid/6.6"),
                "HTTP status 403: a text/html body, from the server squid/6.6",
            ),
            (Answer::html(407, page()), "HTTP status 407: a text/html body"),
            (Answer::html(200, page()), "HTTP status 200: a text/html body"),
        ] {
            let report = answered(service.vars(), answer).await;
            check_refusal(&report, service.failed(), "What answered is not AWS", false);
            assert_eq!(evidence(&report), said, "{service:?}");
            assert!(!report.to_string().contains("Access blocked"), "no body is repeated");
        }
        let empty = answered(service.vars(), Answer::html(200, "")).await;
        check_refusal(&empty, service.failed(), "What answered is not AWS", false);
        let report = answered(service.vars(), Answer::html(502, page())).await;
        check_refusal(&report, service.failed(), "has a fault", true);
    }
}

#[tokio::test]
async fn an_answer_that_repeats_the_request_gives_no_secret_away() {
    let half = "0123456789abcdef".repeat(2);
    let signature = half.repeat(2);
    let said = format!(
        "The Canonical String for this request should have been 'POST x-amz-security-token:\
         {SESSION_TOKEN} Signature={signature}'"
    );
    for service in BOTH {
        let answer = service.refuses(403, "SignatureDoesNotMatch", &said);
        let report = answered(service.vars(), answer).await.to_string();
        assert!(report.contains("x-amz-security-token:(redacted)"), "{report}");
        assert!(!report.contains("canary") && !report.contains(&half), "{report}");
    }
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_a_matter_of_the_network() {
    for (service, name) in [(Service::Sts, "STS"), (Service::Secrets, "SECRETS_MANAGER")] {
        let nowhere =
            service.vars().with(&format!("AWS_ENDPOINT_URL_{name}"), "http://127.0.0.1:1");
        let [report] = reports(&nowhere).await;
        check(&report, "credentials", "failed", service.failed());
        assert!(cause(&report).contains("unreachable"), "{report:#}");
        let commands = first_cause(&report)["commands"].to_string();
        assert!(commands.contains("create-vpc-endpoint"), "{commands}");
        assert_eq!(report["diagnosis"]["transient"], true);
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_one_that_inspects_tls() {
    let acceptor = Issued::new(|_| {}).acceptor();
    let peer = Peer::start(move |stream| {
        let acceptor = acceptor.clone();
        async move { drop(acceptor.accept(stream).await) }
    })
    .await;
    for (service, name) in [(Service::Sts, "STS"), (Service::Secrets, "SECRETS_MANAGER")] {
        let url = format!("https://localhost:{}", peer.address.port());
        let vars = service.vars().with(&format!("AWS_ENDPOINT_URL_{name}"), url);
        let [report] = reports(&vars).await;
        check_refusal(&report, service.failed(), "certificate that this machine", false);
    }
}

#[tokio::test]
async fn an_endpoint_that_is_no_url_is_a_request_that_was_not_made() {
    let vars = Service::Sts.vars().with("AWS_ENDPOINT_URL_STS", "localhost:1");
    let [report] = reports(&vars).await;
    check_refusal(&report, "assume_role_failed", "could not be made", false);
}

#[tokio::test]
async fn a_stray_session_token_comes_before_what_aws_says_of_the_keys() {
    let vars = Service::Sts.vars().with("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE");
    let answer = Answer::xml_error(403, "InvalidClientTokenId", "It is invalid.");
    let report = answered(vars, answer).await;
    check_refusal(&report, "assume_role_failed", "misnamed, incomplete or damaged", false);
    assert!(evidence(&report).contains("AWS_SESSION_TOKEN is set beside it"), "{report:#}");
    assert!(!report.to_string().contains("canary"), "{report:#}");
}
