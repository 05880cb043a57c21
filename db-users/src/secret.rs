//! Users' passwords, read from AWS Secrets Manager.
//!
//! CloudFormation resolves no reference to a secret in a custom resource, and a password in an
//! event could be read wherever the event is, so the function reads the secrets itself.

use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::config::Config;
use rds_proxy_probe::connector::Contact;
use rds_proxy_probe::probe::{self, StepError};
use rds_proxy_probe::token::{AwsRefusal, KeyRing, RefusalKind, Secrets, client_config, refusal};
use serde_json::Value;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::properties::{Login, Password, SecretArn, User, UserName};

/// How long a refusal is asked about again: a policy that the same deployment has just attached
/// takes some seconds to be known everywhere.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>
const PROPAGATION: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(3);

/// Reads secrets as the function itself.
pub(crate) struct Reader<'a> {
    pub(crate) config: &'a Config,
    pub(crate) clock: &'a Clock,
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER`, which the environment is asked for in one place.
    pub(crate) endpoint: Option<String>,
    /// When the last answer must be there.
    pub(crate) until: Instant,
}

/// A password could not be read.
#[derive(Debug)]
pub(crate) struct NoPassword {
    pub(crate) user: UserName,
    pub(crate) secret: SecretArn,
    pub(crate) cause: Cause,
}

/// Why.
#[derive(Debug)]
pub(crate) enum Cause {
    /// There are no keys to ask with.
    NoKeys(probe::Failure),
    /// Secrets Manager did not give it.
    Refused(AwsRefusal),
    /// It is not what it should be.
    Malformed(&'static str),
    /// There was no answer in time.
    TimedOut,
}

impl Reader<'_> {
    /// The users with their passwords.
    pub(crate) async fn read(
        &self,
        users: Vec<User<SecretArn>>,
    ) -> Result<Vec<User<Password>>, Box<NoPassword>> {
        let mut read = Vec::with_capacity(users.len());
        for User { name, login, grant } in users {
            let login = match login {
                Login::Iam => Login::Iam,
                Login::Secret(secret) => match self.password(&secret, &name).await {
                    Ok(password) => Login::Secret(password),
                    Err(cause) => return Err(Box::new(NoPassword { user: name, secret, cause })),
                },
            };
            read.push(User { name, login, grant });
        }
        Ok(read)
    }

    async fn password(&self, secret: &SecretArn, user: &UserName) -> Result<Password, Cause> {
        let give_up = self.until.min(Instant::now() + PROPAGATION);
        loop {
            let asked = timeout_at(self.until, Box::pin(self.ask(secret))).await;
            let again = Instant::now() + PAUSE;
            match asked {
                Err(_) => return Err(Cause::TimedOut),
                Ok(Ok(text)) => return parse(&text, user).map_err(Cause::Malformed),
                Ok(Err(Cause::Refused(refusal))) if may_pass(&refusal) && again < give_up => {
                    sleep_until(again).await;
                }
                Ok(Err(cause)) => return Err(cause),
            }
        }
    }

    async fn ask(&self, secret: &SecretArn) -> Result<String, Cause> {
        let region = &self.config.endpoint.region;
        let contact = Contact::default();
        let keys = KeyRing::default().keys(&self.config.keys, region, self.clock, &contact).await;
        let no_keys = |error| Cause::NoKeys(probe::Failure::Credentials(StepError::Failed(error)));
        let keys = keys.map_err(no_keys)?;
        let secrets = Secrets::of_keys(&keys);
        let config = client_config(secret.region(), keys, &contact).await;
        let mut config = Builder::from(&config);
        config.set_endpoint_url(self.endpoint.clone());
        let client = Client::from_conf(config.build());
        let asked = client.get_secret_value().secret_id(secret.as_str()).send().await;
        let answer =
            asked.map_err(|error| Cause::Refused(refusal(&error, self.clock, &secrets)))?;
        answer.secret_string.ok_or(Cause::Malformed("it is binary"))
    }
}

/// Whether a policy that is not known everywhere yet would be refused in these words.
fn may_pass(refusal: &AwsRefusal) -> bool {
    is_denied(refusal) || refusal.is_temporary()
}

pub(crate) fn is_denied(refusal: &AwsRefusal) -> bool {
    let denials = [RefusalKind::Denied, RefusalKind::ExplicitlyDenied, RefusalKind::KeyDenied];
    denials.contains(&refusal.kind())
}

pub(crate) fn is_gone(refusal: &AwsRefusal) -> bool {
    [RefusalKind::NotFound, RefusalKind::Deleted].contains(&refusal.kind())
}

/// Whether nothing answered, which alone is a matter of the network.
pub(crate) fn is_unanswered(refusal: &AwsRefusal) -> bool {
    refusal.kind() == RefusalKind::Unanswered
}

/// The password in a secret, in the form that RDS Proxy reads; its content is never repeated.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-secrets-arns.html>
fn parse(text: &str, user: &UserName) -> Result<Password, &'static str> {
    let value: Value = serde_json::from_str(text).or(Err("it is not JSON"))?;
    let key = |key: &str| value.get(key).and_then(Value::as_str);
    match key("username") {
        None => Err("it has no text under \"username\" (lower case)"),
        Some(name) if name != user.as_str() => Err("its username is not the user's Name"),
        Some(_) => {
            let password = key("password");
            Password::parse(password.ok_or("it has no text under \"password\" (lower case)")?)
        }
    }
}
