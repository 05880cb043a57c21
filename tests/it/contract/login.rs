//! Who can log in: users of any name, and no user that the emulator does not know.

use rds_proxy_emulator::Principal;
use serde_json::{Value, json};

use crate::support::{Engine, Vars, by_engine, check, emulator, emulator_with, probe};

by_engine!(
    users_of_any_name_log_in,
    a_user_that_the_proxy_does_not_know_is_refused_as_the_engine_refuses_it,
    a_principal_without_permission_is_iam_rejected,
    keys_that_the_proxy_does_not_know_are_iam_rejected,
    a_database_that_does_not_exist_is_named,
);

/// The demo principal's keys, with another permission.
fn demo_principal(pattern: &str) -> Principal {
    let demo = Principal::demo();
    let (secret, token) = (demo.secret().to_owned(), demo.session_token().map(str::to_owned));
    Principal::new(demo.access_key_id, secret, token, vec![pattern.to_owned()])
}

async fn users_of_any_name_log_in(engine: Engine) {
    let names = ["a b", "a+b", "a&b=c", "a%b", "DOMAIN/user", "ünïcode", "o'brien", "a\"b", "*"];
    let emulator = emulator_with(engine, |options| {
        options.iam_users = names.map(str::to_owned).to_vec();
        options.principals = vec![demo_principal("arn:aws:rds-db:*")];
    })
    .await;
    for name in names {
        let report = probe(&Vars::of(&emulator).with("DB_USER", name)).await;
        assert_eq!(report["database"]["user"], name, "{report:#}");
    }
}

async fn a_user_that_the_proxy_does_not_know_is_refused_as_the_engine_refuses_it(engine: Engine) {
    let emulator = emulator(engine).await;
    let report = probe(&Vars::of(&emulator).with("DB_USER", "stranger")).await;
    // MySQL has one error for all that is wrong with a login.
    let (code, sqlstate, number) = match engine {
        Engine::PostgreSql => ("proxy_has_no_credentials", "28000", Value::Null),
        Engine::MySql => ("iam_rejected", "28000", json!(1045)),
    };
    check(&report, "authenticate", "failed", code);
    let diagnosis = &report["diagnosis"];
    assert_eq!((&diagnosis["sqlstate"], &diagnosis["error_number"]), (&json!(sqlstate), &number));
    let causes = diagnosis["causes"].to_string();
    assert!(causes.contains("secret"), "{causes}");
}

async fn a_principal_without_permission_is_iam_rejected(engine: Engine) {
    let emulator = emulator_with(engine, |options| {
        options.iam_users = vec!["app".to_owned(), "admin".to_owned()];
        options.principals = vec![demo_principal("arn:aws:rds-db:*:dbuser:*/app")];
    })
    .await;
    let report = probe(&Vars::of(&emulator).with("DB_USER", "admin")).await;
    check(&report, "authenticate", "failed", "iam_rejected");
    let said = match engine {
        Engine::PostgreSql => {
            "The IAM authentication failed for the role admin. \
             Check the IAM token for this role and try again."
        }
        Engine::MySql => "Access denied for user 'admin'@'%' (using password: YES)",
    };
    assert_eq!(report["diagnosis"]["server_message"], said);
    let first = &report["diagnosis"]["causes"];
    assert!(first.to_string().contains("dbuser:prx-ID/admin"), "{first:#}");
}

async fn keys_that_the_proxy_does_not_know_are_iam_rejected(engine: Engine) {
    let emulator = emulator(engine).await;
    for (name, value) in [
        ("AWS_SECRET_ACCESS_KEY", "another-secret-key-0123456789"),
        ("AWS_SESSION_TOKEN", "another-session-token-0123456789"),
        ("AWS_ACCESS_KEY_ID", "AKIASTRANGER"),
        ("DB_PORT", "6000"),
    ] {
        let report = probe(&Vars::of(&emulator).with(name, value)).await;
        check(&report, "authenticate", "failed", "iam_rejected");
    }
}

async fn a_database_that_does_not_exist_is_named(engine: Engine) {
    let emulator = emulator(engine).await;
    let report = probe(&Vars::of(&emulator).with("DB_NAME", "nowhere")).await;
    // MySQL tells only those who may see it that a database does not exist.
    let (code, said) = match engine {
        Engine::PostgreSql => {
            ("database_not_found", "Request returned an error: database \"nowhere\" does not exist")
        }
        Engine::MySql => (
            "connect_not_permitted",
            "Access denied for user 'app'@'localhost' to database 'nowhere'",
        ),
    };
    check(&report, "authenticate", "failed", code);
    assert_eq!(report["diagnosis"]["server_message"], said);
}
