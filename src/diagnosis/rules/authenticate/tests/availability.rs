//! A server that is slow, gone or full, with and without a proxy, at the login and at the query.

use super::*;

/// What is said of a database behind its own name.
#[track_caller]
fn check_speaks_of_no_proxy(diagnosis: &Diagnosis) {
    let text = format!("{} {}", diagnosis.summary, all(diagnosis));
    for words in ["describe-db-prox", "modify-db-proxy", "/aws/rds/proxy/", "The proxy"] {
        assert!(!text.contains(words), "{words}: {text}");
    }
}

#[test]
fn a_cluster_that_hangs_or_hangs_up_at_the_login_may_be_resuming() {
    for host in [CLUSTER, READERS, CUSTOM, INSTANCE] {
        let login = Login::by_token(host);
        for diagnosis in [login.cut(), login.stalled()] {
            assert!(first(&diagnosis).cause.contains("resuming"), "{diagnosis:#?}");
            assert!(diagnosis.transient);
            check_speaks_of_no_proxy(&diagnosis);
        }
    }
    // A cluster with a proxy never pauses.
    for diagnosis in [Login::by_token(PROXY).cut(), Login::by_token(PROXY).stalled()] {
        assert!(!all(&diagnosis).contains("resuming"), "{diagnosis:#?}");
    }
}

#[test]
fn a_database_is_looked_at_by_its_own_identifier() {
    for (host, look) in [
        (CLUSTER, "describe-db-clusters --region eu-west-1 --db-cluster-identifier orders"),
        (INSTANCE, "describe-db-instances --region eu-west-1 --db-instance-identifier orders-1"),
    ] {
        let login = Login::by_token(host);
        for diagnosis in [
            login.cut(),
            login.stalled(),
            login.query_cut(),
            login.query_stalled(),
            login.refused("57P03", "the database system is starting up"),
            login.query_refused("57P01", "terminating connection due to administrator command"),
        ] {
            assert!(all(&diagnosis).contains(look), "{diagnosis:#?}");
            assert!(all(&diagnosis).contains("describe-events --region eu-west-1 --source-type"));
            assert!(diagnosis.transient, "{diagnosis:#?}");
            check_speaks_of_no_proxy(&diagnosis);
        }
    }
}

#[test]
fn a_database_has_no_borrow_timeout_and_no_proxys_limit() {
    for host in [CLUSTER, INSTANCE] {
        let login = Login::by_token(host);
        for diagnosis in [
            login.query_stalled(),
            login.refused("53300", "sorry, too many clients already"),
            login.refused("53300", "too many connections for role \"app\""),
            login.query_refused("XX000", "Unknown error."),
            login.refused("28000", "something new"),
        ] {
            assert!(!all(&diagnosis).contains("ConnectionBorrowTimeout"), "{diagnosis:#?}");
            check_speaks_of_no_proxy(&diagnosis);
        }
    }
    let proxy = Login::by_token(PROXY).query_stalled();
    check_first(&proxy, "query_timeout", "waits for a database connection");
}

#[test]
fn a_limit_has_the_cause_of_the_party_that_set_it() {
    let of = |host, text: &str| Login::by_token(host).refused("53300", text);
    let proxys = "The maximum number of client connections to the proxy exceeded 100.";
    check_first(&of(PROXY, proxys), "too_many_connections", "connected to the proxy");
    let full = "remaining connection slots are reserved for roles with the SUPERUSER attribute";
    for host in [PROXY, CLUSTER, INSTANCE, ALIAS] {
        check_first(&of(host, full), "too_many_connections", "max_connections");
    }
    let own = "too many connections for role \"app\"";
    check_first(&of(CLUSTER, own), "too_many_connections", "CONNECTION LIMIT");
    let pooler = "no more connections allowed (max_client_conn)";
    check_first(&of(ALIAS, pooler), "too_many_connections", "A pooler answers");
    let waits = Login::by_token(ALIAS).query_refused("08P01", "query_wait_timeout");
    check_first(&waits, "borrow_timeout", "A pooler answers");
}

#[test]
fn an_internal_fault_is_tried_again_at_either_step() {
    for host in [PROXY, CLUSTER, ALIAS] {
        let login = Login::by_token(host);
        for (diagnosis, code) in [
            (login.refused("XX000", "Unknown error."), "auth_failed"),
            (login.query_refused("XX000", "Unknown error."), "query_failed"),
        ] {
            check_first(&diagnosis, code, "internal fault");
            assert!(diagnosis.transient && first(&diagnosis).remedy.starts_with("Try again"));
        }
    }
}

#[test]
fn a_session_that_ends_is_transient_at_each_step_and_from_each_side() {
    let login = Login::by_token(CLUSTER);
    for text in [
        "terminating connection due to idle-session timeout",
        "terminating connection due to conflict with recovery",
        "terminating connection due to administrator command",
    ] {
        assert!(login.refused("57P05", text).transient, "{text}");
        assert!(login.query_refused("57P05", text).transient, "{text}");
    }
    assert!(login.cut().transient && login.query_cut().transient);
    let canceled =
        login.query_refused("40001", "canceling statement due to conflict with recovery");
    check_first(&canceled, "query_failed", "in favor of replication");
    assert!(canceled.transient);
    // At the login it is the login's code.
    let at_login = login.refused("57P05", "terminating connection due to idle-session timeout");
    assert_eq!(at_login.code.as_str(), "auth_connection_lost");
}

#[test]
fn a_quota_that_is_used_up_does_not_pass_soon() {
    let text = "Your account or project has exceeded the compute time quota. Upgrade your plan.";
    let diagnosis = Login::by_secret(ALIAS).refused("XX000", text);
    check_first(&diagnosis, "server_unavailable", "quota");
    assert!(!diagnosis.transient);
}

#[test]
fn a_target_group_without_a_writer_differs_from_a_restart() {
    let text = "The target group doesn't have any associated read/write instances";
    let diagnosis = Login::by_token(PROXY).refused("08000", text);
    check_first(&diagnosis, "server_unavailable", "has no writer");
    let restart = Login::by_token(PROXY).refused("57P03", "the database system is starting up");
    check_first(&restart, "server_unavailable", "The database behind the proxy is starting");
}

#[test]
fn a_reader_is_added_last_since_it_costs() {
    let text = "Target group doesnt have any associated read-only instances";
    let diagnosis = Login::by_token(PROXY).refused("08000", text);
    let commands = &first(&diagnosis).commands;
    assert!(commands[0].contains("describe-db-proxy-targets"), "{commands:#?}");
    assert!(commands.last().unwrap().contains("create-db-instance"), "{commands:#?}");
    assert!(first(&diagnosis).remedy.contains("billed"), "{diagnosis:#?}");
}

#[test]
fn a_tunnel_is_named_where_one_can_be_the_cause() {
    for host in [PROXY, CLUSTER, INSTANCE, ALIAS] {
        let straight = Login::by_token(host);
        let tunneled = straight.clone().with("DB_CONNECT_TO", "127.0.0.1:6000");
        for (with, without) in [
            (tunneled.cut(), straight.cut()),
            (tunneled.stalled(), straight.stalled()),
            (tunneled.query_cut(), straight.query_cut()),
            (tunneled.query_stalled(), straight.query_stalled()),
        ] {
            let hop = cause(&with, "such as a tunnel").evidence.as_deref();
            assert_eq!(hop, Some("DB_CONNECT_TO is \"127.0.0.1:6000\"."));
            let is_named = all(&without).contains("such as a tunnel");
            assert_eq!(is_named, host == ALIAS, "{without:#?}");
        }
    }
}

#[test]
fn an_unknown_error_leads_to_the_log_of_its_author() {
    for (host, log) in [
        (PROXY, "aws logs tail /aws/rds/proxy/orders --region eu-west-1 --since 15m"),
        (CLUSTER, "describe-db-log-files"),
        (INSTANCE, "describe-db-log-files --region eu-west-1 --db-instance-identifier orders-1"),
        (ALIAS, "the log of the server that answers"),
    ] {
        let login = Login::by_token(host);
        for diagnosis in
            [login.refused("28000", "something new"), login.query_refused("42883", "new")]
        {
            assert!(all(&diagnosis).contains(log), "{diagnosis:#?}");
            assert!(!diagnosis.transient);
        }
    }
}

#[test]
fn a_statement_timeout_is_not_the_proxys_patience() {
    for host in [PROXY, CLUSTER] {
        let text = "canceling statement due to statement timeout";
        let diagnosis = Login::by_token(host).query_refused("57014", text);
        check_first(&diagnosis, "query_timeout", "A statement_timeout cut the query off");
        assert!(!all(&diagnosis).contains("ConnectionBorrowTimeout"), "{diagnosis:#?}");
    }
}
