//! One probe: the steps in their order, under one deadline. It returns a report, never an error.
//!
//! A session that worked is kept for the next probe. `diagnosis` interprets the report, `response`
//! writes it.

mod budget;
mod failure;
mod options;
#[cfg(feature = "progress")]
mod progress;
mod report;
mod run;
mod step;

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use tokio::time::Instant;

pub use budget::{BudgetLimit, StepsBudget};
pub use failure::{ConfigFailure, Degradation, Failure, StepError};
pub use options::Options;
#[cfg(feature = "progress")]
pub use progress::Progress;
pub use report::{Attempt, KeyFacts, LoginFacts, Outcome, Report, SessionFacts};
pub use step::{Step, StepRecord, StepStatus};

use crate::clock::{Clock, Offset};
use crate::config::{Config, Limits};
use crate::session::{KeptSession, Session};
use crate::tls::{AnchorError, Reading, TrustAnchors};
use crate::token::{KeyRing, SecretLogin};
use budget::Budget;
use run::Run;

/// What outlives a probe: the configuration, the parsed trust anchors, kept sessions, an assumed
/// role's keys, a secret.
#[derive(Debug)]
pub struct Prober {
    config: Config,
    clock: Clock,
    anchors: OnceLock<TrustAnchors>,
    early_anchors: Mutex<Option<Reading>>,
    kept: Mutex<Vec<KeptSession>>,
    key_ring: KeyRing,
    secret: Mutex<Option<SecretLogin>>,
    server_clock: Mutex<Option<Offset>>,
    #[cfg(feature = "progress")]
    progress: Option<Progress>,
}

impl Prober {
    /// A prober for this configuration.
    pub fn new(config: Config, clock: Clock) -> Self {
        Self {
            anchors: OnceLock::new(),
            early_anchors: Mutex::new(Reading::early(&config.anchors)),
            config,
            clock,
            kept: Mutex::default(),
            key_ring: KeyRing::default(),
            secret: Mutex::new(None),
            server_clock: Mutex::new(None),
            #[cfg(feature = "progress")]
            progress: None,
        }
    }

    /// The same, telling each step as it ends.
    #[cfg(feature = "progress")]
    #[must_use]
    pub fn with_progress(self, progress: Progress) -> Self {
        Self { progress: Some(progress), ..self }
    }

    /// Tells that a step ended.
    #[cfg(feature = "progress")]
    fn tell(&self, record: StepRecord) {
        if let Some(progress) = &self.progress {
            progress.tell(record);
        }
    }

    /// What it probes.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Probes once, and ends before the invocation does.
    pub async fn probe(&self, options: Options, invocation_ends: Option<SystemTime>) -> Report {
        self.run(invocation_ends).report(options).await
    }

    /// Logs in, and returns the session for other uses.
    ///
    /// # Errors
    /// The report of the failed probe.
    pub async fn open_session(
        &self,
        invocation_ends: Option<SystemTime>,
    ) -> Result<Session, Box<Report>> {
        self.run(invocation_ends).open_session().await.map_err(Box::new)
    }

    fn run(&self, invocation_ends: Option<SystemTime>) -> Run<'_> {
        let started = Instant::now();
        let now = self.clock.now();
        let budget = Budget::new(self.config.limits.timeout, invocation_ends, now, started);
        Run::new(self, started, budget)
    }

    /// The trust anchors, for the first probe that needs them.
    async fn anchors(&self, deadline: Instant) -> Result<&TrustAnchors, AnchorError> {
        if let Some(anchors) = self.anchors.get() {
            return Ok(anchors);
        }
        let Config { anchors, endpoint, .. } = &self.config;
        let early = self.early_anchors.lock().unwrap_or_else(PoisonError::into_inner).take();
        let anchors = TrustAnchors::load(anchors, endpoint.host.kind(), early, deadline).await?;
        Ok(self.anchors.get_or_init(|| anchors))
    }

    /// Takes the kept session that answered last, if it may be used again. Those that may not are
    /// closed.
    fn take_kept(&self) -> Option<KeptSession> {
        let (now, max_age) = (self.clock.now(), self.config.limits.session_max_age);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain_mut(|kept| kept.is_usable(now, max_age));
        kept.pop()
    }

    /// Keeps a session for a later invocation, as many as invocations may run at once: with fewer,
    /// simultaneous invocations would log in each time, and RDS Proxy limits logins per second. An
    /// idle session holds no database connection.
    fn keep(&self, session: KeptSession) {
        let Limits { session_max_age, max_concurrency, .. } = self.config.limits;
        // With an age of zero nothing is kept: it would hold a connection to the proxy.
        if !session_max_age.is_zero() {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push(session);
            let surplus = kept.len().saturating_sub(max_concurrency);
            kept.drain(..surplus);
        }
    }

    /// How far the server's clock was from ours when it last answered.
    fn server_clock(&self) -> Option<Offset> {
        *self.server_clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_server_clock(&self, offset: Offset) {
        *self.server_clock.lock().unwrap_or_else(PoisonError::into_inner) = Some(offset);
    }

    fn kept_secret(&self) -> Option<SecretLogin> {
        self.secret.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep_secret(&self, secret: SecretLogin) {
        *self.secret.lock().unwrap_or_else(PoisonError::into_inner) = Some(secret);
    }
}
