//! One HTTPS request to a service that waits for an answer, retried until it is accepted.
//!
//! The services that the SDK has clients for are asked through those. This is for an address that
//! was passed in (`cloudformation`) and for a single call that is not worth a client
//! (`codedeploy`).

use std::fmt;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::Value;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::connector::Connector;

/// The pause after the first failure; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// How long one attempt may take, so that a silent peer leaves time for another.
const ATTEMPT: Duration = Duration::from_secs(2);

/// The most time of an invocation that is kept for delivering the answer.
const MAX_DELIVERY_TIME: Duration = Duration::from_secs(10);

/// Why a request was not accepted. It never holds the address, which may carry a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    /// The request cannot be written.
    Malformed(String),
    /// The peer rejects it, and would again.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The peer's word for the error, if it has one.
        code: Option<String>,
    },
    /// No attempt succeeded in time.
    NotAccepted {
        /// How the last one ended.
        last: String,
    },
}

/// The client that sends requests, made when it is first needed.
pub fn connector() -> SharedHttpConnector {
    SharedHttpConnector::new(Connector::default())
}

/// How much of an invocation's time is kept for delivering the answer: a quarter of what is left,
/// at most ten seconds.
pub fn delivery_time(left: Duration) -> Duration {
    MAX_DELIVERY_TIME.min(left / 4)
}

/// Sends until it is accepted, `until` at the latest. `make` makes each attempt's request. An error
/// that `already` names means that an earlier attempt was accepted, though its answer was lost.
///
/// # Errors
/// [`SendError`].
pub async fn send(
    connector: &SharedHttpConnector,
    until: Instant,
    make: impl Fn() -> Result<HttpRequest, SendError>,
    already: &[&str],
) -> Result<(), SendError> {
    let mut pause = FIRST_PAUSE;
    loop {
        let ends = until.min(Instant::now() + ATTEMPT);
        let request = make()?;
        let last = match timeout_at(ends, call(connector, request)).await {
            Ok(Ok(Received { status: 200..300, .. })) => return Ok(()),
            Ok(Ok(received)) if received.is_one_of(already) => return Ok(()),
            Ok(Ok(received)) if received.may_pass() => received.to_string(),
            Ok(Ok(Received { status, code })) => return Err(SendError::Refused { status, code }),
            Ok(Err(error)) if error.is_timeout() => "it timed out".to_owned(),
            Ok(Err(error)) if error.is_io() => "the connection failed".to_owned(),
            Ok(Err(_)) => "the request failed".to_owned(),
            Err(_elapsed) => "no answer".to_owned(),
        };
        let again = Instant::now() + pause;
        if again >= until {
            return Err(SendError::NotAccepted { last });
        }
        sleep_until(again).await;
        pause *= 2;
    }
}

/// What the peer answered.
struct Received {
    status: u16,
    code: Option<String>,
}

/// AWS's error codes for what may be accepted a moment later, whatever the status: a throttled call
/// to `CodeDeploy` and a slow upload to S3 are a 400.
/// <https://docs.aws.amazon.com/codedeploy/latest/APIReference/CommonErrors.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
const PASSING: [&str; 6] = [
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
];

/// The most that is read of an error, in bytes.
const ERROR_LIMIT: usize = 4096;

async fn call(
    connector: &SharedHttpConnector,
    request: HttpRequest,
) -> Result<Received, ConnectorError> {
    let response = connector.call(request).await?;
    let status = response.status();
    let mut body = Vec::new();
    if !status.is_success() {
        let mut chunks = ByteStream::new(response.into_body());
        // An error whose body breaks off is judged by its status.
        while let (Some(Ok(chunk)), true) = (chunks.next().await, body.len() < ERROR_LIMIT) {
            body.extend_from_slice(&chunk);
        }
        body.truncate(ERROR_LIMIT);
    }
    Ok(Received { status: status.as_u16(), code: error_code(&String::from_utf8_lossy(&body)) })
}

/// The word for an error: `__type` in AWS JSON, behind a namespace or not, or `<Code>` in XML.
fn error_code(body: &str) -> Option<String> {
    let json = serde_json::from_str::<Value>(body).ok();
    let name = match json.as_ref().and_then(|error| error.get("__type")?.as_str()) {
        Some(name) => name.rsplit('#').next()?,
        None => body.split_once("<Code>")?.1.split_once("</Code>")?.0,
    };
    let is_word = name.len() <= 100 && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_word && !name.is_empty()).then(|| name.to_owned())
}

impl Received {
    fn is_one_of(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }

    /// Whether the peer may accept the same request a moment later.
    fn may_pass(&self) -> bool {
        self.status >= 500 || self.status == 408 || self.status == 429 || self.is_one_of(&PASSING)
    }
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, code } = self;
        write!(f, "HTTP status {status}")?;
        code.as_ref().map_or(Ok(()), |code| write!(f, " ({code})"))
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(reason) => write!(f, "the request cannot be made: {reason}"),
            Self::Refused { status, code } => {
                let (status, code) = (*status, code.clone());
                write!(f, "refused with {}", Received { status, code })
            }
            Self::NotAccepted { last } => write!(f, "not accepted in time: {last}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_known_by_its_word() {
        let code = |body: &str| error_code(body);
        assert_eq!(
            code(r#"{"__type":"ThrottlingException"}"#).as_deref(),
            Some("ThrottlingException")
        );
        let spaced = r#"{"__type":"com.amazonaws.codedeploy#DeploymentDoesNotExistException"}"#;
        assert_eq!(code(spaced).as_deref(), Some("DeploymentDoesNotExistException"));
        let xml = "<?xml version=\"1.0\"?><Error><Code>RequestTimeout</Code></Error>";
        assert_eq!(code(xml).as_deref(), Some("RequestTimeout"));
        for other in ["", "{}", "<Code>", "<Code>a secret?</Code>", "{\"__type\": 1}"] {
            assert_eq!(code(other), None, "{other}");
        }
    }
}
