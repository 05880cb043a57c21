//! A token that was rejected, and a server that wants none.

use std::time::{Duration, SystemTime};

use super::*;

const IAM: &str = "The IAM authentication failed for the role app. Check the IAM token for this \
                   role and try again.";
const PAM: &str = "PAM authentication failed for user \"app\"";

fn rejected_by_proxy(login: &Login) -> Diagnosis {
    login.refused("28P01", IAM)
}

fn rejected_by_database(login: &Login) -> Diagnosis {
    login.refused("28000", PAM)
}

#[test]
fn a_cluster_that_rejects_a_token_leads_to_the_policy_for_its_resource_id() {
    let diagnosis = rejected_by_database(&Login::by_token(CLUSTER));
    check_first(&diagnosis, "pam_rejected", "isn't allowed rds-db:connect");
    let remedy = &first(&diagnosis).remedy;
    assert!(remedy.contains("arn:aws:rds-db:eu-west-1:ACCOUNT:dbuser:cluster-ID/app"), "{remedy}");
    let look = &first(&diagnosis).commands[0];
    assert!(look.contains("describe-db-clusters --region eu-west-1"), "{look}");
    assert!(look.contains("--db-cluster-identifier orders "), "{look}");
    cause(&diagnosis, "IAM database authentication is disabled on the cluster");
    assert_eq!(
        diagnosis.summary,
        format!(
            "The database rejected the IAM token for the user \"app\" (just signed for \
             \"{CLUSTER}:5432\" in eu-west-1 with the key AKIAEXAMPLE from the SDK's default chain)."
        )
    );
    assert!(!diagnosis.transient);
}

#[test]
fn an_instance_that_rejects_a_token_leads_to_the_policy_for_its_own() {
    let diagnosis = rejected_by_database(&Login::by_token(INSTANCE));
    check_first(&diagnosis, "pam_rejected", "isn't allowed rds-db:connect");
    let remedy = &first(&diagnosis).remedy;
    assert!(remedy.contains("dbuser:db-ID/app") && remedy.contains("cluster-ID"), "{remedy}");
    assert!(first(&diagnosis).commands[0].contains("--db-instance-identifier orders-1 "));
    assert!(!all(&diagnosis).contains("describe-db-clusters --region eu-west-1 --db-cluster"));
}

#[test]
fn a_databases_refusal_names_keys_and_clock_as_a_proxys_does() {
    let end = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
    for host in [PROXY, CLUSTER, INSTANCE] {
        let login = Login::by_token(host).keys_end(end);
        let late = login.clone().server_clock(Offset::Behind(Duration::from_mins(20)));
        let (of, of_late) = match host {
            PROXY => (rejected_by_proxy(&login), rejected_by_proxy(&late)),
            _ => (rejected_by_database(&login), rejected_by_database(&late)),
        };
        let keys = cause(&of, "another principal's").evidence.as_deref().unwrap();
        assert!(keys.contains("ASIAEXAMPLE") && keys.contains("2026-11-18T11:06:40Z"), "{keys}");
        assert_eq!(cause(&of, "clock is wrong").evidence, None);
        let clock = first(&of_late).evidence.as_deref().unwrap();
        assert!(clock.contains("20 min behind"), "{clock}");
    }
}

#[test]
fn a_custom_endpoint_is_dialed_while_the_token_is_for_the_clusters_name() {
    let diagnosis = rejected_by_database(&Login::by_token(CUSTOM));
    check_first(&diagnosis, "pam_rejected", "custom endpoint");
    let remedy = &first(&diagnosis).remedy;
    assert!(remedy.contains("DB_CONNECT_TO") && remedy.contains(CUSTOM), "{remedy}");
    assert!(!all(&diagnosis).contains("DNS alias"), "{:#?}", diagnosis.causes);
    let cluster = rejected_by_database(&Login::by_token(CLUSTER));
    assert!(!all(&cluster).contains("custom endpoint"), "{:#?}", cluster.causes);
}

#[test]
fn an_alias_is_the_first_cause_and_the_region_that_it_does_not_name_the_second() {
    for diagnosis in
        [rejected_by_proxy(&Login::by_token(ALIAS)), rejected_by_database(&Login::by_token(ALIAS))]
    {
        let [name, region, ..] = diagnosis.causes.as_slice() else { panic!("{diagnosis:#?}") };
        assert!(name.cause.contains("DNS alias"), "{name:#?}");
        assert!(name.evidence.as_deref().unwrap().contains(ALIAS), "{name:#?}");
        let evidence = region.evidence.as_deref().unwrap();
        assert!(evidence.contains("us-east-1, from AWS_REGION"), "{evidence}");
        assert!(region.remedy.contains("DB_REGION"), "{region:#?}");
    }
}

#[test]
fn a_region_that_the_name_has_is_no_cause_and_one_that_a_variable_guessed_is() {
    for host in [PROXY, CLUSTER, INSTANCE, READERS] {
        let diagnosis = rejected_by_database(&Login::by_token(host));
        assert!(!all(&diagnosis).contains("another region"), "{:#?}", diagnosis.causes);
    }
    let global = Login::by_token(GLOBAL).with("DB_REGION", "eu-north-1");
    for diagnosis in [rejected_by_proxy(&global), rejected_by_database(&global)] {
        let region = cause(&diagnosis, "another region").evidence.as_deref().unwrap();
        assert!(region.contains("eu-north-1, from DB_REGION"), "{region}");
    }
}

#[test]
fn a_tunnels_port_in_the_token_is_seen() {
    let login = Login::by_token(CLUSTER).with("DB_PORT", "15432");
    let tunneled = rejected_by_database(&login.clone().with("DB_CONNECT_TO", "127.0.0.1:15432"));
    check_first(&tunneled, "pam_rejected", "a port that isn't the endpoint's own");
    assert!(first(&tunneled).remedy.contains("DB_CONNECT_TO"));
    // Without a tunnel the database itself answered there.
    assert!(!all(&rejected_by_database(&login)).contains("a port that isn't"));
    let proxy = rejected_by_proxy(&Login::by_token(PROXY).with("DB_PORT", "6000"));
    check_first(&proxy, "iam_rejected", "a port that isn't the endpoint's own");
}

#[test]
fn a_proxys_refusal_at_a_databases_name_means_a_token_for_the_wrong_name() {
    let login = Login::by_token(CLUSTER).with("DB_CONNECT_TO", "127.0.0.1:5432");
    check_first(&rejected_by_proxy(&login), "iam_rejected", "isn't the endpoint's own");
}

#[test]
fn a_databases_refusal_behind_a_proxy_is_about_the_proxys_own_login() {
    let diagnosis =
        Login::by_token(PROXY).refused("XX000", &format!("Request returned an error: {PAM}"));
    check_first(&diagnosis, "pam_rejected", "logs in to the database by IAM, end to end");
    cause(&diagnosis, "the user holds rds_iam there");
    assert!(
        diagnosis.summary.starts_with("The database behind the proxy rejected the proxy's own")
    );
}

#[test]
fn a_server_that_asks_for_scram_has_causes_by_what_it_is() {
    let of = |host| Login::by_token(host).asked(Method::Scram);
    check_first(&of(PROXY), "auth_method_unsupported", "entry at the proxy has IAM");
    assert_eq!(of(PROXY).causes.len(), 1);
    for host in [CLUSTER, INSTANCE] {
        let diagnosis = of(host);
        check_first(
            &diagnosis,
            "auth_method_unsupported",
            "isn't in rds_iam there or doesn't exist",
        );
        cause(&diagnosis, "IAM database authentication is disabled");
        assert!(!all(&diagnosis).contains("describe-db-proxies"), "{:#?}", diagnosis.causes);
    }
    assert!(of(ALIAS).causes.len() > 1);
}

#[test]
fn a_list_that_is_replaced_is_shown_first() {
    let diagnosis = Login::by_token(PROXY).asked(Method::Md5);
    let [show, replace] = first(&diagnosis).commands.as_slice() else { panic!("{diagnosis:#?}") };
    assert!(show.contains("describe-db-proxies") && replace.contains("modify-db-proxy"));
    assert!(first(&diagnosis).remedy.contains("replaces"), "{diagnosis:#?}");
}

#[test]
fn a_scheme_without_iam_is_named_as_the_proxy_names_it() {
    let text = "Configure IAM authentication as the DefaultAuthScheme in your proxy and try again.";
    let diagnosis = Login::by_token(PROXY).refused("28000", text);
    check_first(&diagnosis, "auth_method_unsupported", "DefaultAuthScheme is NONE");
}
