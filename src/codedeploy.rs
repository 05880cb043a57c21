//! `CodeDeploy`'s side of a lifecycle hook: a deployment that waits before it shifts traffic.
//! <https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html#appspec-hooks-lambda>
//!
//! One call, signed and sent with code that exists anyway: the SDK's client for it would be larger
//! than the rest of the gate.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::clock::Clock;
use crate::config::Region;
use crate::https::{SendError, send};
use crate::token::Signer;

/// The operation, in the form of AWS JSON 1.1
/// (<https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>).
const HEADERS: [(&str, &str); 2] = [
    ("content-type", "application/x-amz-json-1.1"),
    ("x-amz-target", "CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus"),
];

/// The error for a verdict that was accepted before: from an attempt whose answer was lost, or from
/// an earlier delivery of the same event.
/// <https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_PutLifecycleEventHookExecutionStatus.html>
const ALREADY: [&str; 1] = ["LifecycleEventAlreadyCompletedException"];

/// A deployment that waits at a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    deployment_id: String,
    execution_id: String,
}

/// The answer to the deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Succeeded,
    /// Roll back.
    Failed,
}

impl Hook {
    /// Reads an event, if it is one of `CodeDeploy`'s.
    pub fn of(event: &Map<String, Value>) -> Option<Self> {
        let text = |key| event.get(key).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            deployment_id: text("DeploymentId")?,
            execution_id: text("LifecycleEventHookExecutionId")?,
        })
    }

    fn body(&self, verdict: Verdict) -> String {
        let status = match verdict {
            Verdict::Succeeded => "Succeeded",
            Verdict::Failed => "Failed",
        };
        json!({
            "deploymentId": self.deployment_id,
            "lifecycleEventHookExecutionId": self.execution_id,
            "status": status,
        })
        .to_string()
    }
}

/// The region's endpoint, and the keys that sign.
#[derive(Clone, Copy, Debug)]
pub struct SigningContext<'a> {
    /// The region of the function and of the deployment.
    pub region: &'a Region,
    /// The function's own keys.
    pub keys: &'a Credentials,
    /// The time that goes into the signature.
    pub clock: &'a Clock,
}

/// Sends the verdict.
///
/// # Errors
/// [`SendError`] if it was not accepted before `until`.
pub async fn report(
    connector: &SharedHttpConnector,
    context: SigningContext<'_>,
    hook: &Hook,
    verdict: Verdict,
    until: Instant,
) -> Result<(), SendError> {
    let body = hook.body(verdict);
    send(connector, until, || signed(context, &body, context.clock.now()), &ALREADY).await
}

/// The call, signed in its headers.
fn signed(
    context: SigningContext<'_>,
    body: &str,
    now: SystemTime,
) -> Result<HttpRequest, SendError> {
    let SigningContext { region, keys, clock: _ } = context;
    let url = format!("https://codedeploy.{region}.{}/", region.dns_suffix());
    let signer = Signer { keys, region: region.as_str(), service: "codedeploy", now };
    let signed = signer.request(("POST", &url), &HEADERS, body);
    signed.map_err(|error| SendError::Malformed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::parse_rfc3339;

    /// Signed by botocore 1.44.5 (`SigV4Auth`) for the same keys, body and moment.
    const SIGNED: &str = "AWS4-HMAC-SHA256 \
        Credential=AKIAIOSFODNN7EXAMPLE/20261121/eu-west-1/codedeploy/aws4_request, \
        SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, \
        Signature=8eeb2d3633d26b9ac864ad7cee92dd994e8dfb95c86b4d1a93be2e83e3beaf11";

    #[test]
    fn a_call_is_signed_as_botocore_signs_it() {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let token = Some("session-token".to_owned());
        let keys = Credentials::new("AKIAIOSFODNN7EXAMPLE", secret, token, None, "test");
        let now = parse_rfc3339("2026-11-21T12:00:00Z").unwrap();
        let clock = Clock::new(move || now);
        let region = Region::parse("eu-west-1").unwrap();
        let context = SigningContext { region: &region, keys: &keys, clock: &clock };
        // botocore keeps the order in which the test gave it the keys.
        let body =
            r#"{"deploymentId":"d-1","lifecycleEventHookExecutionId":"x-1","status":"Succeeded"}"#;
        let hook = Hook { deployment_id: "d-1".to_owned(), execution_id: "x-1".to_owned() };
        assert_eq!(hook.body(Verdict::Succeeded), body);
        let request = signed(context, body, now).unwrap();
        assert_eq!(request.uri(), "https://codedeploy.eu-west-1.amazonaws.com/");
        assert_eq!(request.headers().get("authorization"), Some(SIGNED));
    }
}
