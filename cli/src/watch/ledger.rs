//! What was seen so far: which state each stream is in, and how long what was away. Pure; its size
//! does not grow with time.

use std::time::Duration;

use rds_proxy_probe::diagnosis::Code;
use rds_proxy_probe::health::Role;

/// Which session asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    /// A new one each time.
    NewLogin,
    /// One that is kept as long as it lives.
    KeptSession,
}

/// What a stream last got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// An answer from such a server.
    Answers(Role),
    /// This failure.
    Fails(Code),
}

/// One probe of a stream. Times are since the watch began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observation {
    pub(super) target: usize,
    pub(super) stream: Stream,
    pub(super) begun: Duration,
    pub(super) ended: Duration,
    pub(super) state: State,
    /// Whether the kept session was found broken.
    pub(super) was_cut: bool,
}

/// Something that a person wants to know at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) target: usize,
    pub(super) at: Duration,
    pub(super) what: What,
}

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A stream is in another state; `after`: how long the former one lasted, `None` at the start.
    State { stream: Stream, state: State, after: Option<Duration> },
    /// The kept session was cut, and another took its place.
    Cut,
}

/// How long something was away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outages {
    pub(super) count: u32,
    pub(super) total: Duration,
    pub(super) longest: Duration,
    since: Option<Duration>,
}

/// What is known of a target.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TargetLedger {
    new_login: Option<(State, Duration)>,
    kept_session: Option<(State, Duration)>,
    pub(super) logins: Outages,
    pub(super) cuts: u32,
    pub(super) probes: u64,
    pub(super) longest_answer: Duration,
}

/// What is known of all targets together.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    pub(super) targets: Vec<TargetLedger>,
    /// No target answered as a writer; `None` until one has.
    pub(super) writer: Option<Outages>,
    /// No target answered as a reader; `None` until one has.
    pub(super) reader: Option<Outages>,
}

impl Outages {
    fn begin(&mut self, at: Duration) {
        if self.since.is_none() {
            self.since = Some(at);
            self.count += 1;
        }
    }

    fn end(&mut self, at: Duration) {
        if let Some(since) = self.since.take() {
            let length = at.saturating_sub(since);
            self.total += length;
            self.longest = self.longest.max(length);
        }
    }
}

impl TargetLedger {
    fn states(&self) -> [Option<(State, Duration)>; 2] {
        [self.new_login, self.kept_session]
    }

    fn stream(&mut self, stream: Stream) -> &mut Option<(State, Duration)> {
        match stream {
            Stream::NewLogin => &mut self.new_login,
            Stream::KeptSession => &mut self.kept_session,
        }
    }

    fn note(&mut self, seen: &Observation) -> Vec<Change> {
        let Observation { target, stream, begun, ended, state, was_cut } = *seen;
        self.probes += 1;
        let at = match state {
            State::Answers(_) => {
                self.longest_answer = self.longest_answer.max(ended.saturating_sub(begun));
                ended
            }
            // What fails was away when it was asked.
            State::Fails(_) => begun,
        };
        match (stream, state) {
            (Stream::NewLogin, State::Answers(_)) => self.logins.end(at),
            (Stream::NewLogin, State::Fails(_)) => self.logins.begin(at),
            (Stream::KeptSession, State::Answers(_) | State::Fails(_)) => {}
        }
        let mut changes = Vec::new();
        if was_cut {
            self.cuts += 1;
            changes.push(Change { target, at: begun, what: What::Cut });
        }
        let former = *self.stream(stream);
        if former.is_none_or(|(former, _)| former != state) {
            let after = former.map(|(_, since)| at.saturating_sub(since));
            changes.push(Change { target, at, what: What::State { stream, state, after } });
            *self.stream(stream) = Some((state, at));
        }
        changes
    }
}

impl Ledger {
    /// For so many targets.
    pub(super) fn new(targets: usize) -> Self {
        let targets = vec![TargetLedger::default(); targets];
        Self { targets, writer: None, reader: None }
    }

    /// Notes a probe; returns what changed by it.
    pub(super) fn note(&mut self, seen: &Observation) -> Vec<Change> {
        let Some(target) = self.targets.get_mut(seen.target) else { return vec![] };
        let changes = target.note(seen);
        self.note_role(Role::Writer, seen);
        self.note_role(Role::Reader, seen);
        changes
    }

    /// Whether any stream of any target is answered by such a server.
    fn note_role(&mut self, role: Role, seen: &Observation) {
        let states = self.targets.iter().flat_map(TargetLedger::states).flatten();
        let answers = |(state, _): (State, Duration)| state == State::Answers(role);
        let is_there = states.clone().any(answers);
        // The last one to go away decides when.
        let gone = states.map(|(_, since)| since).max().unwrap_or(seen.begun);
        let outages = match role {
            Role::Writer => &mut self.writer,
            Role::Reader => &mut self.reader,
        };
        match (outages, is_there) {
            (Some(outages), true) => outages.end(seen.ended),
            (Some(outages), false) => outages.begin(gone.min(seen.begun)),
            (none @ None, true) => *none = Some(Outages::default()),
            (None, false) => {}
        }
    }

    /// Ends what is still away.
    pub(super) fn end(&mut self, at: Duration) {
        let of_targets = self.targets.iter_mut().map(|target| &mut target.logins);
        for outages in of_targets.chain(&mut self.writer).chain(&mut self.reader) {
            outages.end(at);
        }
    }

    /// Whether everything was there all the time.
    pub(super) fn is_clean(&self) -> bool {
        let of_targets = self.targets.iter().map(|target| &target.logins);
        let mut all = of_targets.chain(&self.writer).chain(&self.reader);
        let has_kept = |target: &TargetLedger| {
            target.cuts == 0 && !matches!(target.kept_session, Some((State::Fails(_), _)))
        };
        all.all(|outages| outages.count == 0) && self.targets.iter().all(has_kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Stream::{KeptSession, NewLogin};

    const UP: State = State::Answers(Role::Writer);
    const DOWN: State = State::Fails(Code::ServerUnavailable);

    fn ms(number: u64) -> Duration {
        Duration::from_millis(number)
    }

    fn seen(stream: Stream, begun: u64, ended: u64, state: State) -> Observation {
        Observation { target: 0, stream, begun: ms(begun), ended: ms(ended), state, was_cut: false }
    }

    #[test]
    fn an_outage_lasts_from_the_first_failure_to_the_first_answer() {
        let mut ledger = Ledger::new(1);
        let probes = [
            seen(NewLogin, 0, 10, UP),
            seen(NewLogin, 1_000, 1_005, DOWN),
            seen(NewLogin, 2_000, 2_005, DOWN),
            seen(NewLogin, 3_000, 3_020, UP),
        ];
        let changes: Vec<Change> = probes.iter().flat_map(|seen| ledger.note(seen)).collect();
        let state = |state, after: Option<u64>| What::State {
            stream: NewLogin,
            state,
            after: after.map(ms),
        };
        let expected = [
            (10, state(UP, None)),
            (1_000, state(DOWN, Some(990))),
            (3_020, state(UP, Some(2_020))),
        ];
        let expected = expected.map(|(at, what)| Change { target: 0, at: ms(at), what });
        assert_eq!(changes, expected);
        ledger.end(ms(4_000));
        let logins = ledger.targets[0].logins;
        assert_eq!((logins.count, logins.total, logins.longest), (1, ms(2_020), ms(2_020)));
        assert_eq!(ledger.targets[0].longest_answer, ms(20));
        assert!(!ledger.is_clean());
    }

    #[test]
    fn a_writer_is_there_as_long_as_one_stream_reaches_it() {
        let mut ledger = Ledger::new(1);
        ledger.note(&seen(NewLogin, 0, 10, UP));
        ledger.note(&seen(KeptSession, 0, 10, UP));
        ledger.note(&seen(NewLogin, 1_000, 1_010, DOWN));
        assert_eq!(ledger.writer.unwrap().count, 0);
        ledger.note(&seen(KeptSession, 2_000, 2_010, State::Answers(Role::Reader)));
        assert_eq!(ledger.writer.unwrap().count, 1);
        ledger.note(&seen(KeptSession, 5_000, 5_010, UP));
        assert_eq!(ledger.writer.unwrap().total, ms(3_010));
        assert_eq!(ledger.reader.unwrap().count, 1);
        ledger.end(ms(6_000));
        assert_eq!(ledger.targets[0].logins.total, ms(5_000));
    }

    #[test]
    fn an_outage_that_goes_on_ends_with_the_watch() {
        let mut ledger = Ledger::new(1);
        ledger.note(&seen(NewLogin, 0, 10, UP));
        ledger.note(&seen(NewLogin, 1_000, 1_010, DOWN));
        ledger.end(ms(61_000));
        assert_eq!(ledger.targets[0].logins.total, ms(60_000));
        assert_eq!(ledger.writer.unwrap().longest, ms(60_000));
    }

    #[test]
    fn a_cut_session_is_counted_and_told_even_if_the_next_one_works() {
        let mut ledger = Ledger::new(1);
        ledger.note(&seen(KeptSession, 0, 10, UP));
        let changes =
            ledger.note(&Observation { was_cut: true, ..seen(KeptSession, 1_000, 1_010, UP) });
        assert_eq!(changes, [Change { target: 0, at: ms(1_000), what: What::Cut }]);
        assert_eq!(ledger.targets[0].cuts, 1);
        assert!(!ledger.is_clean());
    }
}
