//! Names of any characters.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rds_proxy_probe::config::Engine;
use serde_json::json;

use crate::support::{Stage, run, succeeded};

/// Made of what quoting goes wrong with, and of anything else. A number comes behind it.
fn name() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\"".to_owned()),
        Just("'".to_owned()),
        Just("`".to_owned()),
        Just("\\".to_owned()),
        Just("\"; DROP ROLE postgres; --".to_owned()),
        Just("'@`%`".to_owned()),
        Just("$$".to_owned()),
        Just("%I".to_owned()),
        Just("_".to_owned()),
        Just("\n".to_owned()),
        Just("Ünï".to_owned()),
        "[A-Z]{1,3}",
        "[^\0]",
    ];
    let names = proptest::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat());
    names.prop_filter("1 to 63 bytes", |name| name.len() < 50)
}

/// Whether MySQL can hold it: <https://dev.mysql.com/doc/refman/8.4/en/identifiers.html>
fn mysql_has(name: &str) -> bool {
    name.chars().count() < 24 && name.chars().all(|letter| u32::from(letter) <= 0xffff)
}

#[test]
fn users_and_schemas_of_any_name_are_made_and_dropped() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let stages = runtime.block_on(Stage::both());
    let case = Cell::new(0);
    let config =
        ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() };
    let property = |(user, schema): (String, String)| {
        case.set(case.get() + 1);
        for stage in &stages {
            let is_postgres = stage.engine() == Engine::PostgreSql;
            if is_postgres || (mysql_has(&user) && mysql_has(&schema)) {
                let end = format!("{}x{}", case.get(), stage.id);
                runtime.block_on(check(stage, format!("{user}{end}"), format!("{schema}{end}")));
            }
        }
        Ok(())
    };
    TestRunner::new(config).run(&(name(), name()), property).unwrap();
}

async fn check(stage: &Stage, user: String, schema: String) {
    let (quote, all) = match stage.engine() {
        Engine::PostgreSql => ("\"", "SELECT rolname::text FROM pg_roles"),
        Engine::MySql => ("`", "SELECT User FROM mysql.user"),
    };
    let quoted = format!("{quote}{}{quote}", schema.replace(quote, &quote.repeat(2)));
    let mut master = stage.sign_in(&stage.master).await;
    for made in [format!("SCHEMA {quoted}"), format!("TABLE {quoted}.t (id int)")] {
        run(&mut master, &format!("CREATE {made}")).await.unwrap();
    }
    let secret = stage.secret(&user, &user);
    let before = stage.rows(all).await;
    let users = json!([
        { "Name": user, "Grant": "read-only", "Schemas": [schema], "SecretArn": secret },
    ]);
    let id = stage.create("SECRETS", &users).await;
    let after = stage.rows(all).await;
    let new: Vec<&String> = after.iter().filter(|name| !before.contains(name)).collect();
    assert!(new.contains(&&user), "{user:?} is not among {new:?}");

    let users = json!([{ "Name": user, "Grant": "read-only", "Schemas": [schema] }]);
    succeeded(&stage.update(&id, "IAM_AUTH", &users).await);
    let select = format!("SELECT * FROM {quoted}.t");
    assert_eq!(stage.attempt(&user, &select).await, Ok(()));
    succeeded(&stage.delete(&id).await);
    assert!(!stage.rows(all).await.contains(&user), "{user:?}");
}
