//! A database that does not exist, and one that a user may not connect to.

use super::*;

fn missing(login: &Login, database: &str) -> Diagnosis {
    login.clone().with("DB_NAME", database).refused(
        "XX000",
        &format!("Request returned an error: database \"{database}\" does not exist"),
    )
}

#[test]
fn a_missing_database_is_looked_for_from_the_database_postgres() {
    let diagnosis = missing(&Login::by_token(PROXY), "shop");
    check_first(&diagnosis, "database_not_found", "mistyped");
    let [list, create] = first(&diagnosis).commands.as_slice() else { panic!("{diagnosis:#?}") };
    assert_eq!(list, &format!("psql -h {PROXY} -p 5432 -U app -d postgres -l"));
    assert_eq!(create, "CREATE DATABASE \"shop\";");
    let tunneled = Login::by_token(PROXY).with("DB_CONNECT_TO", "127.0.0.1:6000");
    let diagnosis = missing(&tunneled, "shop");
    assert_eq!(first(&diagnosis).commands[0], "psql -h 127.0.0.1 -p 6000 -U app -d postgres -l");
}

#[test]
fn the_consoles_name_is_no_databases_name() {
    for (host, name) in [(PROXY, "orders"), (CLUSTER, "orders"), (INSTANCE, "orders-1")] {
        let diagnosis = missing(&Login::by_token(host), name);
        check_first(&diagnosis, "database_not_found", "the name that the console shows");
        assert!(first(&diagnosis).evidence.as_deref().unwrap().contains(name));
    }
    // An alias begins with nothing of RDS's.
    assert!(!all(&missing(&Login::by_token(ALIAS), "db")).contains("console"));
}

#[test]
fn upper_case_and_a_dropped_postgres_are_seen() {
    let upper = missing(&Login::by_token(PROXY), "Shop");
    check_first(&upper, "database_not_found", "in lower case");
    let postgres = missing(&Login::by_token(PROXY), "postgres");
    check_first(&postgres, "database_not_found", "was dropped");
    assert!(first(&postgres).commands[0].ends_with("-d template1"));
}

#[test]
fn a_database_that_the_function_did_not_ask_for_was_put_in_on_the_way() {
    let login = Login::by_token(ALIAS).with("DB_NAME", "shop");
    let diagnosis = login.refused("3D000", "database \"app\" does not exist");
    check_first(&diagnosis, "database_not_found", "the user's name counts as one");
    let evidence = first(&diagnosis).evidence.as_deref().unwrap();
    assert!(evidence.contains("\"app\"") && evidence.contains("\"shop\""), "{evidence}");
}

#[test]
fn a_name_inside_sql_is_an_identifier() {
    let login = Login::by_token(CLUSTER).with("DB_NAME", "a\"b");
    let text = "permission denied for database \"a\"b\"";
    let login = login.with("DB_USER", "o'x").user("o'x");
    let diagnosis = login.refused("42501", text);
    check_first(&diagnosis, "connect_not_permitted", "lacks the privilege CONNECT");
    let expected = "GRANT CONNECT ON DATABASE \"a\"\"b\" TO \"o'x\";";
    assert_eq!(first(&diagnosis).commands, [expected]);
}

#[test]
fn rdsadmin_is_awss_own() {
    let text = "pg_hba.conf rejects connection for host \"10.0.0.1\", user \"app\", database \
                \"rdsadmin\", SSL encryption";
    for host in [INSTANCE, CLUSTER] {
        let login = Login::by_token(host).with("DB_NAME", "rdsadmin");
        let diagnosis = login.refused("28000", text);
        check_first(&diagnosis, "connect_not_permitted", "AWS's own");
        assert_eq!((diagnosis.causes.len(), diagnosis.transient), (1, false));
    }
    let user = Login::by_secret(PROXY).user("rdsproxyadmin");
    let denied = user.refused("42501", "permission denied for database \"app\"");
    check_first(&denied, "connect_not_permitted", "AWS's own");
}

const NO_ENTRY: &str =
    "no pg_hba.conf entry for host \"10.0.0.1\", user \"app\", database \"app\", SSL encryption";

#[test]
fn a_cluster_without_an_entry_is_resuming_and_is_asked_again() {
    for host in [CLUSTER, READERS, CUSTOM, INSTANCE] {
        for login in [Login::by_token(host), Login::by_secret(host)] {
            let diagnosis = login.refused("28000", NO_ENTRY);
            check_first(&diagnosis, "connect_not_permitted", "is resuming");
            assert!(diagnosis.transient, "{diagnosis:#?}");
            assert!(!all(&diagnosis).contains("Add a hostssl rule"), "{diagnosis:#?}");
        }
    }
}

#[test]
fn no_remedy_edits_a_file_that_rds_writes() {
    let rejects = NO_ENTRY.replace("no pg_hba.conf entry", "pg_hba.conf rejects connection");
    for host in [PROXY, CLUSTER, INSTANCE] {
        let diagnosis = Login::by_token(host).refused("28000", &rejects);
        check_first(&diagnosis, "connect_not_permitted", "RDS's own rules");
        assert!(!diagnosis.transient && !all(&diagnosis).contains("Add a hostssl rule"));
    }
    // A cluster with a proxy never pauses.
    let behind = Login::by_token(PROXY).refused("28000", NO_ENTRY);
    assert!(!behind.transient && !all(&behind).contains("resuming"), "{behind:#?}");
    let own = Login::by_token(ALIAS).refused("28000", NO_ENTRY);
    check_first(&own, "connect_not_permitted", "one of your own");
    assert!(!own.transient);
}

#[test]
fn each_way_to_be_kept_out_has_its_own_statement() {
    let login = Login::by_token(CLUSTER).with("DB_NAME", "app");
    let of = |text: &str| first(&login.refused("28000", text)).commands.join(" ");
    assert_eq!(of("role \"app\" is not permitted to log in"), "ALTER ROLE \"app\" LOGIN;");
    let closed = "database \"app\" is not currently accepting connections";
    assert_eq!(of(closed), "ALTER DATABASE \"app\" ALLOW_CONNECTIONS true;");
}

#[test]
fn a_proxy_that_connects_in_clear_differs_from_a_hop_that_does() {
    let in_clear = NO_ENTRY.replace("SSL encryption", "no encryption");
    let behind = format!("Request returned an error: {in_clear}");
    let behind = Login::by_token(PROXY).refused("XX000", &behind);
    check_first(&behind, "tls_required", "without TLS, since its RequireTLS is off");
    let before = Login::by_token(PROXY).refused("28000", "This RDS Proxy requires TLS connections");
    check_first(&before, "tls_required", "terminates TLS");
    let direct = Login::by_token(CLUSTER).with("DB_CONNECT_TO", "127.0.0.1:6000");
    let direct = direct.refused("28000", &in_clear);
    check_first(&direct, "tls_required", "terminates TLS");
    assert_eq!(first(&direct).evidence.as_deref(), Some("DB_CONNECT_TO is \"127.0.0.1:6000\"."));
}
