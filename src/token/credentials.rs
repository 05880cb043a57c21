//! Where the signing keys come from, and whether they are still valid.
//!
//! Lambda puts them into the environment, and those are used directly, without an HTTP client.
//! Without them the SDK's default chain is asked: profile, web identity, container, instance. A
//! role may be assumed with them; its keys are kept until shortly before they expire.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;

use super::assume_role::assume_role;
use super::chain::{Provider, ask_chain};
use super::error::{CredentialsError, ProviderFailure};
use crate::clock::Clock;
use crate::config::{KeyFlaw, KeyProblem, KeySource, Region};
use crate::connector::Contact;

/// An assumed role's keys are renewed when they have less than this left.
const RENEWAL: Duration = Duration::from_mins(5);

/// A function's keys, from any source.
#[derive(Debug, Default)]
pub struct KeyRing {
    /// The assumed role's, while they are valid.
    assumed: Mutex<Option<Credentials>>,
}

impl KeyRing {
    /// The keys to sign and call AWS with now; `contact` records how far calls for them got.
    ///
    /// # Errors
    /// [`CredentialsError`].
    pub async fn keys(
        &self,
        source: &KeySource,
        region: &Region,
        clock: &Clock,
        contact: &Contact,
    ) -> Result<Credentials, CredentialsError> {
        let Some(role) = &source.role else {
            return own_keys(source, region, clock, contact).await;
        };
        if let Some(kept) = self.kept(clock.now()) {
            return Ok(kept);
        }
        let own = own_keys(source, region, clock, contact).await?;
        let assumed = Box::pin(assume_role(role, region, own, clock, contact)).await?;
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
    clock: &Clock,
    contact: &Contact,
) -> Result<Credentials, CredentialsError> {
    let keys = match &source.environment {
        Some(keys) => usable(keys, &source.problems)?,
        None if is_half_alone(source) => return Err(half_a_pair()),
        // Boxed, like the other calls to AWS: they are large, and a token in Lambda needs none.
        None => Box::pin(ask_chain(region, clock, contact)).await?,
    };
    match keys.expiry() {
        Some(at) if at <= clock.now() => Err(CredentialsError::Expired { at }),
        Some(_) | None => Ok(keys),
    }
}

/// The environment's keys, unless no service can accept them.
fn usable(keys: &Credentials, problems: &[KeyProblem]) -> Result<Credentials, CredentialsError> {
    let flaws: Vec<KeyFlaw> = problems.iter().filter_map(KeyProblem::flaw).collect();
    if flaws.is_empty() {
        return Ok(keys.clone());
    }
    Err(CredentialsError::Malformed { provider: Some(Provider::Environment), flaws })
}

/// Whether the environment has half a pair of keys and names no other provider. The chain would
/// ignore it silently, and might sign as another principal.
fn is_half_alone(source: &KeySource) -> bool {
    let is_half = |problem: &KeyProblem| matches!(problem, KeyProblem::Half { .. });
    source.providers.is_empty() && source.problems.iter().any(is_half)
}

fn half_a_pair() -> CredentialsError {
    CredentialsError::Provider(Box::new(ProviderFailure {
        provider: Provider::Environment,
        said: None,
        reason: "one half of a pair of keys is not set".to_owned(),
    }))
}
