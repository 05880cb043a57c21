//! What Terraform's `aws_lambda_invocation` asks for, and gets.

use serde_json::{Value, json};

use crate::support::{Stage, handle};

/// A resource's input, as its configuration has it.
fn input(stage: &Stage, name: &str, users: &Value) -> Value {
    let mut properties = stage.properties("IAM_AUTH", users);
    properties.as_object_mut().unwrap().remove("ServiceToken");
    json!({ "Name": name, "Properties": properties })
}

/// The event that Terraform makes of it.
fn event(action: &str, input: &Value, before: &Value) -> Value {
    let mut event = input.clone();
    event["tf"] = json!({ "action": action, "prev_input": before });
    event
}

/// What was done, or why it was not.
async fn invoke(stage: &Stage, event: &Value) -> Result<String, String> {
    let handled = stage.handle(event).await;
    let answer = handled.result.map_err(|error| error.to_string())?;
    Ok(answer["Done"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_resource_is_created_updated_and_deleted() {
    for stage in Stage::both().await {
        let (app, other) = (stage.name("app"), stage.name("other"));
        let first = input(&stage, "orders", &json!([{ "Name": app, "Grant": "read-only" }]));
        let create = event("create", &first, &Value::Null);
        // Terraform tries again what it got no answer to.
        for _ in 0..2 {
            let done = invoke(&stage, &create).await.unwrap();
            assert!(done.starts_with("1 user(s) in "), "{done}");
        }
        assert_eq!(stage.roles().await, [app.as_str()]);
        assert_eq!(stage.attempt(&app, "SELECT * FROM notes").await, Ok(()));

        let second = input(&stage, "orders", &json!([{ "Name": other, "Grant": "connect" }]));
        invoke(&stage, &event("update", &second, &first)).await.unwrap();
        assert_eq!(stage.roles().await, [other.as_str()]);

        invoke(&stage, &event("delete", &second, &second)).await.unwrap();
        assert!(stage.roles().await.is_empty());
        invoke(&stage, &event("delete", &second, &second)).await.unwrap();
    }
}

#[tokio::test]
async fn a_create_that_fails_leaves_nothing_and_a_failed_update_what_was_there() {
    for stage in Stage::both().await {
        let (app, taken) = (stage.name("app"), stage.name("taken"));
        let others = input(&stage, "theirs", &json!([{ "Name": taken, "Grant": "none" }]));
        invoke(&stage, &event("create", &others, &Value::Null)).await.unwrap();

        let both = json!([{ "Name": app, "Grant": "none" }, { "Name": taken, "Grant": "none" }]);
        let wanted = input(&stage, "ours", &both);
        let reason = invoke(&stage, &event("create", &wanted, &Value::Null)).await.unwrap_err();
        assert!(reason.starts_with("request_failed: user_exists: "), "{reason}");
        assert!(reason.contains("theirs"), "{reason}");
        assert_eq!(stage.roles().await, [taken.as_str()]);

        let first = input(&stage, "ours", &json!([{ "Name": app, "Grant": "none" }]));
        invoke(&stage, &event("create", &first, &Value::Null)).await.unwrap();
        invoke(&stage, &event("update", &wanted, &first)).await.unwrap_err();
        assert_eq!(stage.roles().await, [app.as_str(), taken.as_str()]);
        // Its state has the input that failed, whatever comes next.
        invoke(&stage, &event("delete", &wanted, &wanted)).await.unwrap();
        assert_eq!(stage.roles().await, [taken.as_str()]);
    }
}

#[tokio::test]
async fn users_do_not_move_to_another_database_or_resource() {
    let stage = Stage::new().await;
    let first = input(&stage, "orders", &json!([]));
    let mut moved = first.clone();
    moved["Properties"]["Database"] = json!("other");
    let reason = invoke(&stage, &event("update", &moved, &first)).await.unwrap_err();
    assert!(reason.starts_with("request_failed: database_changed: "), "{reason}");
    let renamed = input(&stage, "billing", &json!([]));
    let reason = invoke(&stage, &event("update", &renamed, &first)).await.unwrap_err();
    assert!(reason.starts_with("request_invalid: Name was \"orders\""), "{reason}");
}

#[tokio::test]
async fn a_function_of_listed_stacks_serves_terraform_not() {
    let stage = Stage::new().await;
    let mut vars = stage.vars();
    vars.insert("STACK_NAMES".to_owned(), "app".to_owned());
    let create = event("create", &input(&stage, "orders", &json!([])), &Value::Null);
    let handled = handle(vars, &stage.host, &create).await;
    let error = handled.result.unwrap_err();
    assert!(error.reason.starts_with("stack_not_served: "), "{error}");
    assert!(handled.lines[0].contains("stack_not_served"), "{:?}", handled.lines);
}
