//! What can go wrong before a token exists.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::error::CredentialsError as ProviderError;

/// No keys to sign with.
#[derive(Debug)]
pub enum CredentialsError {
    /// No provider of the SDK's default chain had any, or one failed.
    Missing(ProviderError),
    /// The keys ended before they were used.
    Expired {
        /// When they ended.
        at: SystemTime,
    },
    /// No answer inside the budget.
    TimedOut {
        /// How long was waited.
        after: Duration,
    },
}

/// `aws-sigv4` refused what it was given.
#[derive(Debug)]
pub struct SignError(Box<dyn std::error::Error + Send + Sync>);

impl SignError {
    pub(super) fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
