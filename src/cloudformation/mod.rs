//! CloudFormation's side of a custom resource: what it asks, and the one place for the answer.
//!
//! A stack waits for up to an hour for an answer that does not come, so there is always one: also
//! to a request that makes no sense, as long as it says where to. The address is CloudFormation's
//! own or none; whoever may invoke the function does not choose where it sends things.
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

/// Hands an answer in.
///
/// # Errors
/// [`SendError`] when it was not taken before `until`; then the stack goes on waiting.
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
