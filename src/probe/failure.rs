//! What a probe can come to, other than health: one variant per step, each with its facts.

use std::time::{Duration, SystemTime};

use super::step::Step;
use crate::config::{ExpectedRole, Problems};
use crate::health::{QueryError, Role};
use crate::session::{AuthenticateError, ConnectError, ConnectFailure, ResolveError};
use crate::tls::{AnchorError, TlsError};
use crate::token::{CredentialsError, SecretError, SignError};

/// The step that failed, and why.
#[derive(Debug)]
pub enum Failure {
    /// The environment, or the trust anchors that it names.
    Config(ConfigFailure),
    /// No keys to sign with.
    Credentials(CredentialsError),
    /// No token.
    Sign(SignError),
    /// No address.
    Resolve(ResolveError),
    /// No connection.
    Connect(ConnectError),
    /// No encrypted stream.
    Tls(TlsError),
    /// No session.
    Authenticate(AuthenticateError),
    /// No trustworthy answer.
    Query(QueryError),
}

/// What is wrong before anything was tried.
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
    /// Another kind of server than expected.
    RoleMismatch {
        /// What was expected.
        expected: ExpectedRole,
        /// Who answered.
        found: Role,
    },
    /// The server's certificate ends soon.
    CertificateExpiring {
        /// When.
        not_after: SystemTime,
        /// How long until then.
        left: Duration,
    },
}

impl Failure {
    /// The step at which it happened.
    pub fn step(&self) -> Step {
        match self {
            Self::Config(_) => Step::Config,
            Self::Credentials(_) => Step::Credentials,
            Self::Sign(_) => Step::Sign,
            Self::Resolve(_) => Step::Resolve,
            Self::Connect(_) => Step::Connect,
            Self::Tls(_) => Step::Tls,
            Self::Authenticate(_) => Step::Authenticate,
            Self::Query(_) => Step::Query,
        }
    }

    /// Whether the deadline cut the step off.
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Config(_) | Self::Sign(_) => false,
            Self::Credentials(error) => matches!(
                error,
                CredentialsError::TimedOut { .. }
                    | CredentialsError::Secret(SecretError::TimedOut { .. })
            ),
            Self::Resolve(error) => matches!(error, ResolveError::TimedOut { .. }),
            Self::Connect(error) => error
                .decisive()
                .is_some_and(|attempt| matches!(attempt.failure, ConnectFailure::TimedOut { .. })),
            Self::Tls(error) => matches!(error, TlsError::TimedOut { .. }),
            Self::Authenticate(error) => matches!(error, AuthenticateError::TimedOut { .. }),
            Self::Query(error) => matches!(error, QueryError::TimedOut { .. }),
        }
    }
}
