//! Users' passwords, read from AWS Secrets Manager.
//!
//! CloudFormation does not resolve references to secrets in a custom resource, and a password in an
//! event would be visible wherever the event is, so the function reads the secrets itself.

use std::time::Duration;

use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::config::{Config, SecretArn};
use rds_proxy_probe::connector::Contact;
use rds_proxy_probe::probe::{Failure, StepError};
use rds_proxy_probe::token::{KeyRing, SecretError, SecretLogin, SecretSource, read_secret};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::properties::{Login, Password, User, UserName};

/// How long a refusal is retried: a policy that the same deployment has just attached takes some
/// seconds to take effect.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>
const PROPAGATION: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(3);

/// Reads secrets with the function's own keys.
pub(crate) struct Reader<'a> {
    config: &'a Config,
    clock: &'a Clock,
    key_ring: KeyRing,
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER`, read with the other variables.
    endpoint: Option<String>,
    /// The deadline of the last answer.
    until: Instant,
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
    /// A probe's failure: no keys, no secret, a timeout, or a secret without a login.
    NotRead(Failure),
    /// The secret is another user's.
    OtherUser,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        config: &'a Config,
        clock: &'a Clock,
        endpoint: Option<String>,
        until: Instant,
    ) -> Self {
        Self { config, clock, key_ring: KeyRing::default(), endpoint, until }
    }

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
        let login = self.login(secret).await.map_err(Cause::NotRead)?;
        if login.user.as_str() == user.as_str() {
            Ok(Password::of(self.config.engine, &login))
        } else {
            Err(Cause::OtherUser)
        }
    }

    async fn login(&self, secret: &SecretArn) -> Result<SecretLogin, Failure> {
        let begun = Instant::now();
        let give_up = self.until.min(begun + PROPAGATION);
        loop {
            let asked = timeout_at(self.until, Box::pin(self.ask(secret))).await;
            let again = Instant::now() + PAUSE;
            match asked {
                Err(_elapsed) => {
                    return Err(Failure::Secret(StepError::TimedOut { after: begun.elapsed() }));
                }
                Ok(Err(failure)) if may_pass(&failure) && again < give_up => {
                    sleep_until(again).await;
                }
                Ok(answer) => return answer,
            }
        }
    }

    async fn ask(&self, secret: &SecretArn) -> Result<SecretLogin, Failure> {
        let Self { config, clock, key_ring, endpoint, .. } = self;
        let contact = Contact::default();
        let region = &config.endpoint.region;
        let keys = key_ring.keys(&config.keys, region, clock, &contact).await;
        let keys = keys.map_err(|error| Failure::Credentials(StepError::Failed(error)))?;
        let source =
            SecretSource { arn: secret, engine: config.engine, endpoint: endpoint.as_deref() };
        let read = read_secret(source, keys, clock, &contact).await;
        read.map_err(|error| Failure::Secret(StepError::Failed(error)))
    }
}

/// Whether asking again soon can help, also because a policy has not taken effect yet.
fn may_pass(failure: &Failure) -> bool {
    match failure {
        Failure::Secret(StepError::Failed(SecretError::Denied(_))) => true,
        Failure::Secret(StepError::Failed(SecretError::Failed(refusal))) => refusal.is_temporary(),
        Failure::Secret(
            StepError::Failed(
                SecretError::KeysExpired(_) | SecretError::NotFound(_) | SecretError::Malformed(_),
            )
            | StepError::TimedOut { .. },
        )
        | Failure::Config(_)
        | Failure::Credentials(_)
        | Failure::Sign(_)
        | Failure::Resolve(_)
        | Failure::Connect(_)
        | Failure::Tls(_)
        | Failure::Authenticate(_)
        | Failure::Query(_) => false,
    }
}
