//! A service's error, as the function's library reads those of the SDK.

use std::fmt;

use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::Value;

use super::answer::Node;

/// Codes of an answer that says to ask again later.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
const THROTTLED: [&str; 8] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "TooManyRequestsException",
    "PriorRequestNotComplete",
    "SlowDown",
];

/// Codes for what does not exist.
const ABSENT: [&str; 12] = [
    "ResourceNotFoundException",
    "NoSuchEntity",
    "NotFoundException",
    "DBProxyNotFoundFault",
    "DBProxyNotFound",
    "DBClusterNotFoundFault",
    "DBInstanceNotFound",
    "DBInstanceNotFoundFault",
    "InvalidGroup.NotFound",
    "InvalidSubnetID.NotFound",
    "InvalidVpcID.NotFound",
    "InvalidSecurityGroupID.NotFound",
];

/// A service's error.
#[derive(Debug)]
pub(super) struct Refused(ErrorMetadata);

impl Refused {
    /// Reads the body of an answer that is an error: XML in two forms, or JSON with its type in the
    /// body or a header.
    pub(super) fn read(body: &str, type_header: Option<&str>) -> Self {
        let (mut code, mut message) = (None, None);
        if let Ok(json) = serde_json::from_str::<Value>(body) {
            let text = |key: &str| json.get(key).and_then(Value::as_str).map(str::to_owned);
            code = text("__type").or_else(|| text("code"));
            message = text("message").or_else(|| text("Message"));
        } else {
            Node::read(body, |root| {
                let error = root.find("Error");
                code = error.and_then(|error| error.text("Code")).map(str::to_owned);
                message = error.and_then(|error| error.text("Message")).map(str::to_owned);
            });
        }
        // "com.amazonaws.kms#NotFoundException" and "Name:http://…" both hold a name.
        let bare = |code: &str| {
            let code = code.rsplit('#').next().unwrap_or(code);
            code.split(':').next().unwrap_or(code).to_owned()
        };
        let code = code.as_deref().or(type_header).map(bare);
        let mut metadata = ErrorMetadata::builder();
        if let Some(code) = code {
            metadata = metadata.code(code);
        }
        if let Some(message) = message {
            metadata = metadata.message(message);
        }
        Self(metadata.build())
    }

    pub(super) fn is_throttled(&self) -> bool {
        self.0.code().is_some_and(|code| THROTTLED.contains(&code))
    }

    pub(super) fn is_absent(&self) -> bool {
        self.0.code().is_some_and(|code| ABSENT.contains(&code))
    }
}

impl ProvideErrorMetadata for Refused {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl std::error::Error for Refused {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_error_has_its_code_and_message() {
        let iam = "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error>\
                   <Type>Sender</Type><Code>NoSuchEntity</Code><Message>m</Message></Error>\
                   <RequestId>1</RequestId></ErrorResponse>";
        let ec2 = "<Response><Errors><Error><Code>InvalidGroup.NotFound</Code>\
                   <Message>m</Message></Error></Errors></Response>";
        let kms = r#"{"__type": "com.amazonaws.kms#NotFoundException", "message": "m"}"#;
        let lambda = r#"{"Type": "User", "Message": "m"}"#;
        let header = Some("ResourceNotFoundException:http://internal.amazon.com/");
        for (body, header) in [(iam, None), (ec2, None), (kms, None), (lambda, header)] {
            let refused = Refused::read(body, header);
            assert!(refused.is_absent(), "{body}: {refused:?}");
            assert_eq!(refused.message(), Some("m"), "{body}");
        }
        assert!(
            Refused::read(
                "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>",
                None
            )
            .is_throttled()
        );
        assert_eq!(Refused::read("<html>", None).code(), None);
    }
}
