//! Which stacks the function serves.

use serde_json::json;

use crate::support::{Stage, answers, failed, handle, succeeded};

#[tokio::test]
async fn a_stack_of_another_account_or_region_gets_nothing() {
    let stage = Stage::new().await;
    let users = json!([{ "Name": stage.name("app"), "Grant": "none" }]);
    for stack in [
        "arn:aws:cloudformation:us-east-1:210987654321:stack/app/1",
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/app/1",
        "stack",
    ] {
        let mut event = stage.event("Create", "IAM_AUTH", &users);
        event["StackId"] = json!(stack);
        let (id, reason) = failed(&stage.answer(&event).await, "stack_not_served");
        assert!(reason.contains(stack), "{reason}");
        // CloudFormation deletes what it could not create.
        event["RequestType"] = json!("Delete");
        event["PhysicalResourceId"] = json!(id);
        succeeded(&stage.answer(&event).await);
        event["PhysicalResourceId"] = json!("database-users/DatabaseUsers");
        failed(&stage.answer(&event).await, "stack_not_served");
    }
    assert!(stage.roles().await.is_empty());
}

#[tokio::test]
async fn where_stacks_are_listed_no_other_is_served() {
    let stage = Stage::new().await;
    let users = json!([{ "Name": stage.name("app"), "Grant": "none" }]);
    let event = stage.event("Create", "IAM_AUTH", &users);
    for (names, served) in [("other,demo-*", false), ("other, app", true)] {
        let mut vars = stage.vars();
        vars.insert("STACK_NAMES".to_owned(), names.to_owned());
        handle(vars, &stage.host, &event).await.result.unwrap();
        let answer = answers(&stage.host).pop().unwrap();
        if served {
            succeeded(&answer);
        } else {
            failed(&answer, "stack_not_served");
        }
    }
}
