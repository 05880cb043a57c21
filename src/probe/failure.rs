//! How a probe can fail: one variant per step, each with its facts.

use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout_at};

use super::step::Step;
use crate::config::{ExpectedRole, Problems};
use crate::health::{QueryError, Role};
use crate::session::{AuthenticateError, ConnectError, ConnectFailure, EncryptError, ResolveError};
use crate::tls::{AnchorError, AnchorProblem};
use crate::token::{CredentialsError, SecretError, SignError};

/// The step that failed, and why.
#[derive(Debug)]
pub enum Failure {
    /// The environment, or the trust anchors that it names.
    Config(ConfigFailure),
    /// No keys to sign or to read a secret with.
    Credentials(StepError<CredentialsError>),
    /// The keys are there, but not the secret; its step is `credentials` too.
    Secret(StepError<SecretError>),
    /// No token.
    Sign(SignError),
    /// No address.
    Resolve(StepError<ResolveError>),
    /// No connection. It divides its time among addresses, so each has its own timeout.
    Connect(ConnectError),
    /// No encrypted stream.
    Tls(StepError<EncryptError>),
    /// No session.
    Authenticate(StepError<AuthenticateError>),
    /// No trustworthy answer.
    Query(StepError<QueryError>),
}

/// Why a step failed.
#[derive(Debug)]
pub enum StepError<E> {
    /// It timed out.
    TimedOut {
        /// After how long.
        after: Duration,
    },
    /// It failed before that.
    Failed(E),
}

/// What is wrong before anything is tried.
#[derive(Debug)]
pub enum ConfigFailure {
    /// Variables.
    Variables(Problems),
    /// The event that asked for the probe.
    Event(String),
    /// The trust anchors.
    Anchors(AnchorError),
}

/// It answers, but not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Degradation {
    /// The server accepted the login without asking for the token.
    NotAsked,
    /// Another kind of server than expected.
    RoleMismatch {
        /// What was expected.
        expected: ExpectedRole,
        /// What answered.
        found: Role,
    },
    /// The server's certificate expires soon.
    CertificateExpiring {
        /// When.
        not_after: SystemTime,
        /// How long until then.
        left: Duration,
    },
}

/// The work's result, or a timeout. Only this function makes a step's timeout.
pub(super) async fn within<T, E>(
    until: Instant,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, StepError<E>> {
    let begun = Instant::now();
    match timeout_at(until, work).await {
        Ok(result) => result.map_err(StepError::Failed),
        Err(_elapsed) => Err(StepError::TimedOut { after: begun.elapsed() }),
    }
}

impl Degradation {
    /// The step that it is about.
    pub fn step(&self) -> Step {
        match self {
            Self::NotAsked => Step::Authenticate,
            Self::RoleMismatch { .. } | Self::CertificateExpiring { .. } => Step::Query,
        }
    }
}

impl<E> StepError<E> {
    fn is_timeout(&self) -> bool {
        match self {
            Self::TimedOut { .. } => true,
            Self::Failed(_) => false,
        }
    }
}

impl Failure {
    /// The step at which it happened.
    pub fn step(&self) -> Step {
        match self {
            Self::Config(_) => Step::Config,
            Self::Credentials(_) | Self::Secret(_) => Step::Credentials,
            Self::Sign(_) => Step::Sign,
            Self::Resolve(_) => Step::Resolve,
            Self::Connect(_) => Step::Connect,
            Self::Tls(_) => Step::Tls,
            Self::Authenticate(_) => Step::Authenticate,
            Self::Query(_) => Step::Query,
        }
    }

    /// Whether the step timed out.
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Config(ConfigFailure::Anchors(error)) => {
                matches!(error.problem, AnchorProblem::TimedOut { .. })
            }
            Self::Config(ConfigFailure::Variables(_) | ConfigFailure::Event(_)) | Self::Sign(_) => {
                false
            }
            // The SDK's own timeout for a provider may be shorter.
            Self::Credentials(StepError::Failed(error)) => {
                matches!(error, CredentialsError::Silent { .. })
            }
            Self::Credentials(error) => error.is_timeout(),
            Self::Secret(error) => error.is_timeout(),
            Self::Resolve(error) => error.is_timeout(),
            Self::Connect(error) => error
                .decisive()
                .is_some_and(|attempt| matches!(attempt.failure, ConnectFailure::TimedOut { .. })),
            Self::Tls(error) => error.is_timeout(),
            Self::Authenticate(error) => error.is_timeout(),
            Self::Query(error) => error.is_timeout(),
        }
    }
}
