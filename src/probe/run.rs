//! The steps of one probe, each under the deadline, each leaving a record.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::Prober;
use super::failure::{ConfigFailure, Failure};
use super::options::Options;
use super::report::{Outcome, Report, Retry, SessionFacts, degradation};
use super::step::{Step, StepRecord, StepStatus};
use crate::config::{AuthMethod, IamLogin};
use crate::health::{self, HealthFacts, QueryError};
use crate::session::{
    AuthenticateError, KeptSession, ResolveError, Session, authenticate, connect, resolve,
};
use crate::tls::{Encrypted, TlsError, TlsFacts, TrustAnchors, handshake, negotiate};
use crate::token::{AuthToken, CredentialsError, load_credentials, sign_token};

/// A probe under way.
pub(super) struct Run<'a> {
    prober: &'a Prober,
    started: Instant,
    deadline: Instant,
    steps: Vec<StepRecord>,
    session: Option<SessionFacts>,
    retry: Option<Retry>,
    tls: Option<TlsFacts>,
}

impl<'a> Run<'a> {
    pub(super) fn new(prober: &'a Prober, started: Instant, deadline: Instant) -> Self {
        let steps = Vec::with_capacity(Step::ALL.len());
        Self { prober, started, deadline, steps, session: None, retry: None, tls: None }
    }

    pub(super) async fn report(mut self, options: Options) -> Report {
        let (outcome, database) = match self.health(options).await {
            Ok(health) => (self.judge(&health), Some(health)),
            Err(failure) => (Outcome::Failed(failure), None),
        };
        let Self { session, retry, tls, steps, .. } = self;
        Report { outcome, session, retry, tls, database, steps, elapsed: self.started.elapsed() }
    }

    fn judge(&self, health: &HealthFacts) -> Outcome {
        let now = self.prober.clock.now();
        degradation(&self.prober.config, health, self.tls.as_ref(), now)
            .map_or(Outcome::Healthy, Outcome::Degraded)
    }

    /// The database's answer, by the kept session if there is one that answers, else by a fresh
    /// one: at most one retry.
    async fn health(&mut self, options: Options) -> Result<HealthFacts, Failure> {
        let begun = Instant::now();
        let prober = self.prober;
        let anchors = prober.anchors().map_err(|e| Failure::Config(ConfigFailure::Anchors(e)));
        let anchors = self.record(Step::Config, begun, anchors)?;
        if !options.fresh
            && let Some(kept) = self.prober.take_kept()
        {
            // A half-open session swallows the question; the other half of the time is for a
            // fresh one.
            let begun = Instant::now();
            let until = begun + self.deadline.duration_since(begun) / 2;
            match self.ask(kept, true, until).await {
                Ok(health) => return Ok(health),
                Err(error) => {
                    self.steps.pop();
                    (self.session, self.tls) = (None, None);
                    self.retry = Some(Retry { error, elapsed: begun.elapsed() });
                }
            }
        }
        let fresh = self.open(anchors).await?;
        self.ask(fresh, false, self.deadline).await.map_err(Failure::Query)
    }

    /// Asks the question, and keeps the session if it answered.
    async fn ask(
        &mut self,
        mut kept: KeptSession,
        reused: bool,
        until: Instant,
    ) -> Result<HealthFacts, QueryError> {
        let age = self.prober.clock.now().duration_since(kept.born).unwrap_or_default();
        self.session = Some(SessionFacts { reused, age });
        self.tls.clone_from(&kept.tls);
        let begun = Instant::now();
        let answer = timeout_at(until, health::ask(&kept.session))
            .await
            .unwrap_or_else(|_| Err(QueryError::TimedOut { after: begun.elapsed() }));
        let status = match &answer {
            Ok(_) => StepStatus::Ok,
            Err(QueryError::TimedOut { .. }) => StepStatus::TimedOut,
            Err(_) => StepStatus::Failed,
        };
        self.steps.push(StepRecord { step: Step::Query, status, elapsed: begun.elapsed() });
        let answer = answer?;
        kept.used = self.prober.clock.now();
        self.prober.keep(kept);
        Ok(answer)
    }

    /// A fresh session, by all the steps that lead to one.
    async fn open(&mut self, anchors: &TrustAnchors) -> Result<KeptSession, Failure> {
        let Prober { config, clock, .. } = self.prober;
        let AuthMethod::Iam(login) = &config.auth;
        let timed_out = |after| Failure::Credentials(CredentialsError::TimedOut { after });
        let load = async {
            let loaded = load_credentials(login, &config.endpoint.region, clock).await;
            loaded.map_err(Failure::Credentials)
        };
        let keys = self.timed(Step::Credentials, timed_out, load).await?;
        let begun = Instant::now();
        let token = sign_token(&config.endpoint, &login.user, &keys, clock.now());
        let token = self.record(Step::Sign, begun, token.map_err(Failure::Sign))?;
        let socket = self.connect().await?;
        let stream = self.encrypt(socket, anchors).await?;
        let session = self.authenticate(stream, login, &token).await?;
        let now = clock.now();
        Ok(KeptSession { session, tls: self.tls.clone(), born: now, used: now })
    }

    async fn connect(&mut self) -> Result<TcpStream, Failure> {
        let target = &self.prober.config.socket;
        let timed_out = |after| Failure::Resolve(ResolveError::TimedOut { after });
        let look_up = async { resolve(target).await.map_err(Failure::Resolve) };
        let addresses = self.timed(Step::Resolve, timed_out, look_up).await?;
        // It divides its time among the addresses, so it holds the clock itself.
        let begun = Instant::now();
        let connected = connect(&addresses, self.deadline).await.map_err(Failure::Connect);
        self.record(Step::Connect, begun, connected)
    }

    async fn encrypt(
        &mut self,
        mut socket: TcpStream,
        anchors: &TrustAnchors,
    ) -> Result<Encrypted, Failure> {
        let Prober { config, clock, .. } = self.prober;
        let timed_out = |after| Failure::Tls(TlsError::TimedOut { after });
        let mut facts = None;
        let encrypt = async {
            negotiate(&mut socket).await.map_err(Failure::Tls)?;
            match handshake(socket, &config.endpoint.host, anchors, clock).await {
                Ok((stream, seen)) => {
                    facts = seen;
                    Ok(stream)
                }
                Err((error, seen)) => {
                    facts = seen;
                    Err(Failure::Tls(error))
                }
            }
        };
        let encrypted = self.timed(Step::Tls, timed_out, encrypt).await;
        self.tls = facts;
        encrypted
    }

    async fn authenticate(
        &mut self,
        stream: Encrypted,
        login: &IamLogin,
        token: &AuthToken,
    ) -> Result<Session, Failure> {
        let database = &self.prober.config.database;
        let timed_out = |after| Failure::Authenticate(AuthenticateError::TimedOut { after });
        let sign_in = async {
            let signed_in = authenticate(stream, &login.user, database, token).await;
            signed_in.map_err(Failure::Authenticate)
        };
        self.timed(Step::Authenticate, timed_out, sign_in).await
    }

    /// Does a step's work until the deadline, and records it.
    async fn timed<T>(
        &mut self,
        step: Step,
        timed_out: impl FnOnce(Duration) -> Failure,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let begun = Instant::now();
        let result = match timeout_at(self.deadline, work).await {
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
