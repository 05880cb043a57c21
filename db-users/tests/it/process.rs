//! The built binary, as Lambda starts it.

use serde_json::json;

use crate::support::event;
use crate::support::runtime_api::Running;

#[tokio::test]
async fn what_cannot_be_answered_is_a_function_error_and_a_log_line() {
    let mut function = Running::start().await;
    let mut foreign = event("Create", &json!({}));
    foreign["ResponseURL"] = json!("https://example.com/canary-path");
    for _ in 0..2 {
        let (path, error) = function.invoke(foreign.to_string().as_bytes()).await;
        assert!(path.ends_with("/error"), "{path}");
        assert_eq!(error["errorType"], "request_invalid");
    }
    let whole = event("Create", &json!({ "Password": "canary-password" })).to_string();
    let (path, error) = function.invoke(&whole.as_bytes()[..whole.len() / 2]).await;
    assert!(path.ends_with("/error") && !error.to_string().contains("canary"), "{error}");

    let lines = function.stop().await;
    let levels: Vec<&str> = lines.iter().map(|line| line["level"].as_str().unwrap()).collect();
    assert!(levels.iter().all(|level| *level == "ERROR"), "{lines:#?}");
    assert!(!format!("{lines:?}").contains("canary"), "{lines:#?}");
}

#[tokio::test]
async fn without_a_runtime_the_binary_says_what_it_is() {
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_db-users"))
        .env_clear()
        .output()
        .await
        .unwrap();
    assert!(!output.status.success());
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line["level"], "FATAL");
    assert!(line["message"].as_str().unwrap().contains("CloudFormation"), "{line}");
}
