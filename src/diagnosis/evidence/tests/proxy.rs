//! A proxy's status, engine and list of secrets.

use super::*;

#[test]
fn the_status_of_a_proxy_that_is_not_ready_is_the_first_cause() {
    for (status, words, transient) in [
        ("creating", "being created", true),
        ("suspended", "suspended", false),
        ("deleting", "deleted", false),
        ("incompatible-network", "network is no longer valid", false),
        ("insufficient-resource-limits", "resources", false),
    ] {
        let said = plane(Proxy { status: status.to_owned(), ..proxy() }, vec![]);
        for failure in [borrow_timeout(), iam_rejected()] {
            let diagnosis = diagnosis(&failure, &[], &said);
            let (cause, evidence) = first(&diagnosis);
            assert!(cause.contains(words), "{status}: {cause}");
            assert_eq!(evidence, format!("Proxy \"orders\" is {status}."));
            assert_eq!(diagnosis.transient, transient, "{status}");
        }
    }
    let said = plane(Proxy { status: "something new".to_owned(), ..proxy() }, vec![]);
    let diagnosis = diagnosis(&borrow_timeout(), &[], &said);
    assert_eq!(first(&diagnosis).1, "Proxy \"orders\" has no targets.");
}

#[test]
fn a_proxy_of_another_engine_is_the_first_cause() {
    let other = Proxy { engine_family: text("MYSQL"), ..proxy() };
    let said = plane(other, vec![target("AVAILABLE", None)]);
    let tls = Failure::Tls(StepError::Failed(TlsError::NotOffered.into()));
    for failure in [tls, borrow_timeout()] {
        let evidence = "The engine family of proxy \"orders\" is MYSQL.";
        assert_eq!(first(&diagnosis(&failure, &[], &said)).1, evidence);
    }
}

#[test]
fn a_server_without_tls_is_not_the_proxy() {
    let said = plane(proxy(), vec![]);
    let tls = Failure::Tls(StepError::Failed(TlsError::NotOffered.into()));
    let diagnosis = diagnosis(&tls, &[("DB_CONNECT_TO", "127.0.0.1:5433")], &said);
    let evidence =
        "Proxy \"orders\" offers TLS, and requires it. DB_CONNECT_TO is \"127.0.0.1:5433\".";
    let all: Vec<_> = diagnosis.causes.iter().filter_map(|it| it.evidence.as_deref()).collect();
    assert!(all.contains(&evidence), "{all:?}");
}

#[test]
fn the_user_s_entry_is_held_against_the_way_to_log_in() {
    let disabled = Proxy { auth: vec![entry("app", "DISABLED")], ..proxy() };
    let required = Proxy { auth: vec![entry("app", "REQUIRED")], ..proxy() };
    let available = || vec![target("AVAILABLE", None)];
    let wrong = || refused("28P01", "The password that was provided for the role app is wrong.");

    let token = diagnosis(&wrong(), &[], &plane(disabled.clone(), available()));
    let evidence = "Proxy \"orders\" lists the user \"app\" with IAMAuth DISABLED.";
    assert_eq!(first(&token).1, evidence);

    let password = diagnosis(&wrong(), BY_SECRET, &plane(required, available()));
    let evidence = "Proxy \"orders\" lists the user \"app\" with IAMAuth REQUIRED.";
    assert_eq!(first(&password).1, evidence);
    assert!(password.causes[0].remedy.contains("DB_AUTH=iam"), "{password:#?}");

    let end_to_end = Proxy { default_auth_scheme: text("IAM_AUTH"), auth: vec![], ..proxy() };
    let password = diagnosis(&iam_rejected(), BY_SECRET, &plane(end_to_end, available()));
    assert_eq!(first(&password).1, "The DefaultAuthScheme of proxy \"orders\" is IAM_AUTH.");
    // A password that the proxy may take is not blamed on IAM.
    let other = diagnosis(&wrong(), BY_SECRET, &plane(disabled, available()));
    assert!(!other.causes.iter().any(|cause| cause.cause.contains("requires IAM")), "{other:#?}");
}

#[test]
fn require_tls_says_where_tls_is_missing() {
    let failure = || refused("28000", "This RDS Proxy requires TLS connections");
    let on = diagnosis(&failure(), &[], &plane(proxy(), vec![target("AVAILABLE", None)]));
    assert_eq!(first(&on).1, "RequireTLS of proxy \"orders\" is on.");
    assert!(first(&on).0.contains("terminates TLS"), "{on:#?}");
    let database = "no pg_hba.conf entry for host \"10.0.0.1\", user \"app\", database \"app\", \
                    no encryption";
    let off = Proxy { requires_tls: false, ..proxy() };
    let off = diagnosis(&refused("28000", database), &[], &plane(off, vec![]));
    let evidence: Vec<_> = off.causes.iter().filter_map(|it| it.evidence.as_deref()).collect();
    assert!(evidence.contains(&"RequireTLS of proxy \"orders\" is off."), "{off:#?}");
}
