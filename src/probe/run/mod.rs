//! The steps of one probe, each under the deadline, each leaving a record.
//!
//! `sign_in.rs` beside this file has the steps from credentials to a session.

mod sign_in;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::Prober;
use super::failure::{ConfigFailure, Failure};
use super::options::Options;
use super::report::{LoginFacts, Outcome, Report, Retry, SessionFacts, degradation};
use super::step::{Step, StepRecord, StepStatus};
use crate::clock::Offset;
use crate::explain::{self, ControlPlane};
use crate::health::{self, HealthFacts, QueryError};
use crate::session::{AuthenticateError, KeptSession, Session};
use crate::tls::{TlsFacts, TrustAnchors};
use crate::token::{Proof, SecretLogin};

/// The share of a probe's time that its steps have when the control plane may be asked after.
const STEPS_SHARE: f64 = 0.6;

/// A probe under way.
pub(super) struct Run<'a> {
    prober: &'a Prober,
    started: Instant,
    deadline: Instant,
    steps: Vec<StepRecord>,
    session: Option<SessionFacts>,
    retry: Option<Retry>,
    login: Option<LoginFacts>,
    tls: Option<Arc<TlsFacts>>,
}

impl<'a> Run<'a> {
    pub(super) fn new(prober: &'a Prober, started: Instant, deadline: Instant) -> Self {
        let steps = Vec::with_capacity(Step::ALL.len());
        let (session, retry, login, tls) = (None, None, None, None);
        Self { prober, started, deadline, steps, session, retry, login, tls }
    }

    pub(super) async fn report(mut self, options: Options) -> Report {
        let explain = options.explain || self.prober.config.explain;
        let end = self.deadline;
        if explain {
            // A failure that takes all of the time leaves none to ask about it.
            self.deadline = self.started + end.duration_since(self.started).mul_f64(STEPS_SHARE);
        }
        let (outcome, database, control_plane) = match self.health(options).await {
            Ok(health) => (self.judge(&health), Some(health), None),
            Err(failure) => {
                let asked = if explain { self.explain(&failure, end).await } else { None };
                (Outcome::Failed(failure), None, asked)
            }
        };
        self.finish(outcome, database, control_plane)
    }

    /// A fresh session and nothing asked of it.
    pub(super) async fn sign_in(mut self) -> Result<Session, Report> {
        let opened = match self.anchors() {
            Ok(anchors) => self.fresh_session(anchors).await,
            Err(failure) => Err(failure),
        };
        match opened {
            Ok(kept) => Ok(kept.session),
            Err(failure) => Err(self.finish(Outcome::Failed(failure), None, None)),
        }
    }

    fn finish(
        self,
        outcome: Outcome,
        database: Option<HealthFacts>,
        control_plane: Option<ControlPlane>,
    ) -> Report {
        let elapsed = self.started.elapsed();
        let Self { prober, session, retry, login, tls, steps, .. } = self;
        let server_clock = prober.server_clock();
        Report {
            outcome,
            session,
            retry,
            login,
            tls,
            database,
            control_plane,
            server_clock,
            steps,
            elapsed,
        }
    }

    /// What the control plane says, with the keys that the function has anyway; nothing of a
    /// configuration that could not be used.
    async fn explain(&self, failure: &Failure, end: Instant) -> Option<ControlPlane> {
        const NO_KEYS: &str = "there are no keys to ask with";
        match failure {
            Failure::Config(_) => return None,
            Failure::Credentials(_) => return Some(ControlPlane::not_asked(NO_KEYS)),
            Failure::Sign(_)
            | Failure::Resolve(_)
            | Failure::Connect(_)
            | Failure::Tls(_)
            | Failure::Authenticate(_)
            | Failure::Query(_) => {}
        }
        let Prober { config, clock, key_ring, .. } = self.prober;
        let keys = key_ring.keys(&config.keys, &config.endpoint.region, clock);
        Some(match timeout_at(end, keys).await {
            Ok(Ok(keys)) => Box::pin(explain::ask(config, keys, end)).await,
            Ok(Err(_)) | Err(_) => ControlPlane::not_asked(NO_KEYS),
        })
    }

    fn judge(&self, health: &HealthFacts) -> Outcome {
        let now = self.prober.clock.now();
        degradation(&self.prober.config, health, self.tls.as_deref(), now)
            .map_or(Outcome::Healthy, Outcome::Degraded)
    }

    /// The database's answer, by the kept session if there is one that answers, else by a fresh
    /// one: at most one retry.
    async fn health(&mut self, options: Options) -> Result<HealthFacts, Failure> {
        let anchors = self.anchors()?;
        let kept = if options.fresh { None } else { self.prober.take_kept() };
        match kept {
            Some(kept) => self.ask_kept(kept, anchors).await,
            None => self.ask_fresh(anchors).await,
        }
    }

    async fn ask_fresh(&mut self, anchors: &TrustAnchors) -> Result<HealthFacts, Failure> {
        let fresh = self.fresh_session(anchors).await?;
        self.note_session(&fresh, false);
        let begun = Instant::now();
        let answer = timeout_at(self.deadline, health::ask(&fresh.session)).await;
        let answer = answer.unwrap_or_else(|_| Err(timed_out(begun))).map_err(Failure::Query);
        let health = self.record(Step::Query, begun, answer)?;
        self.keep(fresh, &health);
        Ok(health)
    }

    /// A kept session that fails is replaced. One that is silent may be half-open, or its database
    /// slow: a fresh one is begun beside it, and whichever answers first has the word.
    async fn ask_kept(
        &mut self,
        kept: KeptSession,
        anchors: &TrustAnchors,
    ) -> Result<HealthFacts, Failure> {
        self.note_session(&kept, true);
        let begun = Instant::now();
        let until = self.half_way(begun).min(begun + kept.patience());
        let answer = {
            let mut answer = pin!(health::ask(&kept.session));
            if let Ok(answer) = timeout_at(until, answer.as_mut()).await {
                answer
            } else {
                self.begin_again(Failure::Query(timed_out(begun)), begun);
                tokio::select! {
                    Ok(health) = answer => Ok(health),
                    fresh = self.ask_fresh(anchors) => return fresh,
                }
            }
        };
        match answer {
            Ok(health) => {
                // What there is of a fresh session is not what answered.
                (self.retry, self.login) = (None, None);
                self.steps.truncate(1);
                self.note_session(&kept, true);
                let health = self.record(Step::Query, begun, Ok(health))?;
                self.keep(kept, &health);
                Ok(health)
            }
            Err(error) => {
                self.begin_again(Failure::Query(error), begun);
                self.ask_fresh(anchors).await
            }
        }
    }

    fn anchors(&mut self) -> Result<&'a TrustAnchors, Failure> {
        let begun = Instant::now();
        let anchors = self.prober.anchors();
        let anchors = anchors.map_err(|error| Failure::Config(ConfigFailure::Anchors(error)));
        self.record(Step::Config, begun, anchors)
    }

    /// A fresh session; with a kept secret that is refused and was rotated meanwhile, a second
    /// time, unless something was retried already.
    async fn fresh_session(&mut self, anchors: &TrustAnchors) -> Result<KeptSession, Failure> {
        let begun = Instant::now();
        let kept = self.prober.kept_secret();
        let proof = self.proof(kept.clone()).await?;
        let (refused, kept) = match (self.open(&proof, anchors).await, kept) {
            (Err(refused @ Failure::Authenticate(AuthenticateError::Refused(_))), Some(kept))
                if self.retry.is_none() =>
            {
                (refused, kept)
            }
            (result, _) => return result,
        };
        let steps = self.steps.clone();
        let Some(proof) = self.rotated(&kept).await else {
            self.steps = steps;
            return Err(refused);
        };
        let credentials = self.steps.pop();
        self.begin_again(refused, begun);
        self.steps.extend(credentials);
        self.open(&proof, anchors).await
    }

    /// The secret as it stands now, if it differs from the kept one.
    async fn rotated(&mut self, kept: &SecretLogin) -> Option<Proof> {
        match self.proof(None).await {
            Ok(Proof::Password(login)) if login.differs_from(kept) => Some(Proof::Password(login)),
            Ok(_) | Err(_) => None,
        }
    }

    /// Notes what was tried, and leaves only the step `config` behind.
    fn begin_again(&mut self, failure: Failure, begun: Instant) {
        self.retry = Some(Retry { failure, elapsed: begun.elapsed() });
        self.steps.truncate(1);
        (self.session, self.tls) = (None, None);
    }

    /// Whose answer the report is about.
    fn note_session(&mut self, kept: &KeptSession, reused: bool) {
        let age = self.prober.clock.now().duration_since(kept.born).unwrap_or_default();
        self.session = Some(SessionFacts { reused, age });
        self.tls.clone_from(&kept.tls);
        if self.login.is_none() {
            let user = kept.session.user().clone();
            self.login =
                Some(LoginFacts { user, keys: None, secret_host: None, secret_port: None });
        }
    }

    /// Keeps a session that answered.
    fn keep(&self, mut answered: KeptSession, health: &HealthFacts) {
        answered.used = self.prober.clock.now();
        self.prober.note_server_clock(Offset::of(health.time, answered.used));
        self.prober.keep(answered);
    }

    /// The middle of the time that is left.
    fn half_way(&self, now: Instant) -> Instant {
        now + self.deadline.duration_since(now) / 2
    }

    /// Does a step's work until a moment, and records it.
    async fn timed<T>(
        &mut self,
        step: Step,
        until: Instant,
        timed_out: impl FnOnce(Duration) -> Failure,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let begun = Instant::now();
        let result = match timeout_at(until, work).await {
            Ok(result) => result,
            Err(_elapsed) => Err(timed_out(begun.elapsed())),
        };
        self.record(step, begun, result)
    }

    fn record<T>(
        &mut self,
        step: Step,
        begun: Instant,
        result: Result<T, Failure>,
    ) -> Result<T, Failure> {
        let status = match &result {
            Ok(_) => StepStatus::Ok,
            Err(failure) if failure.is_timeout() => StepStatus::TimedOut,
            Err(_) => StepStatus::Failed,
        };
        self.steps.push(StepRecord { step, status, elapsed: begun.elapsed() });
        result
    }
}

fn timed_out(begun: Instant) -> QueryError {
    QueryError::TimedOut { after: begun.elapsed() }
}
