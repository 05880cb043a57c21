//! The health of a proxy's targets.

use super::*;

/// A state and a reason, words of the first cause, and a part of its commands.
const REASONS: [(&str, Option<&str>, &str, &str); 9] = [
    (
        "UNAVAILABLE",
        Some("PENDING_PROXY_CAPACITY"),
        "still scaling",
        "aws rds describe-events --region eu-west-1 --source-type db-proxy",
    ),
    (
        "UNAVAILABLE",
        Some("AUTH_FAILURE"),
        "cannot log in",
        "'DBProxies[].[RoleArn,DefaultAuthScheme,Auth]'",
    ),
    (
        "UNAVAILABLE",
        Some("UNREACHABLE"),
        "no network path",
        "--protocol tcp --port 5433 --source-group PROXY_SECURITY_GROUP",
    ),
    (
        "UNAVAILABLE",
        Some("CONNECTION_FAILED"),
        "does not accept its connections",
        "--source-identifier orders-1",
    ),
    ("UNAVAILABLE", Some("INVALID_REPLICATION_STATE"), "does not replicate", "orders-1"),
    ("UNAVAILABLE", Some("PROMOTED"), "promoted", "deregister-db-proxy-targets"),
    ("UNAVAILABLE", None, "no reason", "aws logs tail /aws/rds/proxy/orders"),
    ("REGISTERING", None, "just been registered", "describe-db-proxy-targets"),
    ("UNUSED", None, "does not use", "describe-db-proxy-targets"),
];

#[test]
fn each_reason_of_a_target_has_a_cause_and_commands_of_its_own() {
    for (state, reason, words, command) in REASONS {
        let said = plane(proxy(), vec![target(state, reason)]);
        let diagnosis = diagnosis(&borrow_timeout(), &[], &said);
        let (cause, evidence) = first(&diagnosis);
        assert!(cause.contains(words), "{reason:?}: {cause}");
        assert!(evidence.starts_with(&format!("\"orders-1\" is {state}")), "{evidence}");
        let commands = &diagnosis.causes[0].commands;
        assert!(commands.iter().any(|it| it.contains(command)), "{reason:?}: {commands:?}");
    }
}

#[test]
fn a_proxy_that_is_still_scaling_or_registering_passes() {
    let unknown = refused("28000", "Something that nothing knows.");
    let is_transient = |state, reason| {
        diagnosis(&unknown, &[], &plane(proxy(), vec![target(state, reason)])).transient
    };
    assert!(is_transient("UNAVAILABLE", Some("PENDING_PROXY_CAPACITY")));
    assert!(is_transient("REGISTERING", None));
    assert!(!is_transient("UNAVAILABLE", Some("AUTH_FAILURE")));
}

#[test]
fn a_target_is_weighed_for_every_failure_past_the_connection() {
    let lost = || WireError::Lost { error: None };
    let failures = [
        Failure::Tls(StepError::Failed(TlsError::UnknownIssuer.into())),
        Failure::Tls(StepError::TimedOut { after: AFTER }),
        iam_rejected(),
        refused("28P01", "The password that was provided for the role app is wrong."),
        refused("53300", "Rate of connection to proxy exceeded 5."),
        refused("XX000", "Something that nothing knows."),
        Failure::Authenticate(StepError::TimedOut { after: AFTER }),
        Failure::Authenticate(StepError::Failed(AuthenticateError::Wire(lost()))),
        Failure::Query(StepError::TimedOut { after: AFTER }),
        Failure::Query(StepError::Failed(QueryError::Wire(lost()))),
        Failure::Query(StepError::Failed(QueryError::Foreign { difference: "x".to_owned() })),
    ];
    for failure in failures {
        let said = plane(proxy(), vec![target("UNAVAILABLE", Some("UNREACHABLE"))]);
        let diagnosis = diagnosis(&failure, &[], &said);
        let evidence: Vec<_> =
            diagnosis.causes.iter().filter_map(|cause| cause.evidence.as_deref()).collect();
        assert!(evidence.contains(&"\"orders-1\" is UNAVAILABLE, UNREACHABLE."), "{diagnosis:#?}");
    }
}

#[test]
fn what_the_proxy_itself_refuses_stays_the_first_cause() {
    let said = plane(proxy(), vec![target("UNAVAILABLE", Some("UNREACHABLE"))]);
    let rejected = diagnosis(&iam_rejected(), &[], &said);
    assert_eq!(first(&rejected).1, format!("The token was signed by \"{PRINCIPAL}\"."));
    assert_eq!(
        rejected.causes[1].evidence.as_deref(),
        Some("\"orders-1\" is UNAVAILABLE, UNREACHABLE.")
    );
    let lost = WireError::Lost { error: None };
    let lost = Failure::Query(StepError::Failed(QueryError::Wire(lost)));
    assert!(first(&diagnosis(&lost, &[], &said)).0.contains("no network path"));
}

#[test]
fn an_available_target_refutes_only_the_proxy_s_way_to_the_database() {
    let said = plane(proxy(), vec![target("AVAILABLE", None)]);
    let borrow = diagnosis(&borrow_timeout(), &[], &said);
    assert_eq!(borrow.ruled_out.as_deref(), Some("Every target of the proxy is AVAILABLE."));
    assert!(first(&borrow).0.contains("pooled connection"), "{borrow:#?}");
    for failure in [
        iam_rejected(),
        Failure::Authenticate(StepError::TimedOut { after: AFTER }),
        Failure::Query(StepError::TimedOut { after: AFTER }),
        refused("57P01", "terminating connection due to administrator command"),
    ] {
        let with = diagnosis(&failure, &[], &said);
        let ruled_out = with.ruled_out.unwrap_or_default();
        assert!(!ruled_out.contains("AVAILABLE"), "{ruled_out}");
    }
}

#[test]
fn a_cluster_that_is_followed_has_no_health_of_its_own() {
    let cluster = Target { role: None, state: None, ..target("", None) };
    let said = plane(proxy(), vec![cluster, target("AVAILABLE", None)]);
    let diagnosis = diagnosis(&borrow_timeout(), &[], &said);
    assert_eq!(diagnosis.ruled_out, None, "what is not known refutes nothing");
    assert!(diagnosis.causes.iter().all(|cause| cause.evidence.is_none()), "{diagnosis:#?}");
}

#[test]
fn only_the_targets_that_the_endpoint_leads_to_count() {
    let reader = Target { role: text("READ_ONLY"), ..target("UNAVAILABLE", Some("UNREACHABLE")) };
    let targets = || vec![target("AVAILABLE", None), reader.clone()];
    let writer = diagnosis(&borrow_timeout(), &[], &plane(proxy(), targets()));
    assert_eq!(writer.ruled_out.as_deref(), Some("Every target of the proxy is AVAILABLE."));
    let read_only = Proxy { target_role: text("READ_ONLY"), ..proxy() };
    let readers = diagnosis(&borrow_timeout(), &[], &plane(read_only, targets()));
    assert!(first(&readers).0.contains("no network path"), "{readers:#?}");
}

#[test]
fn a_proxy_without_targets_is_the_first_cause() {
    let diagnosis = diagnosis(&borrow_timeout(), &[], &plane(proxy(), vec![]));
    assert_eq!(first(&diagnosis).1, "Proxy \"orders\" has no targets.");
}

#[test]
fn targets_that_were_not_listed_say_nothing() {
    let said = ControlPlane { targets: None, ..plane(proxy(), vec![]) };
    let diagnosis = diagnosis(&borrow_timeout(), &[], &said);
    assert!(diagnosis.causes.iter().all(|cause| cause.evidence.is_none()), "{diagnosis:#?}");
    assert_eq!(diagnosis.ruled_out, None);
}

#[test]
fn a_read_only_endpoint_without_a_reader_is_said() {
    let proxy = Proxy { target_role: text("READ_ONLY"), ..proxy() };
    let no_reader = refused("08000", "Target group doesnt have any associated read-only instances");
    let said = plane(proxy, vec![target("AVAILABLE", None)]);
    let evidence = "None of the 1 target(s) of proxy \"orders\" is READ_ONLY. Its endpoint DB_HOST is \
                    READ_ONLY.";
    assert_eq!(first(&diagnosis(&no_reader, &[], &said)).1, evidence);
}
