//! A database that answers, but not as expected.

use std::time::{Duration, SystemTime};

use super::*;
use crate::config::ExpectedRole;
use crate::diagnosis::of_degradation;
use crate::health::{Role, Route};
use crate::probe::{Degradation, Step};

fn answers(login: &Login, degradation: &Degradation) -> Diagnosis {
    login.with_facts(|facts| of_degradation(degradation, facts))
}

fn role(host: &str, expected: ExpectedRole, found: Role) -> Diagnosis {
    answers(&Login::by_token(host), &Degradation::RoleMismatch { expected, found })
}

#[test]
fn a_login_that_was_not_asked_for_is_a_matter_of_the_login() {
    let diagnosis = answers(&Login::by_token(PROXY), &Degradation::NotAsked);
    assert_eq!((diagnosis.code.as_str(), diagnosis.step), ("auth_not_asked", Step::Authenticate));
    cause(&diagnosis, "pooler");
    let trusts = cause(&diagnosis, "trust");
    assert!(trusts.remedy.contains("does not test IAM"), "{diagnosis:#?}");
    assert_eq!(first(&diagnosis).evidence, None);

    let tunneled = Login::by_token(PROXY).with("DB_CONNECT_TO", "127.0.0.1:6432");
    let diagnosis = answers(&tunneled, &Degradation::NotAsked);
    check_first(&diagnosis, "auth_not_asked", "pooler");
    assert!(first(&diagnosis).evidence.as_deref().unwrap().contains("127.0.0.1:6432"));
}

/// What a MySQL that answers so is diagnosed as, whose session leads there.
fn mysql(host: &str, route: Route, degradation: &Degradation) -> Diagnosis {
    let login = Login::by_token(host).with("DB_ENGINE", "mysql");
    login.with_facts(|facts| of_degradation(degradation, &Facts { route: Some(route), ..*facts }))
}

#[test]
fn connection_ids_tell_a_proxy_from_a_database_where_the_name_does_not() {
    let left = Duration::from_hours(24);
    let expiring =
        Degradation::CertificateExpiring { not_after: SystemTime::UNIX_EPOCH + left, left };
    let mismatch =
        Degradation::RoleMismatch { expected: ExpectedRole::Writer, found: Role::Reader };
    for (degradation, of_proxy, of_database) in [
        (&Degradation::NotAsked, "A pooler, a tunnel or a sidecar", "account has no password"),
        (&mismatch, "the proxy's endpoint for the other role", "the cluster's endpoint"),
        (&expiring, "AWS renews those of RDS Proxy", "certificate of the database instance"),
    ] {
        for (route, words, observed) in [
            (Route::ThroughProxy, of_proxy, "is not the database's"),
            (Route::Direct, of_database, "is the database's own, as without a proxy"),
        ] {
            let diagnosis = mysql(ALIAS, route, degradation);
            let Cause { cause, evidence, .. } = first(&diagnosis);
            assert!(cause.contains(words), "{route:?}: {diagnosis:#?}");
            assert!(evidence.as_deref().is_some_and(|it| it.contains(observed)), "{diagnosis:#?}");
            for host in [PROXY, CLUSTER, INSTANCE] {
                let named = mysql(host, route, degradation);
                assert!(!all(&named).contains("connection ID"), "{host}: {named:#?}");
            }
        }
    }
    let tunneled = Login::by_token(ALIAS)
        .with("DB_ENGINE", "mysql")
        .with("DB_CONNECT_TO", "127.0.0.1:6032")
        .with_facts(|facts| {
            let facts = Facts { route: Some(Route::ThroughProxy), ..*facts };
            of_degradation(&Degradation::NotAsked, &facts)
        });
    let evidence = first(&tunneled).evidence.as_deref().unwrap();
    assert!(evidence.starts_with("DB_CONNECT_TO is \"127.0.0.1:6032\". The"), "{evidence}");
}

#[test]
fn a_role_mismatch_has_causes_by_what_the_name_leads_to() {
    let (reader, writer) = (ExpectedRole::Reader, ExpectedRole::Writer);
    let default = role(PROXY, reader, Role::Writer);
    check_first(&default, "role_mismatch", "endpoint for the other role");
    assert!(first(&default).commands[0].contains("describe-db-proxy-endpoints"));
    let lone = role(READERS, reader, Role::Writer);
    check_first(&lone, "role_mismatch", "has no reader");
    assert!(!all(&lone).contains("describe-db-proxy"), "{lone:#?}");
    let writers = role(CLUSTER, reader, Role::Writer);
    check_first(&writers, "role_mismatch", "endpoint for the other role");
    assert!(!all(&writers).contains("describe-db-proxy"), "{writers:#?}");
    let instance = role(INSTANCE, writer, Role::Reader);
    check_first(&instance, "role_mismatch", "whatever its role");
    assert_eq!(instance.step, Step::Query);
    for diagnosis in [&default, &lone, &writers, &instance] {
        assert!(!diagnosis.transient, "{diagnosis:#?}");
    }
}

#[test]
fn a_writers_name_that_leads_to_a_reader_follows_soon() {
    for host in [CLUSTER, PROXY] {
        let diagnosis = role(host, ExpectedRole::Writer, Role::Reader);
        check_first(&diagnosis, "role_mismatch", "changed places in a failover");
        assert!(diagnosis.transient, "{diagnosis:#?}");
    }
}

/// A probe that expects no role never asks for one, so no cause may speak of what it expected.
#[test]
fn a_write_that_a_reader_rejects_is_a_role_mismatch_without_an_expected_role() {
    let text = "cannot execute INSERT in a read-only transaction";
    let rejected = |host| Login::by_token(host).query_refused("25006", text);
    let proxy = rejected(PROXY);
    check_first(&proxy, "role_mismatch", "changed places in a failover");
    assert!(proxy.summary.contains(text), "{proxy:#?}");
    check_first(&rejected(READERS), "role_mismatch", "endpoint for the other role");
    check_first(&rejected(INSTANCE), "role_mismatch", "whatever its role");
    for host in [PROXY, CLUSTER, READERS, CUSTOM, INSTANCE, GLOBAL, ALIAS] {
        let diagnosis = rejected(host);
        cause(&diagnosis, "default_transaction_read_only");
        let all = all(&diagnosis);
        for other in ["has no reader", "expected", "mysql"] {
            assert!(!all.contains(other), "{host}: {other}: {all}");
        }
    }
}

#[test]
fn a_certificate_is_renewed_by_its_owner() {
    let left = Duration::from_hours(24);
    let not_after = SystemTime::UNIX_EPOCH + left;
    let of = |host| {
        answers(&Login::by_token(host), &Degradation::CertificateExpiring { not_after, left })
    };
    assert!(all(&of(CLUSTER)).contains("CertificateDetails"));
    assert!(all(&of(PROXY)).contains("AWS renews those of RDS Proxy"));
    assert_eq!((of(PROXY).causes.len(), of(PROXY).step), (1, Step::Query));
}
