//! The streams of probes: each target is asked over a kept session and over a new one, again and
//! again.

use std::sync::Arc;
use std::time::Duration;

use rds_proxy_probe::config::Config;
use rds_proxy_probe::diagnosis::diagnose;
use rds_proxy_probe::probe::{Options, Prober, Report};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::ledger::{Observation, State, Stream};
use crate::surroundings::Surroundings;
use crate::targets::Target;

/// A kept session is replaced only when it breaks, or at the age at which RDS Proxy closes it.
const KEPT: Duration = Duration::from_hours(24);

/// How many results may wait to be written.
const WAITING: usize = 64;

/// The running streams; dropping them ends them.
pub(super) struct Streams {
    pub(super) results: Receiver<Observation>,
    _tasks: JoinSet<()>,
}

impl Streams {
    /// Asks every target each `pause`.
    pub(super) fn start(
        targets: &[Target],
        pause: Duration,
        begun: Instant,
        surroundings: &Surroundings,
    ) -> Self {
        let (sender, results) = mpsc::channel(WAITING);
        let mut tasks = JoinSet::new();
        for (number, target) in targets.iter().enumerate() {
            for stream in [Stream::NewLogin, Stream::KeptSession] {
                let prober = prober(&target.config, stream, surroundings);
                let asker = Asker { target: number, stream, prober, begun, has_session: false };
                tasks.spawn(asker.run(pause, sender.clone()));
            }
        }
        Self { results, _tasks: tasks }
    }
}

fn prober(config: &Config, stream: Stream, surroundings: &Surroundings) -> Arc<Prober> {
    let mut config = config.clone();
    config.limits.session_max_age = match stream {
        Stream::NewLogin => Duration::ZERO,
        Stream::KeptSession => KEPT,
    };
    Arc::new(Prober::new(config, surroundings.clock.clone()))
}

struct Asker {
    target: usize,
    stream: Stream,
    prober: Arc<Prober>,
    begun: Instant,
    has_session: bool,
}

impl Asker {
    async fn run(mut self, pause: Duration, results: Sender<Observation>) {
        let mut ticks = interval(pause);
        // A probe that took longer delays the next one, and makes no others follow it at once.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let seen = self.ask().await;
            // Nothing receives it once the watch is over.
            if results.send(seen).await.is_err() {
                return;
            }
        }
    }

    async fn ask(&mut self) -> Observation {
        let begun = self.begun.elapsed();
        let options = Options { fresh: self.stream == Stream::NewLogin, explain: false };
        let report = Box::pin(self.prober.probe(options, None)).await;
        let ended = self.begun.elapsed();
        let state = match report.database() {
            Some(database) => State::Answers(database.role),
            None => State::Fails(code(&report, &self.prober)),
        };
        let was_cut = self.was_cut(&report);
        Observation { target: self.target, stream: self.stream, begun, ended, state, was_cut }
    }

    /// Whether there was a session that did not answer.
    fn was_cut(&mut self, report: &Report) -> bool {
        let had_session = self.has_session;
        self.has_session = self.stream == Stream::KeptSession && report.database().is_some();
        let answered = report.attempt.session.is_some_and(|session| session.reused);
        had_session && !(answered && report.database().is_some())
    }
}

/// A probe without an answer has a diagnosis.
fn code(report: &Report, prober: &Prober) -> rds_proxy_probe::diagnosis::Code {
    let found = diagnose(report, Some(prober.config()));
    found.map_or(rds_proxy_probe::diagnosis::Code::QueryFailed, |found| found.code)
}
