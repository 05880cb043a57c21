//! User and password from AWS Secrets Manager. `secret_text.rs` parses the secret.

use aws_credential_types::Credentials;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;

use super::aws::{client_config, refusal};
use super::error::SecretError;
use super::redact::Secrets;
use super::refusal::{AwsRefusal, RefusalClass};
use super::secret_text::{SecretLogin, SecretProblem};
use crate::clock::Clock;
use crate::config::{Engine, SecretArn};
use crate::connector::Contact;

/// A secret with a login, and where to ask for it.
#[derive(Clone, Copy, Debug)]
pub struct SecretSource<'a> {
    /// The secret.
    pub arn: &'a SecretArn,
    /// The engine of the database that the login is for.
    pub engine: Engine,
    /// Secrets Manager's URL; `None` if the SDK's own settings choose it.
    pub endpoint: Option<&'a str>,
}

/// Reads the secret's current version.
///
/// # Errors
/// [`SecretError`].
pub async fn read_secret(
    source: SecretSource<'_>,
    keys: Credentials,
    clock: &Clock,
    contact: &Contact,
) -> Result<SecretLogin, SecretError> {
    let SecretSource { arn: secret, engine, endpoint } = source;
    let secrets = Secrets::of_keys(&keys);
    let config = client_config(secret.region(), keys, contact).await;
    let mut config = Builder::from(&config);
    if let Some(url) = endpoint {
        config = config.endpoint_url(url);
    }
    let client = Client::from_conf(config.build());
    let asked = client.get_secret_value().secret_id(secret.as_str()).send().await;
    let answer = asked.map_err(|error| classify(refusal(&error, clock, &secrets)))?;
    match (answer.secret_string(), answer.secret_binary()) {
        (Some(text), _) => SecretLogin::parse(engine, text).map_err(SecretError::Malformed),
        (None, Some(_)) => Err(SecretError::Malformed(SecretProblem::Binary)),
        // The SDK accepts an empty body as an answer.
        (None, None) => Err(SecretError::Failed(AwsRefusal::Answered {
            code: None,
            status: 200,
            message: "the answer contains no secret".to_owned(),
            clock: None,
        })),
    }
}

fn classify(refusal: AwsRefusal) -> SecretError {
    match refusal.class() {
        RefusalClass::Permission => SecretError::Denied(refusal),
        RefusalClass::ExpiredKeys => SecretError::KeysExpired(refusal),
        RefusalClass::Missing => SecretError::NotFound(refusal),
        RefusalClass::Keys
        | RefusalClass::Clock
        | RefusalClass::Temporary
        | RefusalClass::Other => SecretError::Failed(refusal),
    }
}
