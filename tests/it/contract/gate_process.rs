//! The gate as its real binary, in a separate network: there the names of CloudFormation's bucket
//! and of `CodeDeploy` lead to a stand-in, and its authority is the machine's.
//!
//! The binary has no switch for that. The SDK's connector trusts the roots of the machine, which
//! `SSL_CERT_FILE` names, as it does for OpenSSL.

use serde_json::{Value, json};

use super::gate::request;
use crate::support::aws::Asked;
use crate::support::namespace::in_its_own_network;
use crate::support::response_host::ResponseHost;
use crate::support::{Engine, Vars, emulator, running};

const BUCKET: &str = "cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com";
const CODEDEPLOY: &str = "codedeploy.us-east-1.amazonaws.com";

/// What the stand-in gets from a function with this event.
async fn told(host: &ResponseHost, vars: &Vars, event: &Value) -> Asked {
    let before = host.asked().len();
    let vars = vars.clone().with("SSL_CERT_FILE", host.ca_file());
    let mut function = running(&vars).await;
    function.invoke(event.to_string().as_bytes()).await.report();
    let output = function.stop().await;
    assert!(!output.stdout.contains("canary"), "{}", output.stdout);
    let mut asked = host.asked().split_off(before);
    assert_eq!(asked.len(), 1, "{asked:#?}");
    asked.remove(0)
}

fn stack() -> Value {
    let mut event = request("Create");
    event["ResponseURL"] = json!(format!("https://{BUCKET}/Gate?Signature=canary-signature"));
    event
}

fn body(asked: &Asked) -> Value {
    serde_json::from_str(&asked.body).unwrap()
}

#[test]
fn a_stack_and_a_deployment_are_told() {
    let test = "contract::gate_process::a_stack_and_a_deployment_are_told";
    in_its_own_network(test, async {
        let (host, emulator) =
            (ResponseHost::of(&[BUCKET, CODEDEPLOY]).await, emulator(Engine::PostgreSql).await);
        let healthy = Vars::of(&emulator);
        let broken = healthy.clone().with("DB_NAME", "nowhere");

        let asked = told(&host, &healthy, &stack()).await;
        assert_eq!((asked.method.as_str(), &asked.content_type), ("PUT", &None));
        assert_eq!(asked.operation, "/Gate?Signature=canary-signature");
        let said = body(&asked);
        assert_eq!(
            (&said["Status"], &said["Data"]["Status"]),
            (&json!("SUCCESS"), &json!("healthy"))
        );

        let said = body(&told(&host, &broken, &stack()).await);
        let reason = said["Reason"].as_str().unwrap();
        assert_eq!(said["Status"], "FAILED");
        assert!(reason.starts_with("database_not_found: "), "{reason}");
        assert!(reason.contains("CREATE DATABASE"), "{reason}");

        let hook = json!({ "DeploymentId": "d-1", "LifecycleEventHookExecutionId": "hook-1" });
        for (vars, status) in [(&healthy, "Succeeded"), (&broken, "Failed")] {
            let asked = told(&host, vars, &hook).await;
            assert_eq!(asked.operation, "PutLifecycleEventHookExecutionStatus");
            assert_eq!(body(&asked)["status"], status);
        }
    });
}
