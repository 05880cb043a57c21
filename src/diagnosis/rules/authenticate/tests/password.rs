//! A password that was rejected, and one where IAM is asked for.

use super::*;

const BY_PROXY: &str = "The password that was provided for the role app is wrong.";
const BY_DATABASE: &str = "password authentication failed for user \"app\"";
const PAM: &str = "PAM authentication failed for user \"app\"";

/// With a secret there is no token, no key and no policy that could be wrong.
#[track_caller]
fn check_speaks_of_no_token(diagnosis: &Diagnosis) {
    let text = format!("{} {}", diagnosis.summary, all(diagnosis));
    for words in ["token was signed", "key that signed", "No policy", "no policy", "clock"] {
        assert!(!text.contains(words), "{words}: {text}");
    }
}

#[test]
fn a_password_that_pam_rejects_means_that_the_user_holds_rds_iam() {
    for host in [CLUSTER, INSTANCE, ALIAS] {
        let diagnosis = Login::by_secret(host).refused("28000", PAM);
        check_first(&diagnosis, "pam_rejected", "holds rds_iam, directly or through another role");
        let query = &first(&diagnosis).commands[0];
        assert!(query.contains("pg_auth_members") && query.contains("rolname = 'app'"), "{query}");
        cause(&diagnosis, "accepts IAM tokens only");
        check_speaks_of_no_token(&diagnosis);
    }
    let behind =
        Login::by_secret(PROXY).refused("XX000", &format!("Request returned an error: {PAM}"));
    check_first(&behind, "pam_rejected", "the user holds rds_iam there");
    check_speaks_of_no_token(&behind);
}

#[test]
fn a_proxy_that_asks_a_password_for_iam_requires_it_in_the_users_entry() {
    for (code, text) in [
        ("iam_rejected", "The IAM authentication failed for the role app. Check the IAM token …"),
        (
            "auth_method_unsupported",
            "Enable IAM authentication for the client connection to the proxy and try again.",
        ),
        (
            "auth_method_unsupported",
            "Configure IAM authentication as the DefaultAuthScheme in your proxy and try again.",
        ),
    ] {
        let diagnosis = Login::by_secret(PROXY).refused("28000", text);
        check_first(&diagnosis, code, "entry at the proxy requires IAM");
        assert_eq!(diagnosis.causes.len(), 1, "{diagnosis:#?}");
        let remedy = &first(&diagnosis).remedy;
        assert!(remedy.contains("DB_AUTH=iam") && remedy.contains("rds-db:connect"), "{remedy}");
        check_speaks_of_no_token(&diagnosis);
    }
}

#[test]
fn a_proxys_own_secret_comes_before_what_the_functions_secret_names() {
    let plain = Login::by_secret(PROXY);
    let behind = "users.cluster-abc.eu-west-1.rds.amazonaws.com";
    for login in [
        plain.clone(),
        plain.clone().secret_names(Some(behind), Some(6000)),
        plain.clone().secret_names(Some(INSTANCE), None),
        plain.clone().secret_names(Some(ALIAS), None),
        plain.clone().secret_names(None, Some(6000)),
    ] {
        let diagnosis = login.refused("28P01", BY_PROXY);
        check_first(&diagnosis, "password_rejected", "knows another password");
        assert_eq!(first(&diagnosis).evidence, None);
    }
    let other = "users.proxy-abc.eu-west-1.rds.amazonaws.com";
    let diagnosis = plain.secret_names(Some(other), None).refused("28P01", BY_PROXY);
    check_first(&diagnosis, "password_rejected", "for another server");
}

#[test]
fn a_secret_of_another_cluster_is_evidence_and_one_of_the_readers_name_is_not() {
    let named = |own, host: &str, port| {
        Login::by_secret(own).secret_names(Some(host), port).refused("28P01", BY_DATABASE)
    };
    let other = "users.cluster-abc.eu-west-1.rds.amazonaws.com";
    check_first(&named(CLUSTER, other, None), "password_rejected", "for another server");
    let region = CLUSTER.replace("eu-west-1", "eu-west-3");
    check_first(&named(CLUSTER, &region, None), "password_rejected", "for another server");
    check_first(&named(CLUSTER, CLUSTER, Some(6000)), "password_rejected", "for another server");
    let instance = INSTANCE.replace("orders-1", "users-1");
    check_first(&named(INSTANCE, &instance, None), "password_rejected", "for another server");

    let readers = named(READERS, CLUSTER, Some(5432));
    assert!(!all(&readers).contains("for another server"), "{readers:#?}");
    // An instance may be the cluster's, and an alias may lead there.
    for host in [INSTANCE, ALIAS] {
        let diagnosis = named(CLUSTER, host, None);
        check_first(&diagnosis, "password_rejected", "have different passwords");
        assert!(cause(&diagnosis, "for another server").evidence.is_some());
    }
}

#[test]
fn a_secret_is_looked_at_before_it_is_changed() {
    let diagnosis = Login::by_secret(CLUSTER).refused("28P01", BY_DATABASE);
    assert!(first(&diagnosis).commands[0].contains("describe-secret"), "{diagnosis:#?}");
    assert!(first(&diagnosis).remedy.contains("AWSPENDING"), "{diagnosis:#?}");
    let text = all(&diagnosis);
    for harmful in ["rotate-secret", "put-secret-value", "update-secret"] {
        assert!(!text.contains(harmful), "{text}");
    }
}

#[test]
fn a_wrong_password_is_a_user_that_does_not_exist_too() {
    let small = Login::by_secret(CLUSTER).refused("28P01", BY_DATABASE);
    assert_eq!(cause(&small, "There is no such user").evidence, None);
    let upper = Login::by_secret(CLUSTER).user("App").refused("28P01", BY_DATABASE);
    check_first(&upper, "password_rejected", "There is no such user");
    assert!(first(&upper).evidence.as_deref().unwrap().contains("App"));
    assert!(first(&upper).commands[0].contains("lower('App')"), "{upper:#?}");
    // The proxy knows its users by their secrets.
    let proxys = Login::by_secret(PROXY).user("App").refused("28P01", BY_PROXY);
    assert!(!all(&proxys).contains("There is no such user"), "{proxys:#?}");
}

#[test]
fn a_token_treated_as_a_password_has_causes_by_who_did_so() {
    let by_proxy = Login::by_token(PROXY).refused("28P01", BY_PROXY);
    check_first(&by_proxy, "password_rejected", "IAM authentication disabled");
    let by_database = Login::by_token(CLUSTER).refused("28P01", BY_DATABASE);
    check_first(&by_database, "password_rejected", "isn't in rds_iam there");
    cause(&by_database, "There is no such user");
    let behind = format!("Request returned an error: {BY_DATABASE}");
    let behind = Login::by_token(PROXY).refused("XX000", &behind);
    check_first(&behind, "password_rejected", "rejected the proxy's own login");
}

#[test]
fn a_role_that_does_not_exist_has_a_cause_of_its_own() {
    let diagnosis = Login::by_token(ALIAS).refused("28000", "role \"app\" does not exist");
    check_first(&diagnosis, "auth_failed", "There is no such user");
    assert!(first(&diagnosis).commands.iter().any(|it| it == "CREATE USER \"app\";"));
}

#[test]
fn a_user_without_credentials_has_causes_by_who_answered() {
    let text = "This RDS proxy has no credentials for the role app. Check the credentials …";
    for login in [Login::by_token(PROXY), Login::by_secret(PROXY)] {
        let diagnosis = login.refused("28000", text);
        check_first(&diagnosis, "proxy_has_no_credentials", "No secret in the proxy's list");
        check_speaks_of_no_token(&diagnosis);
    }
    let second = Login::by_secret(PROXY).user("app_clone").refused("28000", text);
    check_first(&second, "proxy_has_no_credentials", "rotates between two users");
    let pooler = Login::by_secret(ALIAS).refused("XX000", "Tenant or user not found");
    check_first(&pooler, "proxy_has_no_credentials", "A pooler answers");
}

#[test]
fn kerberos_is_no_password() {
    let diagnosis = Login::by_secret(INSTANCE).asked(Method::Other(7));
    check_first(&diagnosis, "auth_method_unsupported", "Kerberos");
    check_speaks_of_no_token(&diagnosis);
}
