//! What can go wrong before there is something to sign in with.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::error::CredentialsError as ProviderError;

/// No keys to sign with, or no user and password out of a secret.
#[derive(Debug)]
pub enum CredentialsError {
    /// No provider of the SDK's default chain had keys, or one failed.
    Missing(ProviderError),
    /// The keys ended before they were used.
    Expired {
        /// When they ended, if they say so themselves; else AWS said that they have.
        at: Option<SystemTime>,
    },
    /// No keys inside the budget.
    TimedOut {
        /// How long was waited.
        after: Duration,
    },
    /// AWS STS does not let the keys assume the role.
    RoleDenied(AwsRefusal),
    /// The role's keys could not be had for another reason.
    RoleFailed(AwsRefusal),
    /// The keys are there, but not the secret.
    Secret(SecretError),
}

/// No user and password out of a secret.
#[derive(Debug)]
pub enum SecretError {
    /// AWS Secrets Manager does not let the keys read it.
    Denied(AwsRefusal),
    /// There is no such secret, or it is marked as deleted.
    NotFound(AwsRefusal),
    /// It was read and is not what it should be.
    Malformed(&'static str),
    /// No answer inside the budget.
    TimedOut {
        /// How long was waited.
        after: Duration,
    },
    /// It could not be read for another reason.
    Failed(AwsRefusal),
}

/// What an AWS service answered, or why it did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsRefusal {
    /// The service's word for it, such as `AccessDenied`; `None` if it did not answer.
    pub code: Option<String>,
    /// The service's sentence, or the client's.
    pub message: String,
}

/// The services' words for a disturbance of their own and for too many requests.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>,
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html#API_GetSecretValue_Errors>
const TEMPORARY: [&str; 7] = [
    "InternalError",
    "InternalFailure",
    "InternalServiceError",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingException",
];

impl AwsRefusal {
    /// Whether asking again soon can help: no answer, a disturbance, or too many requests.
    pub fn is_temporary(&self) -> bool {
        self.code.as_deref().is_none_or(|code| TEMPORARY.contains(&code))
    }
}

/// `aws-sigv4` refused what it was given.
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

impl fmt::Display for AwsRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "{code}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}
