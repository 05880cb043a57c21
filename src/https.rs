//! One HTTPS request to a service that waits to be told, tried again until it is taken.
//!
//! The services that the SDK has clients for are asked through those. This is for an address that
//! was handed in (`cloudformation`) and for a single call that is not worth a client
//! (`codedeploy`). It is the SDK's own connector: TLS on `ring`, verified by the machine's roots.

use std::fmt;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use tokio::time::{Instant, sleep_until, timeout_at};

/// The pause after the first failure; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// How long one attempt may take, so that a silent peer leaves time for another.
const ATTEMPT: Duration = Duration::from_secs(2);

/// The most that is kept of an invocation for telling.
const TELLING_AT_MOST: Duration = Duration::from_secs(10);

/// Why a request was not taken. It never holds the address, which may carry a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    /// The request cannot be written.
    Malformed(String),
    /// The peer refuses it, and would again.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// No attempt got through before the time was over.
    NotTaken {
        /// What the last one came to.
        last: String,
    },
}

/// What requests are sent with: the SDK's connector, made when it is first wanted.
pub fn connector() -> SharedHttpConnector {
    let tls = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring));
    SharedHttpConnector::new(tls.build())
}

/// What is kept of an invocation's time for telling somebody the result: a quarter of what is
/// left of it, ten seconds at most.
pub fn time_to_tell(left: Duration) -> Duration {
    TELLING_AT_MOST.min(left / 4)
}

/// Sends until it is taken, `until` at the latest. `make` is asked for each attempt's request.
///
/// # Errors
/// [`SendError`].
pub async fn send(
    connector: &SharedHttpConnector,
    until: Instant,
    make: impl Fn() -> Result<HttpRequest, SendError>,
) -> Result<(), SendError> {
    let mut pause = FIRST_PAUSE;
    loop {
        let ends = until.min(Instant::now() + ATTEMPT);
        let last = match timeout_at(ends, connector.call(make()?)).await {
            Ok(Ok(response)) if response.status().is_success() => return Ok(()),
            Ok(Ok(response)) => {
                let status = response.status().as_u16();
                if !may_pass(status) {
                    return Err(SendError::Refused { status });
                }
                format!("HTTP status {status}")
            }
            Ok(Err(error)) if error.is_timeout() => "it timed out".to_owned(),
            Ok(Err(error)) if error.is_io() => "the connection failed".to_owned(),
            Ok(Err(_)) => "the request failed".to_owned(),
            Err(_elapsed) => "no answer".to_owned(),
        };
        let again = Instant::now() + pause;
        if again >= until {
            return Err(SendError::NotTaken { last });
        }
        sleep_until(again).await;
        pause *= 2;
    }
}

/// Whether the peer may take the same request a moment later.
fn may_pass(status: u16) -> bool {
    status >= 500 || status == 408 || status == 429
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(reason) => write!(f, "the request cannot be made: {reason}"),
            Self::Refused { status } => write!(f, "refused with HTTP status {status}"),
            Self::NotTaken { last } => write!(f, "not taken in time: {last}"),
        }
    }
}
