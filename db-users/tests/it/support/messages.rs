//! What CloudFormation sends, and what it is answered.

use serde_json::{Value, json};
use testkit::response_host::ResponseHost;

pub(crate) const BUCKET: &str = "cloudformation-custom-resource-response-useast1.s3.amazonaws.com";
pub(super) const STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/app";
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:";

/// What CloudFormation got, each time by the PUT that the URL was presigned for.
pub(crate) fn answers(host: &ResponseHost) -> Vec<Value> {
    for asked in host.asked() {
        assert_eq!(asked.method, "PUT");
        assert_eq!(asked.content_type, None, "a presigned PUT covers none");
    }
    host.answers()
}

/// The ARN of the secret of this name.
pub(crate) fn secret_arn(name: &str) -> String {
    format!("{SECRET}{name}-AbCdEf")
}

/// What CloudFormation sends.
pub(crate) fn event(kind: &str, properties: &Value) -> Value {
    json!({
        "RequestType": kind,
        "ResponseURL": format!("https://{BUCKET}/answer?X-Amz-Signature=canary-signature"),
        "StackId": format!("{STACK}/0"),
        "RequestId": "request",
        "ResourceType": "Custom::DatabaseUsers",
        "LogicalResourceId": "DatabaseUsers",
        "ResourceProperties": properties,
    })
}

/// The physical id of a success.
#[track_caller]
pub(crate) fn succeeded(answer: &Value) -> String {
    assert_eq!(answer["Status"], "SUCCESS", "{answer:#}");
    answer["PhysicalResourceId"].as_str().unwrap().to_owned()
}

/// The physical id and the reason of a failure with this code.
#[track_caller]
pub(crate) fn failed(answer: &Value, code: &str) -> (String, String) {
    assert_eq!(answer["Status"], "FAILED", "{answer:#}");
    let reason = answer["Reason"].as_str().unwrap();
    assert!(reason.starts_with(&format!("{code}: ")), "{reason}");
    (answer["PhysicalResourceId"].as_str().unwrap().to_owned(), reason.to_owned())
}
