//! What a probe found. Always complete: a block that was not reached is `None`.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::budget::StepsBudget;
use super::failure::{ConfigFailure, Degradation, Failure};
use super::step::{Step, StepRecord, StepStatus};
use crate::clock::Offset;
use crate::config::{AuthMethod, Config, DbUser};
use crate::explain::ControlPlane;
use crate::health::HealthFacts;
use crate::session::AuthRequest;
use crate::tls::TlsFacts;
use crate::token::SecretEngine;

/// What a probe found.
#[derive(Debug)]
pub struct Report {
    /// The decisive attempt.
    pub attempt: Attempt,
    /// The other attempt, if there was one.
    pub retry: Option<Attempt>,
    /// What is not as expected, of a database that answers.
    pub degradation: Option<Degradation>,
    /// What the control plane said, if it was asked.
    pub control_plane: Option<ControlPlane>,
    /// How long the steps could take together; `None` if none began.
    pub budget: Option<StepsBudget>,
    /// How far the server's clock was from this machine's when it last answered.
    pub server_clock: Option<Offset>,
    /// How long the probe took.
    pub elapsed: Duration,
}

/// One attempt to reach the database: over a kept session, or by logging in.
#[derive(Debug)]
pub struct Attempt {
    /// The steps that were reached, in order.
    pub steps: Vec<StepRecord>,
    /// The session that was used.
    pub session: Option<SessionFacts>,
    /// Who logged in, or tried to.
    pub login: Option<LoginFacts>,
    /// How the server asked for the token or the password, if it did.
    pub asked: Option<AuthRequest>,
    /// What the handshake showed, also if it failed.
    pub tls: Option<Arc<TlsFacts>>,
    /// Whether an AWS service, or the server at its address, accepted a connection for keys or a
    /// secret and did not answer.
    pub aws_is_silent: bool,
    /// Its result.
    pub result: Result<HealthFacts, Failure>,
    /// How long it took.
    pub elapsed: Duration,
}

/// A probe's outcome.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// It answers, as expected.
    Healthy,
    /// It answers, but not as expected.
    Degraded(&'a Degradation),
    /// It does not answer.
    Failed(&'a Failure),
}

/// The session that an attempt used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionFacts {
    /// Whether it was kept from an earlier probe.
    pub reused: bool,
    /// How long ago it was logged in, by the wall clock.
    pub age: Duration,
}

/// Who logged in, or tried to.
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
    /// The engine that the secret names.
    pub secret_engine: Option<SecretEngine>,
}

/// The keys that signed a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFacts {
    /// Their id, which is no secret.
    pub id: String,
    /// When they expire, if they tell.
    pub end: Option<SystemTime>,
}

impl LoginFacts {
    /// Who logged in or tried to; `None` if a secret names the user and was not read.
    pub fn user_or_configured<'a>(
        login: Option<&'a Self>,
        config: &'a Config,
    ) -> Option<&'a DbUser> {
        login.map(|login| &login.user).or_else(|| config.auth.user())
    }
}

impl Report {
    /// The report of a probe that could not start.
    pub fn not_begun(failure: ConfigFailure, elapsed: Duration) -> Self {
        let step = StepRecord { step: Step::Config, status: StepStatus::Failed, elapsed };
        let attempt = Attempt {
            steps: vec![step],
            session: None,
            login: None,
            asked: None,
            tls: None,
            aws_is_silent: false,
            result: Err(Failure::Config(failure)),
            elapsed,
        };
        Self {
            attempt,
            retry: None,
            degradation: None,
            control_plane: None,
            budget: None,
            server_clock: None,
            elapsed,
        }
    }

    /// Its outcome.
    pub fn outcome(&self) -> Outcome<'_> {
        match (&self.attempt.result, &self.degradation) {
            (Err(failure), _) => Outcome::Failed(failure),
            (Ok(_), Some(degradation)) => Outcome::Degraded(degradation),
            (Ok(_), None) => Outcome::Healthy,
        }
    }

    /// What the database says about itself.
    pub fn database(&self) -> Option<&HealthFacts> {
        self.attempt.result.as_ref().ok()
    }

    /// Who logged in or tried to; `None` if a secret names the user and was not read.
    pub fn user<'a>(&'a self, config: &'a Config) -> Option<&'a DbUser> {
        LoginFacts::user_or_configured(self.attempt.login.as_ref(), config)
    }

    /// How long a step took, if it succeeded.
    pub fn elapsed_in(&self, step: Step) -> Option<Duration> {
        let done = |record: &&StepRecord| record.step == step && record.status == StepStatus::Ok;
        self.attempt.steps.iter().find(done).map(|record| record.elapsed)
    }
}

/// How early the expiry of a certificate is reported: 14 days.
const CERTIFICATE_NOTICE: Duration = Duration::from_hours(14 * 24);

/// What is not as expected, of a database that answers.
pub(super) fn degradation(
    config: &Config,
    attempt: &Attempt,
    now: SystemTime,
) -> Option<Degradation> {
    use crate::config::ExpectedRole::{Any, Reader, Writer};
    use crate::health::Role;
    let health = attempt.result.as_ref().ok()?;
    match (&config.auth, &attempt.asked) {
        (AuthMethod::Iam { .. }, None) => return Some(Degradation::NotAsked),
        (AuthMethod::Iam { .. }, Some(_)) | (AuthMethod::Secret { .. }, _) => {}
    }
    let expected = config.expected_role;
    let as_expected = match expected {
        Any => true,
        Writer => health.role == Role::Writer,
        Reader => health.role == Role::Reader,
    };
    if !as_expected {
        return Some(Degradation::RoleMismatch { expected, found: health.role });
    }
    let not_after = attempt.tls.as_ref()?.not_after?;
    let left = not_after.duration_since(now).unwrap_or_default();
    (left < CERTIFICATE_NOTICE).then_some(Degradation::CertificateExpiring { not_after, left })
}
