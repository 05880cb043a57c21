//! What can go wrong before there is something to sign in with.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::error::CredentialsError as ProviderError;

use crate::clock::Offset;

/// No keys to sign with.
#[derive(Debug)]
pub enum CredentialsError {
    /// No provider of the SDK's default chain had keys, or one failed.
    Missing(ProviderError),
    /// A provider of the chain was silent for longer than the SDK waits.
    Silent {
        /// How long that was.
        after: Duration,
    },
    /// The keys expired before they were used.
    Expired {
        /// When they expired, if they say so themselves; else AWS said that they have.
        at: Option<SystemTime>,
    },
    /// AWS STS does not let the keys assume the role.
    RoleDenied(AwsRefusal),
    /// Couldn't get the role's keys, for another reason.
    RoleFailed(AwsRefusal),
}

/// No user and password out of a secret.
#[derive(Debug)]
pub enum SecretError {
    /// AWS says that the keys that asked have expired.
    KeysExpired(AwsRefusal),
    /// AWS Secrets Manager does not let the keys read it.
    Denied(AwsRefusal),
    /// There is no such secret, or it is marked as deleted.
    NotFound(AwsRefusal),
    /// It was read and is not what it should be.
    Malformed(&'static str),
    /// It could not be read for another reason.
    Failed(AwsRefusal),
}

/// What an AWS service answered instead of doing what it was asked, or why it did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwsRefusal {
    /// It answered, so it was reached.
    Answered {
        /// Its word for the error, such as `AccessDenied`.
        code: Option<String>,
        /// The HTTP status.
        status: u16,
        /// Its sentence, shortened when long.
        message: String,
        /// How far its clock is from this machine's, by the answer's own `Date`.
        clock: Option<Offset>,
    },
    /// No answer came.
    Unanswered {
        /// The client's words.
        reason: String,
    },
}

/// What a refusal means for whoever must fix it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// No policy allows it, or one denies it.
    Denied,
    /// The keys have expired.
    Expired,
    /// The signature's time is not the service's: this machine's clock is off.
    ClockSkewed,
    /// The service does not know the key id: deleted, deactivated, mistyped, of another partition.
    KeysUnknown,
    /// The secret key, or the session token, does not belong to the key id.
    SignatureWrong,
    /// The secret's KMS key could not be used.
    Decryption,
    /// It is not there.
    NotFound,
    /// The region is not enabled for the account.
    RegionDisabled,
    /// Too many requests.
    Throttled,
    /// The service has a fault.
    ServiceFault,
    /// No answer came.
    Unanswered,
    /// Anything else that it answered.
    Other,
}

/// The services' words, by what they mean.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>,
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_Errors>,
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html#API_GetSecretValue_Errors>
const CODES: &[(&str, RefusalKind)] = &[
    ("AccessDenied", RefusalKind::Denied),
    ("AccessDeniedException", RefusalKind::Denied),
    ("DecryptionFailure", RefusalKind::Decryption),
    ("ExpiredToken", RefusalKind::Expired),
    ("ExpiredTokenException", RefusalKind::Expired),
    ("IncompleteSignature", RefusalKind::SignatureWrong),
    ("InternalError", RefusalKind::ServiceFault),
    ("InternalFailure", RefusalKind::ServiceFault),
    ("InternalServiceError", RefusalKind::ServiceFault),
    ("InvalidClientTokenId", RefusalKind::KeysUnknown),
    ("InvalidSignatureException", RefusalKind::SignatureWrong),
    ("RegionDisabledException", RefusalKind::RegionDisabled),
    ("RequestExpired", RefusalKind::ClockSkewed),
    ("RequestLimitExceeded", RefusalKind::Throttled),
    ("RequestTimeTooSkewed", RefusalKind::ClockSkewed),
    ("ResourceNotFoundException", RefusalKind::NotFound),
    ("ServiceUnavailable", RefusalKind::ServiceFault),
    ("SignatureDoesNotMatch", RefusalKind::SignatureWrong),
    ("Throttling", RefusalKind::Throttled),
    ("ThrottlingException", RefusalKind::Throttled),
    ("TooManyRequestsException", RefusalKind::Throttled),
    ("UnrecognizedClientException", RefusalKind::KeysUnknown),
];

/// How a message begins that blames the time of a signature, whatever the error's code.
const SKEWED: [&str; 2] = ["Signature expired", "Signature not yet current"];

impl AwsRefusal {
    /// What it means.
    pub fn kind(&self) -> RefusalKind {
        let (code, status, message) = match self {
            Self::Answered { code, status, message, .. } => (code.as_deref(), *status, message),
            Self::Unanswered { .. } => return RefusalKind::Unanswered,
        };
        if SKEWED.iter().any(|start| message.starts_with(start)) {
            return RefusalKind::ClockSkewed;
        }
        let known = CODES.iter().find(|(known, _)| Some(*known) == code);
        match known {
            Some((_, kind)) => *kind,
            None if status == 429 => RefusalKind::Throttled,
            None if status >= 500 => RefusalKind::ServiceFault,
            None => RefusalKind::Other,
        }
    }

    /// Whether asking again soon can help.
    pub fn is_temporary(&self) -> bool {
        match self.kind() {
            RefusalKind::Throttled | RefusalKind::ServiceFault | RefusalKind::Unanswered => true,
            RefusalKind::Denied
            | RefusalKind::Expired
            | RefusalKind::ClockSkewed
            | RefusalKind::KeysUnknown
            | RefusalKind::SignatureWrong
            | RefusalKind::Decryption
            | RefusalKind::NotFound
            | RefusalKind::RegionDisabled
            | RefusalKind::Other => false,
        }
    }

    /// How far the service's clock is from this machine's, if it said.
    pub fn clock(&self) -> Option<Offset> {
        match self {
            Self::Answered { clock, .. } => *clock,
            Self::Unanswered { .. } => None,
        }
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
        match self {
            Self::Answered { code: Some(code), message, .. } => write!(f, "{code}: {message}"),
            Self::Answered { code: None, message, status, .. } => {
                write!(f, "HTTP status {status}: {message}")
            }
            Self::Unanswered { reason } => f.write_str(reason),
        }
    }
}
