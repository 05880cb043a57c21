//! A running attempt: what it knows so far, and its steps, each with a record.

use std::pin::{Pin, pin};
use std::sync::Arc;

use tokio::time::Instant;

use super::Prober;
use crate::clock::Offset;
use crate::health::{self, HealthFacts, QueryError};
use crate::probe::failure::{Failure, StepError, within};
use crate::probe::report::{Attempt, LoginFacts, SessionFacts};
use crate::probe::step::{Step, StepRecord};
use crate::session::{AuthRequest, KeptSession};
use crate::tls::{TlsFacts, TrustAnchors};
use crate::token::{Login, SecretLogin};

/// A running attempt.
pub(super) struct Underway<'a> {
    pub(super) prober: &'a Prober,
    pub(super) deadline: Instant,
    begun: Instant,
    steps: Vec<StepRecord>,
    session: Option<SessionFacts>,
    pub(super) login: Option<LoginFacts>,
    pub(super) asked: Option<AuthRequest>,
    pub(super) tls: Option<Arc<TlsFacts>>,
    pub(super) aws_is_silent: bool,
}

impl<'a> Underway<'a> {
    pub(super) fn new(prober: &'a Prober, deadline: Instant, config_step: StepRecord) -> Self {
        let mut steps = Vec::with_capacity(Step::ALL.len());
        steps.push(config_step);
        let begun = Instant::now();
        let (session, login, asked, tls) = (None, None, None, None);
        let aws_is_silent = false;
        Self { prober, deadline, begun, steps, session, login, asked, tls, aws_is_silent }
    }

    /// The same, started at another moment.
    pub(super) fn since(self, begun: Instant) -> Self {
        Self { begun, ..self }
    }

    pub(super) fn end(self, result: Result<HealthFacts, Failure>) -> Attempt {
        let Self { begun, steps, session, login, asked, tls, aws_is_silent, .. } = self;
        let elapsed = begun.elapsed();
        Attempt { steps, session, login, asked, tls, aws_is_silent, result, elapsed }
    }

    /// Ends an attempt with the result of the query that was sent then.
    pub(super) fn end_with(
        mut self,
        begun: Instant,
        session: KeptSession,
        answer: Result<HealthFacts, QueryError>,
    ) -> Attempt {
        let answer = answer.map_err(|error| Failure::Query(StepError::Failed(error)));
        let result = self.record(Step::Query, begun, answer);
        let result = result.map(|health| self.answered(session, health));
        self.end(result)
    }

    /// Ends an attempt whose query was sent then and has no answer.
    pub(super) fn end_in_silence(mut self, begun: Instant) -> Attempt {
        let failure = Failure::Query(StepError::TimedOut { after: begun.elapsed() });
        let result = self.record(Step::Query, begun, Err(failure));
        self.end(result)
    }

    /// Logs in and runs the query.
    pub(super) async fn log_in_and_ask(
        &mut self,
        anchors: &TrustAnchors,
        secret: Option<SecretLogin>,
    ) -> Result<HealthFacts, Failure> {
        let fresh = self.log_in(anchors, secret).await?;
        self.ask(fresh, false).await
    }

    pub(super) async fn open_and_ask(
        &mut self,
        login: &Login,
        anchors: &TrustAnchors,
    ) -> Result<HealthFacts, Failure> {
        let fresh = self.open(login, anchors).await?;
        self.ask(fresh, false).await
    }

    /// Runs the query; a session that answers is kept.
    pub(super) async fn ask(
        &mut self,
        mut session: KeptSession,
        reused: bool,
    ) -> Result<HealthFacts, Failure> {
        self.takes(&session, reused);
        let health = {
            let question = pin!(health::ask(&mut session.session));
            self.timed(Step::Query, self.deadline, Failure::Query, question).await?
        };
        Ok(self.answered(session, health))
    }

    /// Records the facts of a session before the query.
    pub(super) fn takes(&mut self, session: &KeptSession, reused: bool) {
        self.session = Some(self.session_facts(session, reused));
        self.asked = session.session.asked();
        self.tls.clone_from(&session.tls);
        if self.login.is_none() {
            let user = session.session.user().clone();
            let (keys, secret_host, secret_port, secret_engine) = (None, None, None, None);
            let facts = LoginFacts { user, keys, secret_host, secret_port, secret_engine };
            self.login = Some(facts);
        }
    }

    /// Keeps a session after its answer.
    pub(super) fn answered(&self, mut session: KeptSession, health: HealthFacts) -> HealthFacts {
        session.last_used_at = self.prober.clock.now();
        self.prober.note_server_clock(Offset::of(health.time, session.last_used_at));
        self.prober.keep(session);
        health
    }

    fn session_facts(&self, session: &KeptSession, reused: bool) -> SessionFacts {
        let age = self.prober.clock.now().duration_since(session.signed_in_at).unwrap_or_default();
        SessionFacts { reused, age }
    }

    /// Runs a step's work until its deadline, and records it. The caller pins the work: a function
    /// that takes a future by value stores it twice.
    pub(super) async fn timed<T, E>(
        &mut self,
        step: Step,
        until: Instant,
        failure: impl FnOnce(StepError<E>) -> Failure,
        work: Pin<&mut impl Future<Output = Result<T, E>>>,
    ) -> Result<T, Failure> {
        let begun = Instant::now();
        let result = within(until, work).await.map_err(failure);
        self.record(step, begun, result)
    }

    pub(super) fn record<T>(
        &mut self,
        step: Step,
        begun: Instant,
        result: Result<T, Failure>,
    ) -> Result<T, Failure> {
        let record = StepRecord::of(step, begun, &result);
        self.steps.push(record);
        #[cfg(feature = "progress")]
        self.prober.tell(record);
        result
    }

    /// Half of the time that is left.
    pub(super) fn half_way(&self) -> Instant {
        let now = Instant::now();
        now + self.deadline.duration_since(now) / 2
    }
}
