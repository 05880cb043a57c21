//! CloudFormation's side of a custom resource: its request, and the delivery of the answer.
//!
//! A stack waits for up to an hour for a missing answer, so there is always one: also to an invalid
//! request, if it has an address. The address must be CloudFormation's own: the right to invoke the
//! function is not a right to choose where it sends data.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html>

mod answer;
mod request;
mod url;

pub use answer::Answer;
pub use request::{ReplyTo, Request, RequestError, RequestKind, is_request};
pub use url::ResponseUrl;

use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use tokio::time::Instant;

use crate::https::{SendError, send};

/// Delivers an answer.
///
/// # Errors
/// [`SendError`] if it was not accepted before `until`; then the stack keeps waiting.
pub async fn respond(
    connector: &SharedHttpConnector,
    to: &ReplyTo,
    answer: &Answer,
    until: Instant,
) -> Result<(), SendError> {
    let body = answer.body(to);
    send(connector, until, || put(to.url.as_str(), &body), &[]).await
}

/// A presigned `PUT`: the signature covers an absent content type, so none is sent.
fn put(url: &str, body: &str) -> Result<HttpRequest, SendError> {
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("PUT").map_err(|error| SendError::Malformed(error.to_string()))?;
    request.set_uri(url).map_err(|error| SendError::Malformed(error.to_string()))?;
    request.headers_mut().insert("content-length", body.len().to_string());
    Ok(request)
}
