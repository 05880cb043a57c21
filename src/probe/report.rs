//! What a probe found. Always complete: a block that was not reached is `None`, never made up.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::failure::{ConfigFailure, Degradation, Failure};
use super::step::{Step, StepRecord, StepStatus};
use crate::clock::Offset;
use crate::config::{AuthMethod, Config, DbUser};
use crate::explain::ControlPlane;
use crate::health::HealthFacts;
use crate::tls::TlsFacts;

/// What a probe found.
#[derive(Debug)]
pub struct Report {
    /// What it comes to.
    pub outcome: Outcome,
    /// The session that was used.
    pub session: Option<SessionFacts>,
    /// What was tried before, and had to be tried again.
    pub retry: Option<Retry>,
    /// Who signed in, or was about to.
    pub login: Option<LoginFacts>,
    /// What the handshake showed, also a refused one.
    pub tls: Option<Arc<TlsFacts>>,
    /// What the database said of itself.
    pub database: Option<HealthFacts>,
    /// What the control plane said, if it was asked.
    pub control_plane: Option<ControlPlane>,
    /// How far the server's clock was from this machine's when it last answered.
    pub server_clock: Option<Offset>,
    /// The steps that were reached, in order.
    pub steps: Vec<StepRecord>,
    /// How long it all took.
    pub elapsed: Duration,
}

/// What a probe comes to.
#[derive(Debug)]
pub enum Outcome {
    /// It answers, as expected.
    Healthy,
    /// It answers, but not as expected.
    Degraded(Degradation),
    /// It does not answer.
    Failed(Failure),
}

/// The session that a probe used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionFacts {
    /// Whether it was kept from an earlier probe.
    pub reused: bool,
    /// How long ago it was signed in, by the wall clock.
    pub age: Duration,
}

/// A kept session that did not answer, or a kept secret that was rotated meanwhile: what it came
/// to before a fresh one was used.
#[derive(Debug)]
pub struct Retry {
    /// How it failed.
    pub failure: Failure,
    /// How long was spent on it.
    pub elapsed: Duration,
}

/// Who signed in, or was about to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginFacts {
    /// The database user.
    pub user: DbUser,
    /// The keys that signed the token.
    pub keys: Option<KeyFacts>,
    /// The host that the secret names.
    pub secret_host: Option<String>,
    /// The port that the secret names.
    pub secret_port: Option<u16>,
}

/// The keys that signed a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFacts {
    /// Their id, which is no secret.
    pub id: String,
    /// When they end, as far as they say.
    pub end: Option<SystemTime>,
}

impl Report {
    /// The report of a probe that could not begin.
    pub fn not_begun(failure: ConfigFailure, elapsed: Duration) -> Self {
        Self {
            outcome: Outcome::Failed(Failure::Config(failure)),
            session: None,
            retry: None,
            login: None,
            tls: None,
            database: None,
            control_plane: None,
            server_clock: None,
            steps: vec![StepRecord { step: Step::Config, status: StepStatus::Failed, elapsed }],
            elapsed,
        }
    }

    /// Who signed in or was about to; `None` when that stands in a secret that was not read.
    pub fn user<'a>(&'a self, config: &'a Config) -> Option<&'a DbUser> {
        let configured = match &config.auth {
            AuthMethod::Iam { user } => Some(user),
            AuthMethod::Secret { .. } => None,
        };
        self.login.as_ref().map(|login| &login.user).or(configured)
    }

    /// How long a step took, if it was reached and did its work.
    pub fn elapsed_in(&self, step: Step) -> Option<Duration> {
        let done = |record: &&StepRecord| record.step == step && record.status == StepStatus::Ok;
        self.steps.iter().find(done).map(|record| record.elapsed)
    }
}

/// How close to its end a certificate may come before that is said: 14 days.
const CERTIFICATE_NOTICE: Duration = Duration::from_hours(14 * 24);

/// What is not as expected of a database that answers.
pub(super) fn degradation(
    config: &Config,
    health: &HealthFacts,
    tls: Option<&TlsFacts>,
    now: SystemTime,
) -> Option<Degradation> {
    use crate::config::ExpectedRole::{Any, Reader, Writer};
    use crate::health::Role;
    let expected = config.expected_role;
    let as_expected = match expected {
        Any => true,
        Writer => health.role == Role::Writer,
        Reader => health.role == Role::Reader,
    };
    if !as_expected {
        return Some(Degradation::RoleMismatch { expected, found: health.role });
    }
    let not_after = tls?.not_after?;
    let left = not_after.duration_since(now).unwrap_or_default();
    (left < CERTIFICATE_NOTICE).then_some(Degradation::CertificateExpiring { not_after, left })
}
