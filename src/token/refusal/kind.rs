//! What a refusal means, by the service's error code, its message and the HTTP status.

/// What a refusal means, as far as its remedy depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// No policy allows it.
    Denied,
    /// A policy denies it.
    ExplicitlyDenied,
    /// The keys have expired.
    Expired,
    /// The signature's time is not the service's: this machine's clock is wrong.
    ClockSkewed,
    /// The service does not know the key id: deleted, deactivated, mistyped, of another partition.
    KeysUnknown,
    /// The secret key, or the session token, does not belong to the key id.
    SignatureWrong,
    /// The request's signature cannot be read, as with blanks or quotes in the keys.
    SignatureMalformed,
    /// The web identity token for a role was rejected.
    IdentityTokenRejected,
    /// The keys are not allowed to use the secret's KMS key.
    KeyDenied,
    /// The secret's KMS key is unusable now.
    Decryption,
    /// The secret is another account's, and encrypted with a key that cannot be shared.
    KeyNotShared,
    /// It is not there.
    NotFound,
    /// It is marked for deletion.
    Deleted,
    /// The region, or the service in it, is not enabled for the account.
    RegionDisabled,
    /// Too many requests.
    Throttled,
    /// The service has a fault.
    ServiceFault,
    /// The service does not accept a parameter.
    Invalid,
    /// The answer is not AWS's: a web proxy, a captive portal, another server.
    Foreign,
    /// The server's certificate is not trusted.
    Untrusted,
    /// A server accepted the connection and did not answer.
    Disconnected,
    /// There was no connection.
    Unanswered,
    /// Nothing was sent.
    NotSent,
    /// Anything else that the service answered.
    Other,
}

/// What a refusal is about, for decisions that need no more detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalClass {
    /// A policy does not allow it, or denies it.
    Permission,
    /// The keys are not accepted: unknown, or the signature is wrong.
    Keys,
    /// The keys have expired.
    ExpiredKeys,
    /// This machine's clock is wrong.
    Clock,
    /// What was asked for is not there.
    Missing,
    /// Asking again soon can help.
    Temporary,
    /// Anything else.
    Other,
}

/// The services' error codes, separated by spaces, by their meaning.
///
/// Common to services: <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>,
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html>. Of STS:
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_Errors>,
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html#API_AssumeRoleWithWebIdentity_Errors>.
/// Of Secrets Manager:
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html#API_GetSecretValue_Errors>.
/// Of RDS: <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBProxyTargets.html#API_DescribeDBProxyTargets_Errors>.
/// Of IAM Identity Center:
/// <https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html>.
const CODES: &[(RefusalKind, &str)] = &[
    (
        RefusalKind::Denied,
        "AccessDenied AccessDeniedException ForbiddenException NotAuthorized \
         UnauthorizedOperation",
    ),
    (
        RefusalKind::Expired,
        "ExpiredToken ExpiredTokenException TokenRefreshRequired UnauthorizedException",
    ),
    (RefusalKind::ClockSkewed, "RequestExpired RequestTimeTooSkewed RequestInTheFuture"),
    (
        RefusalKind::KeysUnknown,
        "AuthFailure InvalidAccessKeyId InvalidClientTokenId InvalidToken NotSignedUp \
         UnrecognizedClientException",
    ),
    (RefusalKind::SignatureWrong, "InvalidSignatureException SignatureDoesNotMatch"),
    (
        RefusalKind::SignatureMalformed,
        "IncompleteSignature IncompleteSignatureException MissingAuthenticationToken \
         MissingAuthenticationTokenException",
    ),
    (RefusalKind::IdentityTokenRejected, "IDPRejectedClaim InvalidIdentityToken"),
    (RefusalKind::Decryption, "DecryptionFailure DecryptionFailureException"),
    (
        RefusalKind::NotFound,
        "DBProxyEndpointNotFoundFault DBProxyNotFoundFault \
         DBProxyTargetGroupNotFoundFault DBProxyTargetNotFoundFault \
         ResourceNotFoundException",
    ),
    (
        RefusalKind::RegionDisabled,
        "OptInRequired RegionDisabled RegionDisabledException \
         SubscriptionRequiredException",
    ),
    (
        RefusalKind::Throttled,
        "LimitExceededException PriorRequestNotComplete RequestLimitExceeded \
         RequestThrottled RequestThrottledException SlowDown ThrottledException \
         Throttling ThrottlingException TooManyRequestsException",
    ),
    (
        RefusalKind::ServiceFault,
        "IDPCommunicationError InternalError InternalFailure InternalServerError \
         InternalServerException InternalServiceError InternalServiceErrorException \
         InternalServiceFailure RequestTimeout RequestTimeoutException ServiceUnavailable \
         ServiceUnavailableException",
    ),
    (
        RefusalKind::Invalid,
        "InvalidAction InvalidParameterCombination InvalidParameterException \
         InvalidParameterValue InvalidQueryParameter InvalidRequestException \
         MalformedPolicyDocument MalformedQueryString MissingParameter \
         PackedPolicyTooLarge ValidationError ValidationException",
    ),
];

/// How a message begins that is about a signature's time, whatever the error code:
/// [STS](https://github.com/aws/aws-cli/issues/6676), and
/// [the documentation](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html).
const SKEWED: [&str; 2] = ["Signature expired", "Signature not yet current"];

/// What a message contains if a policy's `Deny` decided.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
const EXPLICIT_DENY: &str = "explicit deny";

/// <https://github.com/external-secrets/external-secrets/issues/390>
const KMS_DENIED: &str = "Access to KMS is not allowed";

/// Of `InvalidRequestException`; both are posted by many, and the first is what
/// [Terraform's provider](https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/secretsmanager/secret.go)
/// looks for.
const MARKED_FOR_DELETION: [&str; 2] = ["marked for deletion", "scheduled for deletion"];

/// Of `InvalidRequestException` too: a key of AWS's own cannot be shared with another account.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html>
const KEY_NOT_SHARED: &str = "encrypt the secret with the default KMS";

impl RefusalKind {
    /// An error code for each kind that has some.
    #[cfg(test)]
    pub(crate) fn codes() -> impl Iterator<Item = &'static str> {
        CODES.iter().filter_map(|(_, codes)| codes.split(' ').next())
    }

    /// Of a service's error.
    pub(super) fn of_error(code: &str, status: u16, message: &str) -> Self {
        if SKEWED.iter().any(|start| message.starts_with(start)) {
            return Self::ClockSkewed;
        }
        let mut known = CODES.iter().filter(|(_, codes)| codes.split(' ').any(|it| it == code));
        match known.next().map(|(kind, _)| *kind) {
            Some(Self::Denied) => Self::of_denial(message),
            Some(Self::Invalid) if code == "InvalidRequestException" => {
                Self::of_invalid_request(message)
            }
            Some(kind) => kind,
            None if status == 429 => Self::Throttled,
            None if status >= 500 => Self::ServiceFault,
            None => Self::Other,
        }
    }

    /// Of an answer without an error code: AWS's load balancers have none for their own faults; any
    /// other such answer is not an AWS service's.
    pub(super) fn of_status(status: u16) -> Self {
        match status {
            429 => Self::Throttled,
            500.. => Self::ServiceFault,
            _ => Self::Foreign,
        }
    }

    fn of_denial(message: &str) -> Self {
        if message.contains(KMS_DENIED) {
            Self::KeyDenied
        } else if message.contains(EXPLICIT_DENY) {
            Self::ExplicitlyDenied
        } else {
            Self::Denied
        }
    }

    fn of_invalid_request(message: &str) -> Self {
        if MARKED_FOR_DELETION.iter().any(|words| message.contains(words)) {
            Self::Deleted
        } else if message.contains(KEY_NOT_SHARED) {
            Self::KeyNotShared
        } else {
            Self::Invalid
        }
    }

    /// What it is about.
    pub fn class(self) -> RefusalClass {
        match self {
            Self::Denied | Self::ExplicitlyDenied | Self::KeyDenied => RefusalClass::Permission,
            Self::KeysUnknown | Self::SignatureWrong | Self::SignatureMalformed => {
                RefusalClass::Keys
            }
            Self::Expired => RefusalClass::ExpiredKeys,
            Self::ClockSkewed => RefusalClass::Clock,
            Self::NotFound | Self::Deleted => RefusalClass::Missing,
            Self::Throttled | Self::ServiceFault | Self::Disconnected | Self::Unanswered => {
                RefusalClass::Temporary
            }
            Self::IdentityTokenRejected
            | Self::Decryption
            | Self::KeyNotShared
            | Self::RegionDisabled
            | Self::Invalid
            | Self::Foreign
            | Self::Untrusted
            | Self::NotSent
            | Self::Other => RefusalClass::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_code_means_one_thing() {
        let mut seen = BTreeSet::new();
        for code in CODES.iter().flat_map(|(_, codes)| codes.split(' ')) {
            assert!(seen.insert(code), "{code}");
        }
    }
}
