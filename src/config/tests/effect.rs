//! Variables that are set and have no effect as things stand.

use super::*;

#[test]
fn variables_without_effect_are_problems_in_the_order_of_the_reference() {
    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf";
    let problem = config(&[
        ("DB_PASSWORD", "canary"),
        ("DB_HOST", HOST),
        ("DB_ASSUME_ROLE_EXTERNAL_ID", "canary"),
        ("DB_SECRET_ARN", arn),
        ("DB_EXPECT_ROLE", "primary"),
    ]);
    insta::assert_snapshot!(problem.unwrap_err(), @r#"
    DB_USER is not set: expected the database user
    DB_SECRET_ARN is set, but has no effect: expected DB_AUTH set to secret beside it; with iam, the default, no secret is read
    DB_ASSUME_ROLE_EXTERNAL_ID is set, but has no effect: expected DB_ASSUME_ROLE_ARN beside it, the role whose trust policy asks for the id
    DB_EXPECT_ROLE is "primary": expected writer, reader or any
    DB_PASSWORD is set, but has no effect: expected no password in the environment: set DB_AUTH to secret and DB_SECRET_ARN to the ARN of a secret that holds it, or log in by IAM, which needs none
    "#);
}

#[test]
fn a_secret_s_arn_has_an_effect_only_with_db_auth_secret() {
    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf";
    let with = |auth| {
        let base = [("DB_HOST", HOST), ("DB_USER", "app"), ("DB_SECRET_ARN", arn)];
        config(&[&base[..], &[("DB_AUTH", auth)]].concat())
    };
    assert!(with("secret").is_ok());
    for auth in ["iam", ""] {
        let problem = with(auth).unwrap_err();
        assert!(problem.starts_with("DB_SECRET_ARN is set, but has no effect: "), "{problem}");
        assert!(!problem.contains(arn), "{problem}");
    }
    let other = with("kerberos").unwrap_err();
    assert_eq!(other.lines().count(), 1, "which of the two is meant is not known: {other}");
}

#[test]
fn an_external_id_has_an_effect_only_with_a_role() {
    let role = "arn:aws:iam::123456789012:role/probe";
    let with = |role| {
        let base = [("DB_HOST", HOST), ("DB_USER", "app"), ("DB_ASSUME_ROLE_EXTERNAL_ID", "id")];
        config(&[&base[..], &[("DB_ASSUME_ROLE_ARN", role)]].concat())
    };
    let assumed = with(role).unwrap().keys.role.unwrap();
    assert_eq!(assumed.external_id.as_deref(), Some("id"));
    let problem = with("").unwrap_err();
    let expected = "DB_ASSUME_ROLE_EXTERNAL_ID is set, but has no effect: ";
    assert!(problem.starts_with(expected), "{problem}");
    // The wrong ARN alone is the mistake.
    assert_eq!(with("probe").unwrap_err().lines().count(), 1);
}
