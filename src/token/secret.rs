//! User and password out of AWS Secrets Manager, in the form that RDS uses.
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html>

use std::fmt;

use aws_credential_types::Credentials;
use serde_json::Value;

use super::aws::{client_config, refusal};
use super::error::{AwsRefusal, RefusalKind, SecretError};
use super::redact::Redacted;
use crate::clock::Clock;
use crate::config::{DbUser, SecretArn};

/// What is read of a secret, and nothing else of it.
#[derive(Clone)]
pub struct SecretLogin {
    /// The database user.
    pub user: DbUser,
    /// Its password.
    password: Redacted<String>,
    /// The host that the secret names; compared, never connected to.
    pub host: Option<String>,
    /// The port that the secret names; compared, never connected to.
    pub port: Option<u16>,
}

impl SecretLogin {
    /// The password: for the startup of a session, and for nothing else.
    pub(super) fn expose(&self) -> &str {
        self.password.expose()
    }

    /// Whether user or password differ from another reading of the secret.
    pub fn differs_from(&self, other: &Self) -> bool {
        self.user != other.user || self.password.expose() != other.password.expose()
    }
}

impl fmt::Debug for SecretLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretLogin").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Reads the secret's current version.
///
/// # Errors
/// [`SecretError`].
pub async fn read_secret(
    secret: &SecretArn,
    keys: Credentials,
    clock: &Clock,
) -> Result<SecretLogin, SecretError> {
    let config = client_config(secret.region(), keys).await;
    let client = aws_sdk_secretsmanager::Client::new(&config);
    let asked = client.get_secret_value().secret_id(secret.as_str()).send().await;
    let answer = asked.map_err(|error| classify(refusal(&error, clock)))?;
    let text = answer.secret_string().ok_or(SecretError::Malformed("it is binary"))?;
    parse(text).map_err(SecretError::Malformed)
}

fn classify(refusal: AwsRefusal) -> SecretError {
    match refusal.kind() {
        RefusalKind::Denied => SecretError::Denied(refusal),
        RefusalKind::Expired => SecretError::KeysExpired(refusal),
        RefusalKind::NotFound => SecretError::NotFound(refusal),
        // A secret that is marked as deleted is an invalid request to the service.
        RefusalKind::Other if says_deleted(&refusal) => SecretError::NotFound(refusal),
        RefusalKind::ClockSkewed
        | RefusalKind::KeysUnknown
        | RefusalKind::SignatureWrong
        | RefusalKind::Decryption
        | RefusalKind::RegionDisabled
        | RefusalKind::Throttled
        | RefusalKind::ServiceFault
        | RefusalKind::Unanswered
        | RefusalKind::Other => SecretError::Failed(refusal),
    }
}

fn says_deleted(refusal: &AwsRefusal) -> bool {
    match refusal {
        AwsRefusal::Answered { code, .. } => code.as_deref() == Some("InvalidRequestException"),
        AwsRefusal::Unanswered { .. } => false,
    }
}

/// The secret's login, or what is wrong with it; its content is never repeated.
fn parse(text: &str) -> Result<SecretLogin, &'static str> {
    let value: Value = serde_json::from_str(text).or(Err("it is not JSON"))?;
    let Value::Object(keys) = value else { return Err("it is not a JSON object") };
    let text = |key: &str| keys.get(key).and_then(Value::as_str);
    let user = text("username").ok_or("it has no text under \"username\" (lower case)")?;
    let password = text("password").ok_or("it has no text under \"password\" (lower case)")?;
    if password.is_empty() {
        return Err("its password is empty");
    }
    let port = keys.get("port").and_then(|port| match port.as_str() {
        Some(text) => text.parse().ok(),
        None => port.as_u64().and_then(|number| u16::try_from(number).ok()),
    });
    Ok(SecretLogin {
        user: DbUser::parse(user).or(Err("its username is not one that PostgreSQL can hold"))?,
        password: Redacted::new(password.to_owned()),
        host: text("host").map(str::to_ascii_lowercase),
        port,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_in_the_form_that_rds_uses() {
        let login = parse(
            r#"{"username": "app", "password": "p4ssw0rd", "host": "DB.example", "port": 5432,
                "engine": "postgres"}"#,
        )
        .unwrap();
        assert_eq!((login.user.as_str(), login.expose()), ("app", "p4ssw0rd"));
        assert_eq!((login.host.as_deref(), login.port), (Some("db.example"), Some(5432)));
        assert!(!format!("{login:?}").contains("p4ssw0rd"));
        let minimal = parse(r#"{"username": "app", "password": "x", "port": "6000"}"#).unwrap();
        assert_eq!((minimal.host, minimal.port), (None, Some(6000)));
    }

    #[test]
    fn a_malformed_secret_is_named_without_being_repeated() {
        for (text, problem) in [
            ("hunter2", "it is not JSON"),
            ("[]", "it is not a JSON object"),
            (
                r#"{"Username": "a", "password": "hunter2"}"#,
                "it has no text under \"username\" (lower case)",
            ),
            (
                r#"{"username": "a", "password": 1}"#,
                "it has no text under \"password\" (lower case)",
            ),
            (r#"{"username": "a", "password": ""}"#, "its password is empty"),
            (
                r#"{"username": "", "password": "hunter2"}"#,
                "its username is not one that PostgreSQL can hold",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err(), problem);
        }
    }
}
