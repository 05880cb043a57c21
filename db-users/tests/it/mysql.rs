//! What MySQL alone needs: it commits each statement at once, and MariaDB keeps no comments on
//! users.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::mysql::Hop;
use crate::support::{SUPERUSER, Stage, answers, failed, handle, run, succeeded};

/// What a request over a hop comes to.
async fn answer_over<F>(
    stage: &Stage,
    event: &Value,
    at: impl Fn(usize, usize) -> F + Clone + Send + Sync + 'static,
) -> Value
where
    F: Future<Output = Hop> + Send + 'static,
{
    let hop = stage.mariadb().hop(at).await;
    let mut vars = stage.vars();
    vars.insert("DB_CONNECT_TO".to_owned(), hop.address.to_string());
    handle(vars, &stage.host, event).await.result.unwrap();
    answers(&stage.host).pop().unwrap()
}

/// The first client is the gate's, which tries again; the second one changes the users.
const CHANGING: usize = 1;

/// What a client sends before its first statement: the end of the handshake, its login, its token.
const LOGIN: usize = 3;

#[tokio::test]
async fn however_far_it_came_the_delete_that_follows_leaves_nothing() {
    let stage = Stage::mysql().await;
    let users = json!([
        { "Name": stage.name("app"), "Grant": "read-only" },
        { "Name": stage.name("idle"), "Grant": "connect" },
    ]);
    let event = stage.event("Create", "IAM_AUTH", &users);
    for hop in [Hop::CutBefore, Hop::CutAfter] {
        let mut ids = Vec::new();
        for last in LOGIN.. {
            let answer = answer_over(&stage, &event, move |client, number| async move {
                if client == CHANGING && number == last { hop } else { Hop::Pass }
            })
            .await;
            let is_done = answer["Status"] == "SUCCESS";
            let id = answer["PhysicalResourceId"].as_str().unwrap().to_owned();
            succeeded(&stage.delete(&id).await);
            assert!(stage.roles().await.is_empty(), "{hop:?} {last}: {answer:#}");
            assert!(stage.marked().await.is_empty(), "{hop:?} {last}: {answer:#}");
            if is_done {
                break;
            }
            failed(&answer, "connection_lost");
            ids.push(id);
        }
        // Up to the first change nothing was made.
        let unknown = ids.iter().position(|id| id == "database-users/DatabaseUsers").unwrap();
        assert!(unknown > 3 && ids.len() > unknown + 3, "{ids:?}");
        assert!(ids[unknown..].iter().all(|id| id == "database-users/DatabaseUsers"), "{ids:?}");
    }
}

/// The master may not grant all of it, which shows only once users were made.
#[tokio::test]
async fn what_was_made_before_a_statement_is_rejected_is_undone() {
    let stage = Stage::mysql().await;
    let (app, other) = (stage.name("app"), stage.name("other"));
    let id = stage.create("IAM_AUTH", &json!([{ "Name": app, "Grant": "read-only" }])).await;
    let before = grants(&stage, &app).await;
    stage.superuser(&format!("REVOKE UPDATE ON *.* FROM {}", stage.master)).await;
    let users = json!([
        { "Name": other, "Grant": "read-only" },
        { "Name": app, "Grant": "read-only", "Schemas": [stage.database, stage.other_schema()] },
        { "Name": stage.name("last"), "Grant": "read-write" },
    ]);
    let (failed_id, reason) =
        failed(&stage.update(&id, "IAM_AUTH", &users).await, "statement_refused");
    assert_eq!(failed_id, id);
    assert!(reason.contains("granting") && reason.contains("WITH GRANT OPTION"), "{reason}");
    assert!(!reason.contains("have some of the changes"), "{reason}");
    assert_eq!(stage.roles().await, [app.as_str()]);
    assert_eq!(grants(&stage, &app).await, before);

    let (id, _) = failed(
        &stage.answer(&stage.event("Create", "IAM_AUTH", &users)).await,
        "statement_refused",
    );
    assert_eq!(id, "nothing-made/DatabaseUsers");
}

async fn grants(stage: &Stage, user: &str) -> Vec<String> {
    stage.rows(&format!("SHOW GRANTS FOR {user}")).await
}

/// The mode, the turn, where marks are, users, privileges, marks, schemas, and the first change.
const SECOND_CHANGE: usize = LOGIN + 8;

/// Another session drops a user between reading it and changing it.
#[tokio::test]
async fn what_cannot_be_undone_is_said() {
    let stage = Stage::mysql().await;
    let (app, second) = (stage.name("app"), stage.name("second"));
    let users = json!([{ "Name": app, "Grant": "none" }, { "Name": second, "Grant": "none" }]);
    let id = stage.create("IAM_AUTH", &users).await;
    let mut event = stage.event("Update", "IAM_AUTH", &users);
    event["PhysicalResourceId"] = json!(id);
    let superuser = Arc::new(tokio::sync::Mutex::new(stage.sign_in(SUPERUSER).await));
    let drop_second = Arc::new(format!("DROP USER {second}"));
    let answer = answer_over(&stage, &event, move |client, number| {
        let (superuser, drop_second) = (Arc::clone(&superuser), Arc::clone(&drop_second));
        async move {
            if client == CHANGING && number == SECOND_CHANGE {
                run(&mut *superuser.lock().await, &drop_second).await.unwrap();
            }
            Hop::Pass
        }
    })
    .await;
    let (_, reason) = failed(&answer, "statement_refused");
    assert!(reason.contains("letting") && reason.contains(&second), "{reason}");
    assert!(reason.contains("Users that existed before have some of the changes"), "{reason}");
    // What CloudFormation does then.
    succeeded(&stage.update(&id, "IAM_AUTH", &users).await);
    assert_eq!(stage.roles().await, [app, second]);
}

/// As on an instance whose IAM authentication is not enabled.
#[tokio::test]
async fn without_the_plugin_the_remedy_is_to_enable_iam_authentication() {
    let stage = Stage::alone().await;
    let superuser = Arc::new(tokio::sync::Mutex::new(stage.sign_in(SUPERUSER).await));
    let users = json!([{ "Name": stage.name("app"), "Grant": "none" }]);
    let event = stage.event("Create", "IAM_AUTH", &users);
    let answer = answer_over(&stage, &event, move |client, number| {
        let superuser = Arc::clone(&superuser);
        async move {
            // The sessions that use it are logged in by now.
            if client == CHANGING && number == LOGIN {
                let uninstall = "UNINSTALL SONAME 'aws_authentication'";
                run(&mut *superuser.lock().await, uninstall).await.unwrap();
            }
            Hop::Pass
        }
    })
    .await;
    let (id, reason) = failed(&answer, "statement_refused");
    assert_eq!(id, "nothing-made/DatabaseUsers");
    let says = ["'AWSAuthenticationPlugin' is not loaded", "(error 1524", "Enable IAM database"];
    assert!(says.iter().all(|part| reason.contains(part)), "{reason}");
}

#[tokio::test]
async fn a_user_for_one_host_is_left_alone() {
    let stage = Stage::mysql().await;
    let app = stage.name("app");
    stage.superuser(&format!("CREATE USER {app}@'10.0.%'")).await;
    let users = json!([{ "Name": app, "Grant": "none" }]);
    let event = stage.event("Create", "IAM_AUTH", &users);
    failed(&stage.answer(&event).await, "user_exists");
    assert_eq!(stage.roles().await, [app.as_str()]);
    stage.superuser(&format!("DROP USER {app}@'10.0.%'")).await;
    stage.create("IAM_AUTH", &users).await;
}

/// A view, a routine, a trigger or an event runs with its definer's privileges.
#[tokio::test]
async fn a_user_that_objects_run_as_is_not_dropped() {
    let stage = Stage::mysql().await;
    let (app, kept) = (stage.name("app"), stage.name("kept"));
    let users = json!([{ "Name": app, "Grant": "none" }, { "Name": kept, "Grant": "none" }]);
    let id = stage.create("IAM_AUTH", &users).await;
    for (create, drop, named) in [
        ("VIEW mine AS SELECT 1", "VIEW mine", "the view"),
        ("FUNCTION mine() RETURNS int RETURN 1", "FUNCTION mine", "the routine"),
        (
            "TRIGGER mine BEFORE INSERT ON notes FOR EACH ROW SET @x = 1",
            "TRIGGER mine",
            "the trigger",
        ),
        ("EVENT mine ON SCHEDULE EVERY 1 DAY DO SELECT 1", "EVENT mine", "the event"),
    ] {
        stage.superuser(&format!("CREATE DEFINER = {app}@'%' {create}")).await;
        let (_, reason) = failed(&stage.delete(&id).await, "user_is_definer");
        assert!(reason.contains(&format!("{named} {}.mine", stage.database)), "{reason}");
        assert_eq!(stage.roles().await, [app.as_str(), kept.as_str()]);
        stage.superuser(&format!("DROP {drop}")).await;
    }
    succeeded(&stage.delete(&id).await);
}

#[tokio::test]
async fn the_table_of_marks_goes_with_the_last_of_them() {
    let stage = Stage::alone().await;
    let databases = "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA";
    let before = stage.rows(databases).await;
    let id = stage.create("IAM_AUTH", &json!([{ "Name": "app", "Grant": "none" }])).await;
    assert_eq!(stage.rows(databases).await.len(), before.len() + 1);
    succeeded(&stage.delete(&id).await);
    assert_eq!(stage.rows(databases).await, before);
}

/// A user that can write there would be master of the server.
#[tokio::test]
async fn no_grant_is_for_a_system_database() {
    let stage = Stage::mysql().await;
    let users = |schema: &str| json!([{ "Name": stage.name("app"), "Grant": "read-write", "Schemas": [schema] }]);
    for schema in ["mysql", "MySQL", "sys", "information_schema", "performance_schema"] {
        let answer = stage.answer(&stage.event("Create", "IAM_AUTH", &users(schema))).await;
        let (_, reason) = failed(&answer, "properties_invalid");
        assert!(reason.contains("Users[0].Schemas[0]: expected a database"), "{reason}");
    }
    for (name, says) in [
        ("x".repeat(33), "at most 32 characters"),
        ("rdsproxyadmin".to_owned(), "neither MySQL nor RDS reserves"),
        ("mysql.sys".to_owned(), "neither MySQL nor RDS reserves"),
        ("app ".to_owned(), "without a space at its end"),
        ("\u{1f511}".to_owned(), "without characters beyond U+FFFF"),
    ] {
        let users = json!([{ "Name": name, "Grant": "none" }]);
        let answer = stage.answer(&stage.event("Create", "IAM_AUTH", &users)).await;
        let (_, reason) = failed(&answer, "properties_invalid");
        assert!(reason.contains(says), "{reason}");
    }
    let mut event = stage.event("Create", "IAM_AUTH", &json!([]));
    event["ResourceProperties"]["Engine"] = json!("mariadb");
    let (_, reason) = failed(&stage.answer(&event).await, "properties_invalid");
    assert!(reason.contains("Engine: expected postgresql or mysql"), "{reason}");
}
