//! The SDK's clients: one HTTP connector on `ring`, and one reading of their errors.
//!
//! Nothing here is built before a service has to be asked; a token needs none.

use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::error::AwsRefusal;
use crate::clock::{Clock, Offset};
use crate::config::Region;

/// The SDK's own first pause is a second: two of them outlast what a step may take, and the
/// service's words would be lost to the timeout.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

/// What the providers of the default chain are made with.
pub(super) fn provider_config(region: &Region) -> ProviderConfig {
    ProviderConfig::without_region()
        .with_region(Some(aws_config::Region::new(region.to_string())))
        .with_http_client(http_client())
}

/// What a service's client is made with: regional endpoints, these keys.
pub async fn client_config(region: &Region, keys: Credentials) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(aws_config::Region::new(region.to_string()))
        .credentials_provider(keys)
        .http_client(http_client())
        .retry_config(RetryConfig::standard().with_initial_backoff(FIRST_PAUSE))
        .load()
        .await
}

/// The longest part of a service's message that is kept, in characters.
const MESSAGE_LIMIT: usize = 1_000;

/// Why a service did not do what it was asked, in its own words.
pub fn refusal<E>(error: &SdkError<E, HttpResponse>, clock: &Clock) -> AwsRefusal
where
    E: Error + ProvideErrorMetadata + 'static,
{
    let Some(response) = error.raw_response() else {
        return AwsRefusal::Unanswered { reason: innermost(error) };
    };
    let said = error.as_service_error();
    let message = match said {
        Some(said) => said.message().unwrap_or("it gave no reason").to_owned(),
        None => innermost(error),
    };
    AwsRefusal::Answered {
        code: said.and_then(|said| said.code()).map(str::to_owned),
        status: response.status().as_u16(),
        message: message.chars().take(MESSAGE_LIMIT).collect(),
        clock: response
            .headers()
            .get("date")
            .and_then(date)
            .map(|date| Offset::of(date, clock.now())),
    }
}

/// An HTTP `Date` ([RFC 9110, section 5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7)).
fn date(text: &str) -> Option<SystemTime> {
    SystemTime::try_from(DateTime::from_str(text, Format::HttpDate).ok()?).ok()
}

/// The last of the sources behind an error, which says what happened.
fn innermost(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
