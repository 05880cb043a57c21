//! A random word that proves that an answer belongs to this query.

use std::fmt;

use super::QueryError;
use crate::tls::crypto_provider;

/// 128 random bits, in hex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Nonce(String);

impl Nonce {
    /// A new one, from the operating system's randomness.
    pub(super) fn random() -> Result<Self, NoRandomness> {
        let mut bytes = [0; 16];
        let source = crypto_provider().secure_random;
        source.fill(&mut bytes).or(Err(NoRandomness))?;
        Ok(Self(format!("{:032x}", u128::from_be_bytes(bytes))))
    }

    /// One that a test knows.
    #[cfg(test)]
    pub(super) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an answer carries it.
    pub(super) fn check(&self, answered: &str) -> Result<(), QueryError> {
        if answered == self.0 { Ok(()) } else { Err(QueryError::OtherNonce) }
    }
}

/// The operating system has no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoRandomness;

impl fmt::Display for NoRandomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operating system has no randomness")
    }
}
