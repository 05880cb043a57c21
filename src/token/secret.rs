//! User and password out of AWS Secrets Manager. What stands in a secret is `secret_text.rs`'
//! matter.

use aws_credential_types::Credentials;

use super::aws::{client_config, refusal};
use super::error::SecretError;
use super::redact::Secrets;
use super::refusal::{AwsRefusal, RefusalKind};
use super::secret_text::{SecretLogin, SecretProblem};
use crate::clock::Clock;
use crate::config::SecretArn;
use crate::connector::Contact;

/// Reads the secret's current version.
///
/// # Errors
/// [`SecretError`].
pub async fn read_secret(
    secret: &SecretArn,
    keys: Credentials,
    clock: &Clock,
    contact: &Contact,
) -> Result<SecretLogin, SecretError> {
    let secrets = Secrets::of_keys(&keys);
    let config = client_config(secret.region(), keys, contact).await;
    let client = aws_sdk_secretsmanager::Client::new(&config);
    let asked = client.get_secret_value().secret_id(secret.as_str()).send().await;
    let answer = asked.map_err(|error| classify(refusal(&error, clock, &secrets)))?;
    match (answer.secret_string(), answer.secret_binary()) {
        (Some(text), _) => SecretLogin::parse(text).map_err(SecretError::Malformed),
        (None, Some(_)) => Err(SecretError::Malformed(SecretProblem::Binary)),
        // An empty body is one that the SDK takes for an answer.
        (None, None) => Err(SecretError::Failed(AwsRefusal::Answered {
            code: None,
            status: 200,
            message: "the answer holds no secret".to_owned(),
            clock: None,
        })),
    }
}

fn classify(refusal: AwsRefusal) -> SecretError {
    match refusal.kind() {
        RefusalKind::Denied | RefusalKind::ExplicitlyDenied | RefusalKind::KeyDenied => {
            SecretError::Denied(refusal)
        }
        RefusalKind::Expired => SecretError::KeysExpired(refusal),
        RefusalKind::NotFound | RefusalKind::Deleted => SecretError::NotFound(refusal),
        RefusalKind::ClockSkewed
        | RefusalKind::KeysUnknown
        | RefusalKind::SignatureWrong
        | RefusalKind::SignatureMalformed
        | RefusalKind::IdentityTokenRejected
        | RefusalKind::Decryption
        | RefusalKind::KeyNotShared
        | RefusalKind::RegionDisabled
        | RefusalKind::Throttled
        | RefusalKind::ServiceFault
        | RefusalKind::Invalid
        | RefusalKind::Foreign
        | RefusalKind::Untrusted
        | RefusalKind::Disconnected
        | RefusalKind::Unanswered
        | RefusalKind::NotSent
        | RefusalKind::Other => SecretError::Failed(refusal),
    }
}
