//! What goes wrong, what CloudFormation gets, and that nothing is left behind.

use std::time::SystemTime;

use db_users::{Handler, Invocation};
use rds_proxy_emulator::Backend;
use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::config::Engine;
use serde_json::{Value, json};
use testkit::aws::Answer;
use testkit::response_host::ResponseHost;

use crate::support::{
    FUNCTION_ARN, SUPERUSER, Stage, Vars, answers, connector, emulator, event, failed, handle,
    handle_within, run, succeeded, vars_of,
};

/// A database that is not there: nothing listens on the port, which was free a moment ago.
async fn dead() -> (Vars, ResponseHost) {
    let gone = emulator(|options| {
        options.backend = Backend::Absent;
        options.iam_users = vec!["app".to_owned()];
    })
    .await;
    let mut vars = vars_of(&gone);
    gone.stop().await;
    // It went with the emulator.
    vars.remove("DB_CA_FILE");
    (vars, ResponseHost::start().await)
}

fn users(name: &str) -> Value {
    json!({
        "ServiceToken": "arn", "Database": "app", "Scheme": "IAM_AUTH",
        "Users": [{ "Name": name, "Grant": "connect" }],
    })
}

#[tokio::test]
async fn a_create_that_fails_half_way_leaves_nothing() {
    for stage in Stage::both().await {
        let users = json!([
            { "Name": stage.name("app"), "Grant": "read-only" },
            { "Name": stage.name("lost"), "Grant": "read-only", "Schemas": ["nowhere"] },
        ]);
        let answer = stage.answer(&stage.event("Create", "IAM_AUTH", &users)).await;
        let (code, says) = match stage.engine() {
            Engine::PostgreSql => ("statement_refused", "\"nowhere\" does not exist (3F000)"),
            Engine::MySql => ("schema_not_found", "The schema \"nowhere\" does not exist"),
        };
        let (id, reason) = failed(&answer, code);
        assert!(reason.contains(says), "{reason}");
        assert!(stage.roles().await.is_empty());
        succeeded(&stage.delete(&id).await);
    }
}

#[tokio::test]
async fn a_user_that_was_there_before_is_left_alone() {
    for stage in Stage::both().await {
        let theirs = stage.name("theirs");
        stage.superuser(&format!("CREATE USER {theirs}")).await;
        for name in [theirs.as_str(), stage.master.as_str(), SUPERUSER] {
            let users = json!([
                { "Name": stage.name("app"), "Grant": "none" }, { "Name": name, "Grant": "none" },
            ]);
            let answer = stage.answer(&stage.event("Create", "IAM_AUTH", &users)).await;
            let (id, reason) = failed(&answer, "user_exists");
            assert!(reason.contains(&format!("{name:?}")), "{reason}");
            succeeded(&stage.delete(&id).await);
            assert_eq!(stage.roles().await, [theirs.as_str()]);
        }
    }
}

#[tokio::test]
async fn a_user_of_another_resource_is_left_alone_and_its_owner_named() {
    for stage in Stage::both().await {
        let users = json!([{ "Name": stage.name("app"), "Grant": "none" }]);
        stage.create("IAM_AUTH", &users).await;
        let mut event = stage.event("Create", "IAM_AUTH", &users);
        event["LogicalResourceId"] = json!("OtherUsers");
        let (_, reason) = failed(&stage.answer(&event).await, "user_exists");
        assert!(
            reason.contains("was made by DatabaseUsers of arn:aws:cloudformation:"),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn users_do_not_move_to_another_database() {
    for stage in Stage::both().await {
        let users = json!([{ "Name": stage.name("app"), "Grant": "none" }]);
        let id = stage.create("IAM_AUTH", &users).await;
        let mut event = stage.event("Update", "IAM_AUTH", &users);
        event["PhysicalResourceId"] = json!(id);
        event["OldResourceProperties"] = event["ResourceProperties"].clone();
        for (key, value) in [("Database", "elsewhere"), ("Engine", stage.engine().other().as_str())]
        {
            let mut event = event.clone();
            event["ResourceProperties"][key] = json!(value);
            let (failed_id, reason) = failed(&stage.answer(&event).await, "database_changed");
            assert_eq!(failed_id, id);
            assert!(reason.contains(&format!("{}'s database", stage.engine())), "{reason}");
        }
    }
}

/// On the paused clock, since it tries again for as long as it may.
#[tokio::test(start_paused = true)]
async fn with_a_dead_database_only_what_made_nothing_is_deleted() {
    let (vars, host) = dead().await;
    let create = handle(vars.clone(), &host, &event("Create", &users("app"))).await;
    assert_eq!(create.result, Ok(Value::Null));
    let (id, reason) = failed(&answers(&host)[0], "tcp_refused");
    assert!(reason.len() > 100, "{reason}");
    assert_eq!(id, "nothing-made/DatabaseUsers");

    // The last is one that CloudFormation chose itself, since its create was never answered.
    for (id, is_done) in [
        ("nothing-made/DatabaseUsers", true),
        ("database-users/DatabaseUsers", false),
        ("app-DatabaseUsers-1ABCDEFGHIJKL", false),
    ] {
        let mut delete = event("Delete", &users("app"));
        delete["PhysicalResourceId"] = json!(id);
        assert_eq!(handle(vars.clone(), &host, &delete).await.result, Ok(Value::Null));
        let answer = answers(&host).pop().unwrap();
        assert_eq!(answer["PhysicalResourceId"], id);
        if is_done {
            succeeded(&answer);
        } else {
            failed(&answer, "tcp_refused");
        }
    }
}

/// On the paused clock: the emulator and the response host are on this runtime.
#[tokio::test(start_paused = true)]
async fn a_database_that_stalls_is_answered_for_before_the_function_ends() {
    for (fault, code) in [
        (Some("stall-at-query"), "query_timeout"),
        (Some("stall-at-password"), "auth_timeout"),
        (Some("stall-at-ssl"), "tls_timeout"),
        (None, "borrow_timeout"),
    ] {
        let emulator = emulator(|options| {
            options.backend = Backend::Absent;
            options.iam_users = vec!["app".to_owned()];
            options.fault = fault.map(|fault| fault.parse().unwrap());
        })
        .await;
        let host = ResponseHost::start().await;
        let vars = vars_of(&emulator);
        let handled = handle_within(60, vars, &host, &event("Create", &users("user"))).await;
        assert_eq!(handled.result, Ok(Value::Null), "{fault:?}");
        let (id, _) = failed(&answers(&host)[0], code);
        assert_eq!(id, "nothing-made/DatabaseUsers");
    }
}

#[tokio::test]
async fn a_change_that_waits_for_another_is_answered_for_before_the_function_ends() {
    // MySQL's users are the server's, and so is the turn: other tests would wait for it too.
    for stage in [Stage::new().await, Stage::alone().await] {
        let lock = match stage.engine() {
            Engine::PostgreSql => {
                "BEGIN; SELECT pg_advisory_xact_lock(x'64622d7573657273'::bigint)"
            }
            Engine::MySql => "SELECT GET_LOCK('db-users', 0)",
        };
        let mut other = stage.sign_in(&stage.master).await;
        run(&mut other, lock).await.unwrap();
        let users = json!([{ "Name": stage.name("app"), "Grant": "none" }]);
        let event = stage.event("Create", "IAM_AUTH", &users);
        let handled = handle_within(8, stage.vars(), &stage.host, &event).await;
        assert_eq!(handled.result, Ok(Value::Null));
        let (id, reason) = failed(&answers(&stage.host)[0], "statement_timeout");
        assert!(reason.contains("while waiting for another change of users to end"), "{reason}");
        assert_eq!(id, "nothing-made/DatabaseUsers");
        assert!(stage.roles().await.is_empty());
        drop(other);
        stage.create("IAM_AUTH", &users).await;
    }
}

/// A connection that is cut at each statement in turn, the commit among them.
#[tokio::test]
async fn however_far_it_came_the_delete_that_follows_leaves_nothing() {
    let stage = Stage::new().await;
    let users = json!([{ "Name": stage.name("app"), "Grant": "connect" }]);
    let mut ids = Vec::new();
    // The first query of a session is also the one that asks for its health.
    for number in 2.. {
        let cut = emulator(|options| {
            options.iam_users = vec![stage.master.clone()];
            options.fault = Some(format!("close-at-query:{number}").parse().unwrap());
        })
        .await;
        let mut vars = vars_of(&cut);
        vars.insert("DB_USER".to_owned(), stage.master.clone());
        let event = stage.event("Create", "IAM_AUTH", &users);
        handle(vars, &stage.host, &event).await.result.unwrap();
        let answer = answers(&stage.host).pop().unwrap();
        if answer["Status"] == "SUCCESS" {
            break;
        }
        let (id, _) = failed(&answer, "connection_lost");
        succeeded(&stage.delete(&id).await);
        assert!(stage.roles().await.is_empty(), "{number}");
        ids.push(id);
    }
    // Only the commit's fate is unknown.
    let last = ids.pop().unwrap();
    assert_eq!(last, "database-users/DatabaseUsers");
    assert!(ids.len() > 5 && ids.iter().all(|id| id == "nothing-made/DatabaseUsers"), "{ids:?}");
}

#[tokio::test]
async fn a_proxy_that_is_not_ready_yet_is_waited_for() {
    let stage = Stage::new().await;
    let late = emulator(|options| {
        options.iam_users = vec![stage.master.clone()];
        options.fault = Some("close-at-startup:1".parse().unwrap());
    })
    .await;
    let mut vars = vars_of(&late);
    vars.insert("DB_USER".to_owned(), stage.master.clone());
    let users = json!([{ "Name": stage.name("app"), "Grant": "connect" }]);
    let event = stage.event("Create", "IAM_AUTH", &users);
    handle(vars, &stage.host, &event).await.result.unwrap();
    succeeded(&answers(&stage.host)[0]);
}

#[tokio::test]
async fn a_master_that_is_read_only_by_default_writes_all_the_same() {
    let stage = Stage::new().await;
    let setting = "SET default_transaction_read_only = on";
    stage.superuser(&format!("ALTER ROLE {} {setting}", stage.master)).await;
    let users = json!([{ "Name": stage.name("app"), "Grant": "none" }]);
    stage.create("IAM_AUTH", &users).await;
}

#[tokio::test]
async fn nonsense_is_answered_with_all_that_is_wrong() {
    let (vars, host) = dead().await;
    let properties = json!({
        "ServiceToken": "arn", "Database": "", "Scheme": "iam", "User": [],
        "Users": [
            { "Name": "pg_intruder", "Grant": "all" },
            { "Name": "a", "Grant": "none", "Schemas": ["public"], "Rights": "x" },
            "b",
            { "Name": "x".repeat(64), "Grant": "read-only", "Schemas": [] },
        ],
    });
    handle(vars, &host, &event("Create", &properties)).await.result.unwrap();
    let (id, reason) = failed(&answers(&host)[0], "properties_invalid");
    assert_eq!(id, "nothing-made/DatabaseUsers");
    insta::assert_snapshot!(reason, @"properties_invalid: The properties are invalid: User: expected one of ServiceToken, ServiceTimeout, Version, Engine, Database, Scheme, Users; Database: expected a name that is not empty; Scheme: expected SECRETS or IAM_AUTH; Users[0].Name: expected a name that neither PostgreSQL nor RDS reserves; Users[0].Grant: expected none, connect, read-only or read-write; Users[1].Rights: expected one of Name, Grant, Schemas, SecretArn; Users[1].Schemas: expected nothing, since the grant has no schemas; Users[2]: expected an object; Users[3].Name: expected at most 63 bytes, as PostgreSQL's names are; it has 64; Users[3].Schemas: expected at least one schema. Correct them.");
}

#[tokio::test]
async fn a_request_that_is_cut_off_is_answered_as_long_as_it_says_where() {
    let stage = Stage::new().await;
    let whole = stage.event("Create", "IAM_AUTH", &json!([]));
    let mut cut = whole.clone();
    cut.as_object_mut().unwrap().remove("RequestType");
    let (id, _) = failed(&stage.answer(&cut).await, "request_invalid");
    assert_eq!(id, "nothing-made/DatabaseUsers");
    for missing in ["ResponseURL", "StackId", "RequestId", "LogicalResourceId"] {
        let mut cut = whole.clone();
        cut.as_object_mut().unwrap().remove(missing);
        let handled = stage.handle(&cut).await;
        assert_eq!(handled.result.unwrap_err().code, "request_invalid", "{missing}");
    }
    for event in [json!([]), json!("Create"), json!(null), json!({})] {
        assert_eq!(stage.handle(&event).await.result.unwrap_err().code, "request_invalid");
    }
    assert_eq!(answers(&stage.host).len(), 1);
}

#[tokio::test]
async fn nothing_is_done_for_and_nothing_sent_to_a_foreign_host() {
    let stage = Stage::new().await;
    let users = json!([{ "Name": stage.name("app"), "Grant": "none" }]);
    for url in [
        "https://example.com/answer",
        "http://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/answer",
        "https://cloudformation-custom-resource-response-uswest2.s3.amazonaws.com/answer",
        "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com@example.com/",
    ] {
        let mut event = stage.event("Create", "IAM_AUTH", &users);
        event["ResponseURL"] = json!(url);
        let handled = stage.handle(&event).await;
        assert_eq!(handled.result.unwrap_err().code, "request_invalid", "{url}");
        assert_eq!(handled.lines.len(), 1);
    }
    assert!(answers(&stage.host).is_empty() && stage.roles().await.is_empty());
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_a_function_error_without_the_address() {
    let stage = Stage::new().await;
    let host = ResponseHost::answering(|_| Answer::xml(403, String::new())).await;
    let users = json!([{ "Name": stage.name("app"), "Grant": "none" }]);
    let event = stage.event("Create", "IAM_AUTH", &users);
    let handled = handle(stage.vars(), &host, &event).await;
    let shown = format!("{handled:?}");
    assert_eq!(handled.result.unwrap_err().code, "answer_not_taken");
    assert!(!shown.contains("canary"), "{shown}");
    // If it is asked for once more, what was done is done once.
    stage.create("IAM_AUTH", &users).await;
}

#[tokio::test]
async fn a_panic_is_answered_too() {
    let host = ResponseHost::start().await;
    let panics = |name: &str| match name {
        "AWS_REGION" => Some("us-east-1".to_owned()),
        "DB_HOST" => panic!("canary-of-a-panic"),
        _ => None,
    };
    let handler = Handler::new(panics, Clock::new(SystemTime::now), connector(&host));
    let invocation = Invocation { function: FUNCTION_ARN.to_owned(), ends: None };
    let handled = handler.handle(&event("Create", &users("app")), &invocation).await;
    let (id, reason) = failed(&answers(&host)[0], "panicked");
    // How far it came is unknown.
    assert_eq!(id, "database-users/DatabaseUsers");
    assert!(!format!("{handled:?}{reason}").contains("canary"));
}

#[tokio::test]
async fn a_bad_environment_is_answered_with_its_problems() {
    let (mut vars, host) = dead().await;
    vars.insert("DB_PORT".to_owned(), "none".to_owned());
    handle(vars, &host, &event("Create", &users("app"))).await.result.unwrap();
    let (_, reason) = failed(&answers(&host)[0], "config_invalid");
    assert!(reason.contains("DB_PORT"), "{reason}");
}
