//! Names of any characters.

use proptest::prelude::*;
use serde_json::json;

use crate::support::{Stage, succeeded};

/// Made of what quoting goes wrong with, and of anything else.
fn name() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\"".to_owned()),
        Just("'".to_owned()),
        Just("\\".to_owned()),
        Just("\"; DROP ROLE postgres; --".to_owned()),
        Just("$$".to_owned()),
        Just("%I".to_owned()),
        Just("\n".to_owned()),
        Just("Ünï".to_owned()),
        "[A-Z]{1,3}",
        "[^\0]",
    ];
    let names = proptest::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat());
    names.prop_filter("1 to 63 bytes", |name| name.len() < 50)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn users_and_schemas_of_any_name_are_made_and_dropped(user in name(), schema in name()) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(check(&user, &schema));
    }
}

async fn check(user: &str, schema: &str) {
    let stage = Stage::new().await;
    let (user, schema) = (format!("{user}{}", stage.id), format!("{schema}{}", stage.id));
    let quoted = format!("\"{}\"", schema.replace('"', "\"\""));
    stage.master(&format!("CREATE SCHEMA {quoted}; CREATE TABLE {quoted}.t ()")).await;
    let secret = stage.secret(&user, &user);
    let before = stage.rows("SELECT rolname::text FROM pg_roles").await;
    let users = json!([
        { "Name": user, "Grant": "read-only", "Schemas": [schema], "SecretArn": secret },
    ]);
    let id = stage.create("SECRETS", &users).await;
    let after = stage.rows("SELECT rolname::text FROM pg_roles").await;
    let new: Vec<&String> = after.iter().filter(|name| !before.contains(name)).collect();
    assert!(new.contains(&&user), "{user:?} is not among {new:?}");

    let users = json!([{ "Name": user, "Grant": "read-only", "Schemas": [schema] }]);
    succeeded(&stage.update(&id, "IAM_AUTH", &users).await);
    assert_eq!(stage.attempt(&user, &format!("TABLE {quoted}.t")).await, Ok(()));
    succeeded(&stage.delete(&id).await);
    let left = stage.rows("SELECT rolname::text FROM pg_roles").await;
    assert!(!left.contains(&user), "{user:?}");
}
