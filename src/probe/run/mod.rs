//! One probe: one attempt, or two. A kept session is tried first; if it fails, a fresh one replaces
//! it, and if it does not answer, a fresh one is started beside it.
//!
//! The steps of an attempt are in `attempt.rs` and `log_in.rs` beside this file.

mod attempt;
mod log_in;

use std::pin::pin;

use tokio::time::{Instant, timeout_at};

use super::Prober;
use super::budget::Budget;
use super::failure::{ConfigFailure, Failure, StepError};
use super::options::Options;
use super::report::{Attempt, Report, degradation};
use super::step::{Step, StepRecord};
use crate::connector::Contact;
use crate::explain::{self, ControlPlane};
use crate::health;
use crate::session::{AuthenticateError, KeptSession, Session, WireError};
use crate::tls::TrustAnchors;
use crate::token::SecretLogin;
use attempt::Underway;

/// A running probe.
pub(super) struct Run<'a> {
    prober: &'a Prober,
    started: Instant,
    budget: Budget,
}

/// The finished attempts.
struct Attempts {
    decisive: Attempt,
    other: Option<Attempt>,
}

impl<'a> Run<'a> {
    pub(super) fn new(prober: &'a Prober, started: Instant, budget: Budget) -> Self {
        Self { prober, started, budget }
    }

    pub(super) async fn report(self, options: Options) -> Report {
        let attempts = self.attempts(options).await;
        let control_plane = match &attempts.decisive.result {
            Err(failure) if options.explain || self.prober.config.explain => {
                self.explain(failure).await
            }
            Ok(_) | Err(_) => None,
        };
        self.finish(attempts, control_plane)
    }

    /// A fresh session, without a query.
    pub(super) async fn open_session(self) -> Result<Session, Report> {
        let (config_step, anchors) = self.anchors().await;
        let mut underway = self.underway(config_step);
        let opened = match anchors {
            Ok(anchors) => underway.log_in(anchors, self.prober.kept_secret()).await,
            Err(failure) => Err(failure),
        };
        match opened {
            Ok(kept) => Ok(kept.session),
            Err(failure) => Err(self.finish(Attempts::one(underway.end(Err(failure))), None)),
        }
    }

    fn finish(self, attempts: Attempts, control_plane: Option<ControlPlane>) -> Report {
        let Attempts { decisive, other } = attempts;
        Report {
            degradation: degradation(&self.prober.config, &decisive, self.prober.clock.now()),
            attempt: decisive,
            retry: other,
            control_plane,
            budget: Some(self.budget.steps),
            server_clock: self.prober.server_clock(),
            elapsed: self.started.elapsed(),
        }
    }

    /// Asks the control plane, with the function's keys; not after a bad configuration.
    async fn explain(&self, failure: &Failure) -> Option<ControlPlane> {
        const NO_KEYS: &str = "there are no AWS keys";
        match failure {
            Failure::Config(_) => return None,
            Failure::Credentials(_) => return Some(ControlPlane::not_asked(NO_KEYS)),
            Failure::Secret(_)
            | Failure::Sign(_)
            | Failure::Resolve(_)
            | Failure::Connect(_)
            | Failure::Tls(_)
            | Failure::Authenticate(_)
            | Failure::Query(_) => {}
        }
        let now = Instant::now();
        let end = self.budget.questions_end(now);
        if end <= now {
            return Some(ControlPlane::not_asked("the invocation has no time left"));
        }
        let Prober { config, clock, key_ring, .. } = self.prober;
        let contact = Contact::default();
        let keys = key_ring.keys(&config.keys, &config.endpoint.region, clock, &contact);
        Some(match timeout_at(end, keys).await {
            Ok(Ok(keys)) => Box::pin(explain::ask(config, keys, clock, end)).await,
            Ok(Err(_)) | Err(_) => ControlPlane::not_asked(NO_KEYS),
        })
    }

    async fn attempts(&self, options: Options) -> Attempts {
        let (config_step, anchors) = self.anchors().await;
        let anchors = match anchors {
            Ok(anchors) => anchors,
            Err(failure) => return Attempts::one(self.underway(config_step).end(Err(failure))),
        };
        let kept = if options.fresh { None } else { self.prober.take_kept() };
        match kept {
            Some(kept) => self.ask_kept_first(kept, anchors, config_step).await,
            // Boxed, like the other login: it takes about 20 KB of state, which a warm probe would
            // otherwise carry.
            None => Box::pin(self.log_in_afresh(anchors, config_step)).await,
        }
    }

    /// The trust anchors, and the step that loads them, the first of every attempt.
    async fn anchors(&self) -> (StepRecord, Result<&'a TrustAnchors, Failure>) {
        let begun = Instant::now();
        let loaded = self.prober.anchors(self.budget.steps_end).await;
        let loaded = loaded.map_err(|error| Failure::Config(ConfigFailure::Anchors(error)));
        let record = StepRecord::of(Step::Config, begun, &loaded);
        #[cfg(feature = "progress")]
        self.prober.tell(record);
        (record, loaded)
    }

    fn underway(&self, config_step: StepRecord) -> Underway<'a> {
        Underway::new(self.prober, self.budget.steps_end, config_step)
    }

    /// Logs in and runs the query, with the kept secret if there is one. If the server rejects it
    /// and the secret was rotated since, it tries once more.
    async fn log_in_afresh(&self, anchors: &TrustAnchors, config_step: StepRecord) -> Attempts {
        let kept = self.prober.kept_secret();
        let first = self.log_in(anchors, config_step, kept.clone()).await;
        let (Some(kept), true) = (kept, is_refused(&first)) else { return Attempts::one(first) };
        let mut again = self.underway(config_step);
        let Some(login) = again.rotated(&kept).await else { return Attempts::one(first) };
        let result = again.open_and_ask(&login, anchors).await;
        Attempts { decisive: again.end(result), other: Some(first) }
    }

    async fn log_in(
        &self,
        anchors: &TrustAnchors,
        config_step: StepRecord,
        secret: Option<SecretLogin>,
    ) -> Attempt {
        let mut underway = self.underway(config_step);
        let result = underway.log_in_and_ask(anchors, secret).await;
        underway.end(result)
    }

    /// A kept session that fails is replaced. One that does not answer may be half-open, or its
    /// database slow: a fresh one is started beside it, and the first answer counts. If one of the
    /// two fails, the other decides.
    ///
    /// The fresh one reads the secret again, which may have been rotated after the kept session's login.
    async fn ask_kept_first(
        &self,
        mut kept: KeptSession,
        anchors: &TrustAnchors,
        config_step: StepRecord,
    ) -> Attempts {
        let begun = Instant::now();
        let patience = self.half_way(begun).min(begun + kept.patience());
        let mut underway = self.underway(config_step);
        underway.takes(&kept, true);
        // It has the session, which it gives back: one timer at a time watches it.
        let mut question = pin!(async move { (health::ask(&mut kept.session).await, kept) });
        // The rest is rare, and boxed, so that a warm probe stays small.
        let fresh = || Box::pin(self.log_in(anchors, config_step, None));
        if let Ok((answer, kept)) = timeout_at(patience, question.as_mut()).await {
            let asked = underway.end_with(begun, kept, answer);
            return if asked.result.is_ok() {
                Attempts::one(asked)
            } else {
                Attempts { decisive: fresh().await, other: Some(asked) }
            };
        }
        let race = async {
            let mut asked = pin!(async move {
                match timeout_at(self.budget.steps_end, question).await {
                    Ok((answer, kept)) => underway.end_with(begun, kept, answer),
                    Err(_elapsed) => underway.end_in_silence(begun),
                }
            });
            let mut fresh = fresh();
            tokio::select! {
                asked = asked.as_mut() => {
                    if asked.result.is_ok() {
                        return Attempts::one(asked);
                    }
                    Attempts { decisive: fresh.await, other: Some(asked) }
                }
                fresh = &mut fresh => {
                    if fresh.result.is_ok() {
                        let silent = self.underway(config_step).since(begun).end_in_silence(begun);
                        return Attempts { decisive: fresh, other: Some(silent) };
                    }
                    let asked = asked.await;
                    if asked.result.is_ok() {
                        Attempts { decisive: asked, other: Some(fresh) }
                    } else {
                        Attempts { decisive: fresh, other: Some(asked) }
                    }
                }
            }
        };
        Box::pin(race).await
    }

    /// Half of the time that is left.
    fn half_way(&self, now: Instant) -> Instant {
        now + self.budget.steps_end.duration_since(now) / 2
    }
}

impl Attempts {
    fn one(decisive: Attempt) -> Self {
        Self { decisive, other: None }
    }
}

/// Whether the server rejected the login.
fn is_refused(attempt: &Attempt) -> bool {
    matches!(
        attempt.result,
        Err(Failure::Authenticate(StepError::Failed(AuthenticateError::Wire(WireError::Refused(
            _
        )))))
    )
}
