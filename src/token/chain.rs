//! The SDK's default chain of providers, asked one after another.
//!
//! The SDK has the same chain, but its error does not say which provider failed, and one that does
//! not answer uses up all the time. `diagnosis` explains a failure.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>

use std::error::Error;
use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_credential_types::provider::error::CredentialsError as ProviderError;
use aws_sdk_sso::operation::get_role_credentials::GetRoleCredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::time::Instant;

use super::aws::{provider_config, refusal};
use super::error::{CredentialsError, ProviderFailure};
use super::profile::{Profile, ProfileSource};
use super::redact::Secrets;
use super::refusal::{AwsRefusal, RefusalKind};
use crate::clock::Clock;
use crate::config::{KeyFlaw, Region};
use crate::connector::{Contact, behind};

/// A provider of the chain that is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provider {
    /// `AWS_ACCESS_KEY_ID` and its like.
    Environment,
    /// The shared config and credentials files.
    Profile(Profile),
    /// `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`, as in EKS.
    WebIdentity,
    /// `AWS_CONTAINER_CREDENTIALS_FULL_URI` or its relative form, as in ECS.
    Container,
}

/// What a service answered to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRefusal {
    /// Which service.
    pub service: KeyService,
    /// What it said.
    pub refusal: AwsRefusal,
}

/// A service that hands out keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyService {
    /// AWS STS, for a role.
    Sts,
    /// IAM Identity Center, for a profile with an SSO session.
    IdentityCenter,
}

/// The chain's order.
#[derive(Clone, Copy)]
enum Link {
    Environment,
    Profile,
    WebIdentity,
    Container,
    Instance,
}

const CHAIN: [Link; 5] =
    [Link::Environment, Link::Profile, Link::WebIdentity, Link::Container, Link::Instance];

/// How long an instance's metadata service may take. Without one, its address often does not answer;
/// with one, the answer takes milliseconds.
const INSTANCE_PATIENCE: Duration = Duration::from_secs(1);

/// How much of a provider's message is kept, in characters.
const REASON_LIMIT: usize = 500;

/// The first keys that a provider has.
pub(super) async fn ask_chain(
    region: &Region,
    clock: &Clock,
    contact: &Contact,
) -> Result<Credentials, CredentialsError> {
    let config = provider_config(region, contact).await;
    let mut instance = None;
    for link in CHAIN {
        let begun = Instant::now();
        match ask(link, &config).await {
            Ok(keys) => {
                let flaws = flaws(&keys);
                if flaws.is_empty() {
                    return Ok(keys);
                }
                return Err(CredentialsError::Malformed { provider: link.provider().await, flaws });
            }
            Err(ProviderError::CredentialsNotLoaded(_)) => {}
            Err(error) => match link.provider().await {
                Some(provider) => return Err(failure(provider, error, begun.elapsed(), clock)),
                // It is asked whenever nothing else is configured, so its failure tells nothing.
                None => instance = Some(words(&error)),
            },
        }
    }
    Err(CredentialsError::Missing { profile: Profile::selected().await, instance })
}

async fn ask(link: Link, config: &ProviderConfig) -> Result<Credentials, ProviderError> {
    match link {
        Link::Environment => {
            EnvironmentVariableCredentialsProvider::new().provide_credentials().await
        }
        Link::Profile => {
            let provider = ProfileFileCredentialsProvider::builder().configure(config).build();
            provider.provide_credentials().await
        }
        Link::WebIdentity => {
            let provider = WebIdentityTokenCredentialsProvider::builder().configure(config).build();
            provider.provide_credentials().await
        }
        Link::Container => {
            let provider = EcsCredentialsProvider::builder().configure(config).build();
            provider.provide_credentials().await
        }
        Link::Instance => {
            let client = imds::Client::builder()
                .configure(config)
                .max_attempts(1)
                .connect_timeout(INSTANCE_PATIENCE)
                .read_timeout(INSTANCE_PATIENCE)
                .build();
            let provider = ImdsCredentialsProvider::builder().configure(config).imds_client(client);
            provider.build().provide_credentials().await
        }
    }
}

impl Link {
    /// The provider, if it is asked only if configured.
    async fn provider(self) -> Option<Provider> {
        match self {
            Self::Environment => Some(Provider::Environment),
            Self::Profile => Some(Provider::Profile(Profile::selected().await)),
            Self::WebIdentity => Some(Provider::WebIdentity),
            Self::Container => Some(Provider::Container),
            Self::Instance => None,
        }
    }
}

fn flaws(keys: &Credentials) -> Vec<KeyFlaw> {
    KeyFlaw::all(keys.access_key_id(), keys.secret_access_key(), keys.session_token())
}

/// How a configured provider failed, after so long.
#[expect(clippy::needless_pass_by_value, reason = "an error ends here")]
fn failure(
    provider: Provider,
    error: ProviderError,
    after: Duration,
    clock: &Clock,
) -> CredentialsError {
    let said = service_refusal(&error, clock);
    let reason = words(&error);
    match provider {
        provider if is_silence(&error) && !is_connected(said.as_ref()) => {
            CredentialsError::Silent { provider, after }
        }
        // Without its session, IAM Identity Center is not asked.
        Provider::Profile(profile) if profile.source == ProfileSource::Sso && said.is_none() => {
            CredentialsError::SsoSession { profile, reason }
        }
        Provider::Environment
        | Provider::Profile(_)
        | Provider::WebIdentity
        | Provider::Container => {
            CredentialsError::Provider(Box::new(ProviderFailure { provider, said, reason }))
        }
    }
}

/// What AWS STS or IAM Identity Center answered to a provider.
fn service_refusal(error: &ProviderError, clock: &Clock) -> Option<ServiceRefusal> {
    let of = |service, refusal| ServiceRefusal { service, refusal };
    behind(error).find_map(|error| {
        of_service::<AssumeRoleError>(error, clock)
            .or_else(|| of_service::<AssumeRoleWithWebIdentityError>(error, clock))
            .map(|refusal| of(KeyService::Sts, refusal))
            .or_else(|| {
                let refusal = of_service::<GetRoleCredentialsError>(error, clock)?;
                Some(of(KeyService::IdentityCenter, refusal))
            })
    })
}

fn of_service<E>(error: &(dyn Error + 'static), clock: &Clock) -> Option<AwsRefusal>
where
    E: Error + ProvideErrorMetadata + 'static,
{
    let error = error.downcast_ref::<SdkError<E, HttpResponse>>()?;
    Some(refusal(error, clock, &Secrets::default()))
}

/// Whether a service accepted the connection before it was silent, so that the network is fine.
fn is_connected(said: Option<&ServiceRefusal>) -> bool {
    said.is_some_and(|said| said.refusal.kind() == RefusalKind::Disconnected)
}

/// Whether the SDK's own timeout for a provider passed, which can be before the step's.
fn is_silence(error: &ProviderError) -> bool {
    matches!(error, ProviderError::ProviderTimedOut(_))
        || behind(error).any(|error| {
            error.downcast_ref::<ConnectorError>().is_some_and(ConnectorError::is_timeout)
        })
}

/// An error and its sources, in one line.
fn words(error: &ProviderError) -> String {
    let all: Vec<String> = behind(error).map(ToString::to_string).collect();
    let line = all.join(": ").split_whitespace().collect::<Vec<_>>().join(" ");
    Secrets::default().clean(&line, REASON_LIMIT)
}
