//! Where the signing keys come from, and whether they still hold.
//!
//! Lambda puts them into the environment, and those are used as they stand: no HTTP client is
//! built for them. Without them the SDK's default chain is asked: profile, web identity,
//! container, instance. A role to assume comes on top, and its keys are kept until shortly before
//! they end.

use std::error::Error as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_credential_types::provider::error::CredentialsError as ProviderError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use tokio::time::Instant;

use super::assume_role::assume_role;
use super::aws::provider_config;
use super::error::CredentialsError;
use crate::clock::Clock;
use crate::config::{KeySource, Region};

/// An assumed role's keys are renewed when they have less than this left.
const RENEWAL: Duration = Duration::from_mins(5);

/// The keys of a function, wherever they are from.
#[derive(Debug, Default)]
pub struct KeyRing {
    /// The assumed role's, while they hold.
    assumed: Mutex<Option<Credentials>>,
}

impl KeyRing {
    /// The keys to sign and ask with at this moment.
    ///
    /// # Errors
    /// [`CredentialsError`], of its variants those about keys and roles.
    pub async fn keys(
        &self,
        source: &KeySource,
        region: &Region,
        clock: &Clock,
    ) -> Result<Credentials, CredentialsError> {
        let Some(role) = &source.role else {
            return own_keys(source, region, clock.now()).await;
        };
        if let Some(kept) = self.kept(clock.now()) {
            return Ok(kept);
        }
        let own = own_keys(source, region, clock.now()).await?;
        let assumed = Box::pin(assume_role(role, region, own, clock)).await?;
        *self.assumed.lock().unwrap_or_else(PoisonError::into_inner) = Some(assumed.clone());
        Ok(assumed)
    }

    fn kept(&self, now: SystemTime) -> Option<Credentials> {
        let kept = self.assumed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        kept.filter(|keys| keys.expiry().is_some_and(|end| now + RENEWAL < end))
    }
}

async fn own_keys(
    source: &KeySource,
    region: &Region,
    now: SystemTime,
) -> Result<Credentials, CredentialsError> {
    let keys = if let Some(keys) = &source.environment {
        keys.clone()
    } else {
        let begun = Instant::now();
        // Boxed, as are the other ways to AWS: they are large, and a token in Lambda needs none.
        let asked = Box::pin(ask_default_chain(region)).await;
        asked.map_err(|error| classify(error, begun.elapsed()))?
    };
    match keys.expiry() {
        Some(at) if at <= now => Err(CredentialsError::Expired { at: Some(at) }),
        Some(_) | None => Ok(keys),
    }
}

async fn ask_default_chain(region: &Region) -> Result<Credentials, ProviderError> {
    let config = provider_config(region);
    let chain = DefaultCredentialsChain::builder().configure(config).build().await;
    chain.provide_credentials().await
}

/// `after`: how long the chain took.
#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK's enum is not exhaustive")]
fn classify(error: ProviderError, after: Duration) -> CredentialsError {
    match error {
        ProviderError::ProviderTimedOut(details) => {
            CredentialsError::Silent { after: details.timeout_duration() }
        }
        // The chain's end, where it asks for an instance's metadata: silence there means that
        // this is no instance.
        none @ ProviderError::CredentialsNotLoaded(_) => CredentialsError::Missing(none),
        other if is_silence(&other) => CredentialsError::Silent { after },
        other => CredentialsError::Missing(other),
    }
}

/// Whether the SDK's own patience with a provider ended, which it does before a long budget does.
fn is_silence(error: &ProviderError) -> bool {
    let mut next = error.source();
    while let Some(source) = next {
        if source.downcast_ref::<ConnectorError>().is_some_and(ConnectorError::is_timeout) {
            return true;
        }
        next = source.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_is_silent_for_longer_than_the_sdk_waits_is_a_timeout() {
        let silence = || ConnectorError::timeout("no answer".into());
        let after = Duration::from_secs(15);
        let configured = classify(ProviderError::unhandled(silence()), after);
        assert!(matches!(configured, CredentialsError::Silent { after: said } if said == after));
        let no_instance = classify(ProviderError::not_loaded(silence()), after);
        assert!(matches!(no_instance, CredentialsError::Missing(_)));
        let refused = ConnectorError::io("refused".into());
        let refused = classify(ProviderError::unhandled(refused), after);
        assert!(matches!(refused, CredentialsError::Missing(_)));
    }
}
