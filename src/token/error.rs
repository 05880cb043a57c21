//! What can go wrong before there is a token or a password to log in with.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::chain::{Provider, ServiceRefusal};
use super::profile::Profile;
use super::refusal::AwsRefusal;
use super::secret_text::SecretProblem;
use crate::config::KeyFlaw;

/// No keys to sign with.
#[derive(Debug)]
pub enum CredentialsError {
    /// No provider of the SDK's default chain has keys.
    Missing {
        /// The selected profile.
        profile: Profile,
        /// What an instance's metadata service, which is asked last, answered, if it failed.
        instance: Option<String>,
    },
    /// A provider that is configured failed.
    Provider(Box<ProviderFailure>),
    /// The profile's session with IAM Identity Center has expired, or was never started.
    SsoSession {
        /// The profile.
        profile: Profile,
        /// The SDK's message.
        reason: String,
    },
    /// A configured provider did not answer for as long as the SDK waits.
    Silent {
        /// Which.
        provider: Provider,
        /// After how long.
        after: Duration,
    },
    /// No service can accept the keys.
    Malformed {
        /// Where they come from; `None` for an EC2 instance.
        provider: Option<Provider>,
        /// What is wrong with them; never empty.
        flaws: Vec<KeyFlaw>,
    },
    /// The keys expired before they were used.
    Expired {
        /// When.
        at: SystemTime,
    },
    /// AWS says that the keys have expired.
    RejectedAsExpired(AwsRefusal),
    /// AWS STS does not allow the keys to assume the role.
    RoleDenied(AwsRefusal),
    /// Couldn't get the role's keys, for another reason.
    RoleFailed(AwsRefusal),
}

/// How a configured provider failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderFailure {
    /// Which.
    pub provider: Provider,
    /// What AWS answered to it, if it called AWS.
    pub said: Option<ServiceRefusal>,
    /// The SDK's message.
    pub reason: String,
}

/// No user and password from a secret.
#[derive(Debug)]
pub enum SecretError {
    /// AWS says that the keys have expired.
    KeysExpired(AwsRefusal),
    /// The keys are not allowed to read or decrypt it.
    Denied(AwsRefusal),
    /// There is no such secret, or it is marked for deletion.
    NotFound(AwsRefusal),
    /// It was read, and does not hold a login.
    Malformed(SecretProblem),
    /// It could not be read for another reason.
    Failed(AwsRefusal),
}

/// `aws-sigv4` rejected its input.
#[derive(Debug)]
pub struct SignError(Box<dyn std::error::Error + Send + Sync>);

impl SignError {
    pub(crate) fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
