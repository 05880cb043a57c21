//! The SDK's clients: one HTTP client, and one place that reads their errors.
//!
//! Nothing here is built before a call to a service; a token needs none.

use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::SigningError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::HttpError;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::redact::{Secrets, strike_out_signatures};
use super::refusal::AwsRefusal;
use crate::clock::{Clock, Offset};
use crate::config::Region;
use crate::connector::{CallError, Contact, behind, http_client};

/// The SDK's default is a second: two such pauses exceed a step's time, and the service's message
/// would be lost to the timeout.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The configuration for the default chain's providers: they call STS in the region of the
/// environment or the profile, as every SDK does, else in the endpoint's.
pub(super) async fn provider_config(region: &Region, contact: &Contact) -> ProviderConfig {
    let config = ProviderConfig::without_region().with_http_client(http_client(contact));
    let profile = ProfileFileRegionProvider::builder().configure(&config).build();
    let chain = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(profile)
        .or_else(aws_config::Region::new(region.to_string()));
    let region = chain.region().await;
    config.with_region(region)
}

/// The configuration for a service's client: regional endpoints, these keys.
pub async fn client_config(region: &Region, keys: Credentials, contact: &Contact) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(aws_config::Region::new(region.to_string()))
        .credentials_provider(keys)
        .http_client(http_client(contact))
        .retry_config(RetryConfig::standard().with_initial_backoff(FIRST_PAUSE))
        .load()
        .await
}

/// The longest part of a service's message that is kept, in characters.
const MESSAGE_LIMIT: usize = 1_000;

/// The longest part of a header that is kept, in characters.
const HEADER_LIMIT: usize = 100;

/// Why a call failed, in the service's words, without the secrets of the keys that signed it: a
/// service may repeat the request that it could not verify.
pub fn refusal<E>(error: &SdkError<E, HttpResponse>, clock: &Clock, secrets: &Secrets) -> AwsRefusal
where
    E: Error + ProvideErrorMetadata + 'static,
{
    let Some(response) = error.raw_response() else { return unanswered(error, secrets) };
    let said = error.as_service_error();
    let message = said.and_then(|said| said.message()).filter(|message| !message.is_empty());
    let message = match (said.and_then(|said| said.code()), message) {
        (_, Some(message)) => message.to_owned(),
        (Some(_), None) => "it gave no reason".to_owned(),
        (None, None) => describe(response),
    };
    AwsRefusal::Answered {
        code: said.and_then(|said| said.code()).map(|code| secrets.clean(code, HEADER_LIMIT)),
        status: response.status().as_u16(),
        message: secrets.clean(&strike_out_signatures(&message), MESSAGE_LIMIT),
        clock: response.headers().get("date").and_then(|date| offset(date, clock)),
    }
}

/// Why there is no answer: it was not sent, there was no connection, or another server answered.
/// How far the request got is a fact from the connector, not read out of texts.
fn unanswered<E>(error: &SdkError<E, HttpResponse>, secrets: &Secrets) -> AwsRefusal
where
    E: Error + 'static,
{
    let reason = secrets.clean(&innermost(error), MESSAGE_LIMIT);
    let call = behind(error).find_map(|it| it.downcast_ref::<CallError>());
    match call {
        Some(CallError::NotAnswered { heard, .. }) => {
            match (call.and_then(CallError::tls), call.and_then(CallError::stranger)) {
                (Some(rustls::Error::InvalidCertificate(_)), _) => AwsRefusal::Untrusted { reason },
                (_, Some(service)) => {
                    AwsRefusal::Garbled { service, answer: secrets.show(heard), reason }
                }
                (_, None) => AwsRefusal::Disconnected { reason },
            }
        }
        Some(CallError::Unsendable(_)) => AwsRefusal::NotSent { reason },
        None if is_not_made(error) => AwsRefusal::NotSent { reason },
        Some(CallError::NotConnected(_)) | None => AwsRefusal::Unanswered { reason },
    }
}

/// Whether the SDK failed before it sent a request.
fn is_not_made<E>(error: &SdkError<E, HttpResponse>) -> bool
where
    E: Error + 'static,
{
    matches!(error, SdkError::ConstructionFailure(_))
        || behind(error).any(|it| it.is::<HttpError>() || it.is::<SigningError>())
}

/// Describes an answer that is not in AWS's form. Its body is never repeated: it may be a truncated
/// answer from AWS, with keys or a secret in it.
fn describe(response: &HttpResponse) -> String {
    let header = |name| {
        let value: String = response.headers().get(name)?.chars().take(HEADER_LIMIT).collect();
        (!value.is_empty()).then_some(value)
    };
    let kind = header("content-type").unwrap_or_else(|| "untyped".to_owned());
    let is_empty = response.body().bytes().is_some_and(<[u8]>::is_empty);
    let mut line = if is_empty { "an empty body".to_owned() } else { format!("a {kind} body") };
    // The query part of the address may come from the request.
    let elsewhere =
        header("location").map(|it| it.split('?').next().unwrap_or_default().to_owned());
    for (what, value) in [("redirecting to", elsewhere), ("from the server", header("server"))] {
        if let Some(value) = value {
            line.extend([", ", what, " ", &value]);
        }
    }
    line
}

/// How far the clock that wrote an HTTP `Date` is from this machine's
/// ([RFC 9110, section 5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7)).
pub(crate) fn offset(date: &str, clock: &Clock) -> Option<Offset> {
    let date = SystemTime::try_from(DateTime::from_str(date, Format::HttpDate).ok()?).ok()?;
    Some(Offset::of(date, clock.now()))
}

/// An error's last source, which says what happened.
fn innermost(error: &(dyn Error + 'static)) -> String {
    behind(error).last().map(ToString::to_string).unwrap_or_default()
}
