//! The gate as its real binary, in a network of its own: there the names of CloudFormation's bucket
//! and of `CodeDeploy` lead to a stand-in, and its authority is the machine's.
//!
//! The binary has no switch for that. The SDK's connector trusts the roots of the machine, which
//! `SSL_CERT_FILE` names, as it does for OpenSSL.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::gate::request;
use crate::support::aws::{Answer, Asked, serve};
use crate::support::namespace::{in_its_own_network, lead_here};
use crate::support::peer::{Issued, Peer};
use crate::support::runtime_api::Running;
use crate::support::{Vars, emulator};

const BUCKET: &str = "cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com";
const CODEDEPLOY: &str = "codedeploy.us-east-1.amazonaws.com";

/// The stand-in at port 443, to which both names lead.
struct Outside {
    asked: Arc<Mutex<Vec<Asked>>>,
    ca_file: tempfile::NamedTempFile,
    _peer: Peer,
}

impl Outside {
    async fn start() -> Self {
        lead_here(&[BUCKET, CODEDEPLOY]);
        let issued = Issued::new(|leaf| {
            let names = [BUCKET, CODEDEPLOY].map(|name| name.try_into().unwrap());
            leaf.subject_alt_names = names.map(rcgen::SanType::DnsName).to_vec();
        });
        let ca_file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(ca_file.path(), &issued.ca_pem).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, acceptor) = (Arc::clone(&asked), issued.acceptor());
        let peer = Peer::start_at("127.0.0.1:443", move |stream| {
            let (kept, acceptor) = (Arc::clone(&kept), acceptor.clone());
            async move {
                let stream = acceptor.accept(stream).await.unwrap();
                serve(stream, kept, |_| Answer::Reply(200, "text/plain", String::new())).await;
            }
        })
        .await;
        Self { asked, ca_file, _peer: peer }
    }

    /// What it is told by a function that is given this event.
    async fn told(&self, vars: &Vars, event: &Value) -> Asked {
        let vars = vars.clone().with("SSL_CERT_FILE", self.ca_file.path().display());
        let mut function = Running::start(&vars).await;
        function.invoke(event.to_string().as_bytes()).await.report();
        let output = function.stop().await;
        assert!(!output.stdout.contains("canary"), "{}", output.stdout);
        let mut asked = std::mem::take(&mut *self.asked.lock().unwrap());
        assert_eq!(asked.len(), 1, "{asked:#?}");
        asked.remove(0)
    }
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
        let (outside, emulator) = (Outside::start().await, emulator().await);
        let healthy = Vars::of(&emulator);
        let broken = healthy.clone().with("DB_NAME", "nowhere");

        let asked = outside.told(&healthy, &stack()).await;
        assert_eq!((asked.method.as_str(), &asked.content_type), ("PUT", &None));
        assert_eq!(asked.operation, "/Gate?Signature=canary-signature");
        let said = body(&asked);
        assert_eq!(
            (&said["Status"], &said["Data"]["Status"]),
            (&json!("SUCCESS"), &json!("healthy"))
        );

        let said = body(&outside.told(&broken, &stack()).await);
        let reason = said["Reason"].as_str().unwrap();
        assert_eq!(said["Status"], "FAILED");
        assert!(reason.starts_with("database_not_found: "), "{reason}");
        assert!(reason.contains("CREATE DATABASE"), "{reason}");

        let hook = json!({ "DeploymentId": "d-1", "LifecycleEventHookExecutionId": "hook-1" });
        for (vars, status) in [(&healthy, "Succeeded"), (&broken, "Failed")] {
            let asked = outside.told(vars, &hook).await;
            assert_eq!(asked.operation, "PutLifecycleEventHookExecutionStatus");
            assert_eq!(body(&asked)["status"], status);
        }
    });
}
