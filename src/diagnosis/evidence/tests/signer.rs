//! Who signed, with which keys and by which clock.

use super::*;
use crate::token::SecretLogin;

#[test]
fn who_signed_is_evidence_for_a_token_that_a_database_rejected() {
    let said = ControlPlane { owner: Owner::NotAsked, targets: None, ..plane(proxy(), vec![]) };
    for (host, id) in [
        ("orders.cluster-abc.eu-west-1.rds.amazonaws.com", "dbuser:cluster-ID/app"),
        ("orders-1.abc.eu-west-1.rds.amazonaws.com", "dbuser:db-ID/app"),
    ] {
        let pam = refused("28000", "PAM authentication failed for user \"app\"");
        let diagnosis = diagnosis(&pam, &[("DB_HOST", host)], &said);
        assert_eq!(first(&diagnosis).1, format!("The token was signed by \"{PRINCIPAL}\"."));
        assert!(diagnosis.causes[0].remedy.contains(id), "{diagnosis:#?}");
    }
}

#[test]
fn that_the_proxy_is_another_account_s_or_nowhere_is_said_with_who_signed() {
    let mut said = plane(proxy(), vec![target("AVAILABLE", None)]);
    let principal = Principal { arn: PRINCIPAL.to_owned(), account: "111122223333".to_owned() };
    said.principal = Some(principal);
    let evidence =
        format!("The token was signed by \"{PRINCIPAL}\". The proxy is in account 123456789012.");
    assert_eq!(first(&diagnosis(&iam_rejected(), &[], &said)).1, evidence);
    said.owner = Owner::NoProxy;
    let evidence = format!(
        "The token was signed by \"{PRINCIPAL}\". No proxy of its account and region has DB_HOST."
    );
    assert_eq!(first(&diagnosis(&iam_rejected(), &[], &said)).1, evidence);
}

#[test]
fn aws_s_clock_decides_whether_this_machine_s_is_wrong() {
    let with = |clock| ControlPlane { clock: Some(clock), ..plane(proxy(), vec![]) };
    let wrong = with(Offset::Ahead(Duration::from_mins(20)));
    let wrong = diagnosis(&iam_rejected(), &[], &ControlPlane { targets: None, ..wrong });
    let clock = "AWS's clock is 20 min ahead of this machine's.";
    assert_eq!(first(&wrong).1, clock);
    let right = diagnosis(&iam_rejected(), &[], &with(Offset::Behind(Duration::from_secs(1))));
    let ruled_out = right.ruled_out.unwrap();
    assert!(ruled_out.contains("AWS's clock and this machine's agree."), "{ruled_out}");
    assert!(!right.causes.iter().any(|cause| cause.cause.contains("clock")), "{:?}", right.causes);
}

#[test]
fn keys_that_aws_does_not_know_are_the_first_cause_of_a_rejected_token() {
    for (code, words) in [
        ("InvalidClientTokenId", "does not know the access key"),
        ("ExpiredToken", "have expired"),
        ("SignatureDoesNotMatch", "does not belong to the access key id"),
    ] {
        let refusal = AwsRefusal::Answered {
            code: text(code),
            status: 403,
            message: "No.".to_owned(),
            clock: None,
        };
        let failed_calls = vec![FailedCall { permission: IDENTITY, refusal }];
        let said = ControlPlane { principal: None, failed_calls, ..plane(proxy(), vec![]) };
        let said = ControlPlane { targets: None, ..said };
        let diagnosis = diagnosis(&iam_rejected(), &[], &said);
        let (cause, evidence) = first(&diagnosis);
        assert!(cause.contains(words), "{code}: {cause}");
        assert_eq!(evidence, format!("{code}: No."));
    }
}

#[test]
fn another_engine_s_secret_is_the_first_cause_of_a_rejected_password() {
    let config = config(BY_SECRET);
    let text = r#"{"username": "app", "password": "hunter2", "engine": "mysql"}"#;
    let secret = SecretLogin::parse(Engine::PostgreSql, text).unwrap();
    let login = LoginFacts {
        user: secret.user,
        keys: None,
        secret_host: secret.host,
        secret_port: secret.port,
        secret_engine: secret.engine,
    };
    let facts = Facts { config: Some(&config), login: Some(&login), ..Facts::default() };
    let wrong = refused("28P01", "password authentication failed for user \"app\"");
    assert_eq!(first(&of_failure(&wrong, &facts)).1, "The secret's engine is MySQL.");
}
