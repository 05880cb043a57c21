//! Where the signing keys come from, and whether they still hold.
//!
//! Lambda puts them into the environment, and those are used as they stand: no HTTP client is
//! built for them. Without them the SDK's default chain is asked: profile, web identity,
//! container, instance.

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_credential_types::provider::error::CredentialsError as ProviderError;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use super::error::CredentialsError;
use crate::clock::Clock;
use crate::config::{IamLogin, Region};

/// The keys to sign with at this moment.
///
/// # Errors
/// [`CredentialsError::Missing`] when nobody has any, [`CredentialsError::Expired`] when they
/// have ended already, [`CredentialsError::TimedOut`] when a provider gave up waiting.
pub async fn load_credentials(
    login: &IamLogin,
    region: &Region,
    clock: &Clock,
) -> Result<Credentials, CredentialsError> {
    let keys = match &login.keys {
        Some(keys) => keys.clone(),
        None => ask_default_chain(region).await.map_err(classify)?,
    };
    match keys.expiry() {
        Some(at) if at <= clock.now() => Err(CredentialsError::Expired { at }),
        Some(_) | None => Ok(keys),
    }
}

async fn ask_default_chain(region: &Region) -> Result<Credentials, ProviderError> {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let config = ProviderConfig::without_region()
        .with_region(Some(aws_config::Region::new(region.to_string())))
        .with_http_client(http);
    let chain = DefaultCredentialsChain::builder().configure(config).build().await;
    chain.provide_credentials().await
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK's enum is not exhaustive")]
fn classify(error: ProviderError) -> CredentialsError {
    match error {
        ProviderError::ProviderTimedOut(details) => {
            CredentialsError::TimedOut { after: details.timeout_duration() }
        }
        other => CredentialsError::Missing(other),
    }
}
