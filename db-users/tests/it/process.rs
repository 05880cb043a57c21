//! The built binary, as Lambda starts it.

use serde_json::{Value, json};
use testkit::namespace::in_its_own_network;
use testkit::response_host::ResponseHost;

use crate::support::{BUCKET, Stage, Vars, answers, event, failed, running, succeeded};

#[tokio::test]
async fn what_cannot_be_answered_is_a_function_error_and_a_log_line() {
    let region = ("AWS_REGION".to_owned(), "us-east-1".to_owned());
    let mut function = running(&Vars::from([region])).await;
    let mut foreign = event("Create", &json!({}));
    foreign["ResponseURL"] = json!("https://example.com/canary-path");
    for _ in 0..2 {
        let error = function.invoke(foreign.to_string().as_bytes()).await.error();
        assert_eq!(error["errorType"], "request_invalid");
    }
    let whole = event("Create", &json!({ "Password": "canary-password" })).to_string();
    let error = function.invoke(&whole.as_bytes()[..whole.len() / 2]).await.error();
    assert!(!error.to_string().contains("canary"), "{error}");

    let lines = function.stop().await.json_lines();
    let levels: Vec<&str> = lines.iter().map(|line| line["level"].as_str().unwrap()).collect();
    assert!(levels.iter().all(|level| *level == "ERROR"), "{lines:#?}");
    assert!(!format!("{lines:?}").contains("canary"), "{lines:#?}");
}

/// The binary has no switch for it: the SDK's connector trusts the roots that `SSL_CERT_FILE`
/// names, as OpenSSL does.
#[test]
fn cloudformation_is_told_by_the_binary() {
    in_its_own_network("process::cloudformation_is_told_by_the_binary", async {
        let (stage, host) = (Stage::new().await, ResponseHost::of(&[BUCKET]).await);
        let mut vars = stage.vars();
        vars.insert("SSL_CERT_FILE".to_owned(), host.ca_file().to_string());
        let mut function = running(&vars).await;
        let mut told = async |event: &Value| {
            function.invoke(event.to_string().as_bytes()).await.report();
            answers(&host).pop().unwrap()
        };

        let app = stage.name("app");
        let users = json!([{ "Name": app, "Grant": "connect" }]);
        let create = stage.event("Create", "IAM_AUTH", &users);
        let id = succeeded(&told(&create).await);
        assert_eq!(stage.roles().await, [app]);

        let mut theirs = create.clone();
        theirs["LogicalResourceId"] = json!("OtherUsers");
        let (_, reason) = failed(&told(&theirs).await, "user_exists");
        assert!(reason.contains(&stage.name("app")), "{reason}");

        let mut delete = create;
        delete["RequestType"] = json!("Delete");
        delete["PhysicalResourceId"] = json!(id);
        assert_eq!(succeeded(&told(&delete).await), id);
        assert!(stage.roles().await.is_empty());
        assert_eq!(answers(&host).len(), 3);
    });
}

#[tokio::test]
async fn started_by_hand_the_binary_says_in_one_plain_line_what_it_is() {
    let version = concat!("db-users ", env!("CARGO_PKG_VERSION"));
    let line = format!(
        "{version}: an AWS Lambda function that makes, changes and drops database users for CloudFormation and Terraform. Deploy it for a stack's Custom::DatabaseUsers or Terraform's module: see \
         docs/deploy.md.\n"
    );
    let version = format!("{version}\n");
    for (argument, expected) in [
        (None, (Some(2), "", &*line)),
        (Some("--help"), (Some(0), &*line, "")),
        (Some("--version"), (Some(0), &*version, "")),
    ] {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_db-users"));
        let output = command.env_clear().args(argument).output().await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        assert_eq!((output.status.code(), &*stdout, &*stderr), expected);
    }
}
