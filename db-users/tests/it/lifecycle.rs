//! A resource's life: create, repeat, update, delete.

use rds_proxy_probe::config::Engine;
use serde_json::{Value, json};

use crate::support::{Stage, answers, failed, succeeded};

/// Everything that the server holds of a test's users.
async fn everything(stage: &Stage) -> Vec<String> {
    let id = stage.id;
    match stage.engine() {
        Engine::PostgreSql => {
            stage
                .rows(&format!(
                    "SELECT relname || coalesce(relacl::text, '') FROM pg_class \
                     WHERE relnamespace::regnamespace::text IN ('public', 'other') \
                     UNION ALL SELECT nspname || coalesce(nspacl::text, '') FROM pg_namespace \
                     UNION ALL SELECT defaclnamespace::regnamespace::text || defaclobjtype::text || \
                         defaclacl::text FROM pg_default_acl \
                     UNION ALL SELECT datacl::text FROM pg_database \
                         WHERE datname = current_database() AND datacl IS NOT NULL \
                     UNION ALL SELECT roleid::regrole || ' ' || member::regrole FROM pg_auth_members \
                         WHERE member::regrole::text ~ '[a-z]{id}$' \
                     UNION ALL SELECT rolname || rolcanlogin || shobj_description(oid, 'pg_authid') \
                         FROM pg_roles WHERE rolname ~ '[a-z]{id}$' \
                         AND shobj_description(oid, 'pg_authid') IS NOT NULL \
                     ORDER BY 1"
                ))
                .await
        }
        Engine::MySql => {
            let mut everything = stage.marked().await;
            for user in stage.roles().await {
                for statement in ["CREATE USER", "GRANTS FOR"] {
                    everything.extend(stage.rows(&format!("SHOW {statement} `{user}`@`%`")).await);
                }
            }
            everything
        }
    }
}

#[tokio::test]
async fn create_makes_users_that_sign_in() {
    for stage in Stage::both().await {
        let app = stage.name("app");
        let id = stage.create("IAM_AUTH", &json!([{ "Name": app, "Grant": "read-only" }])).await;
        assert_eq!(id, "database-users/DatabaseUsers");
        assert_eq!(stage.roles().await, [app.as_str()]);
        assert_eq!(stage.attempt(&app, "SELECT * FROM notes").await, Ok(()));
    }
}

#[tokio::test]
async fn create_twice_is_once() {
    for stage in Stage::both().await {
        let users = json!([
            { "Name": stage.name("app"), "Grant": "read-write", "Schemas": [stage.usual_schema(), stage.other_schema()] },
            { "Name": stage.name("idle"), "Grant": "none" },
        ]);
        let id = stage.create("IAM_AUTH", &users).await;
        let made = everything(&stage).await;
        assert_eq!(stage.create("IAM_AUTH", &users).await, id);
        assert_eq!(everything(&stage).await, made);
    }
}

#[tokio::test]
async fn two_creates_at_once_are_one() {
    for stage in Stage::both().await {
        let users = json!([{ "Name": stage.name("app"), "Grant": "read-write" }]);
        let event = stage.event("Create", "IAM_AUTH", &users);
        let (one, other) = tokio::join!(stage.handle(&event), stage.handle(&event));
        assert_eq!((one.result, other.result), (Ok(Value::Null), Ok(Value::Null)));
        for answer in answers(&stage.host) {
            succeeded(&answer);
        }
        assert_eq!(stage.roles().await, [stage.name("app")]);
    }
}

#[tokio::test]
async fn update_takes_back_what_is_no_longer_granted() {
    for stage in Stage::both().await {
        let app = stage.name("app");
        let users = json!([{ "Name": app, "Grant": "read-write", "Schemas": [stage.usual_schema(), stage.other_schema()] }]);
        let id = stage.create("IAM_AUTH", &users).await;
        let (usual, other) = (stage.usual_schema(), stage.other_schema());
        let insert = format!("INSERT INTO {other}.notes VALUES ('a')");
        assert_eq!(stage.attempt(&app, &insert).await, Ok(()));

        let users = json!([{ "Name": app, "Grant": "read-only" }]);
        assert_eq!(succeeded(&stage.update(&id, "IAM_AUTH", &users).await), id);
        let select = |table: &str| format!("SELECT * FROM {table}");
        assert_eq!(stage.attempt(&app, &select(&format!("{usual}.notes"))).await, Ok(()));
        let insert = format!("INSERT INTO {usual}.notes (note) VALUES ('b')");
        for refused in [insert, select(&format!("{other}.notes"))] {
            assert_eq!(stage.attempt(&app, &refused).await, Err("denied".to_owned()), "{refused}");
        }
        let later =
            format!("CREATE TABLE {other}.later (note text); CREATE TABLE later (note text)");
        stage.master(&later).await;
        let elsewhere = select(&format!("{other}.later"));
        assert_eq!(stage.attempt(&app, &elsewhere).await, Err("denied".to_owned()));
        assert_eq!(stage.attempt(&app, "DELETE FROM later").await, Err("denied".to_owned()));
        assert_eq!(stage.attempt(&app, &select("later")).await, Ok(()));
    }
}

#[tokio::test]
async fn an_update_and_its_rollback_leave_everything_as_it_was() {
    for stage in Stage::both().await {
        let (app, other) = (stage.name("app"), stage.name("other"));
        let before = json!([
            { "Name": app, "Grant": "read-only", "Schemas": [stage.usual_schema(), stage.other_schema()] },
            { "Name": other, "Grant": "none" },
        ]);
        let id = stage.create("IAM_AUTH", &before).await;
        let made = everything(&stage).await;
        let after =
            json!([{ "Name": app, "Grant": "read-write" }, { "Name": other, "Grant": "connect" }]);
        succeeded(&stage.update(&id, "IAM_AUTH", &after).await);
        assert_ne!(everything(&stage).await, made);
        succeeded(&stage.update(&id, "IAM_AUTH", &before).await);
        assert_eq!(everything(&stage).await, made);
    }
}

#[tokio::test]
async fn update_makes_who_is_new_and_drops_who_is_gone() {
    for stage in Stage::both().await {
        let (old, new) = (stage.name("old"), stage.name("new"));
        let id = stage.create("IAM_AUTH", &json!([{ "Name": old, "Grant": "read-only" }])).await;
        let users = json!([{ "Name": new, "Grant": "connect" }]);
        succeeded(&stage.update(&id, "IAM_AUTH", &users).await);
        assert_eq!(stage.roles().await, [new.as_str()]);
        succeeded(&stage.update(&id, "IAM_AUTH", &json!([])).await);
        assert!(stage.roles().await.is_empty());
    }
}

#[tokio::test]
async fn an_update_reaches_tables_that_others_made_since() {
    let stage = Stage::new().await;
    let (app, migrator) = (stage.name("app"), stage.name("migrator"));
    stage.superuser(&format!("CREATE ROLE {migrator}; GRANT {migrator} TO {}", stage.master)).await;
    let users = json!([{ "Name": app, "Grant": "read-only" }]);
    let id = stage.create("IAM_AUTH", &users).await;
    let made = format!("CREATE TABLE migrated (); ALTER TABLE migrated OWNER TO {migrator}");
    stage.superuser(&made).await;
    assert_eq!(stage.attempt(&app, "TABLE migrated").await, Err("denied".to_owned()));
    succeeded(&stage.update(&id, "IAM_AUTH", &users).await);
    assert_eq!(stage.attempt(&app, "TABLE migrated").await, Ok(()));
}

#[tokio::test]
async fn delete_drops_what_it_made_and_only_that() {
    for stage in Stage::both().await {
        let (app, kept) = (stage.name("app"), stage.name("kept"));
        stage.superuser(&format!("CREATE USER {kept}")).await;
        let users = json!([{ "Name": app, "Grant": "read-write" }]);
        let id = stage.create("IAM_AUTH", &users).await;
        assert_eq!(succeeded(&stage.delete(&id).await), id);
        assert_eq!(stage.roles().await, [kept.as_str()]);
        let left = everything(&stage).await;
        assert!(left.iter().all(|entry| !entry.contains(&app)), "{left:#?}");
        succeeded(&stage.delete(&id).await);
    }
}

#[tokio::test]
async fn delete_leaves_another_stacks_users_alone() {
    for stage in Stage::both().await {
        let users = json!([{ "Name": stage.name("app"), "Grant": "none" }]);
        let id = stage.create("IAM_AUTH", &users).await;
        let another = "arn:aws:cloudformation:us-east-1:123456789012:stack/another/1";
        for (key, value) in [("StackId", another), ("LogicalResourceId", "OtherUsers")] {
            let mut event = stage.event("Delete", "IAM_AUTH", &users);
            event["PhysicalResourceId"] = json!(id);
            event[key] = json!(value);
            succeeded(&stage.answer(&event).await);
            assert_eq!(stage.roles().await, [stage.name("app")], "{key}");
        }
    }
}

#[tokio::test]
async fn what_a_dropped_user_owned_becomes_the_masters() {
    let stage = Stage::new().await;
    let app = stage.name("app");
    let id = stage.create("IAM_AUTH", &json!([{ "Name": app, "Grant": "connect" }])).await;
    stage.superuser(&format!("GRANT USAGE, CREATE ON SCHEMA other TO {app}")).await;
    assert_eq!(stage.attempt(&app, "CREATE TABLE other.mine (note text)").await, Ok(()));
    succeeded(&stage.delete(&id).await);
    let owner = "SELECT tableowner::text FROM pg_tables WHERE tablename = 'mine'";
    assert_eq!(stage.rows(owner).await, [stage.master.as_str()]);
}

#[tokio::test]
async fn a_user_with_objects_in_another_database_is_not_dropped() {
    let stage = Stage::new().await;
    let (app, other) = (stage.name("app"), Stage::new().await);
    let id = stage.create("IAM_AUTH", &json!([{ "Name": app, "Grant": "connect" }])).await;
    other.superuser(&format!("CREATE SCHEMA mine AUTHORIZATION {app}")).await;
    let (_, reason) = failed(&stage.delete(&id).await, "objects_elsewhere");
    assert!(reason.contains(&format!("{:?}", other.database)), "{reason}");
    assert_eq!(stage.roles().await, [app.as_str()]);
    other.superuser("DROP SCHEMA mine").await;
    succeeded(&stage.delete(&id).await);
}
