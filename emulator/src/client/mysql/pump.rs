//! Packets between a client of MySQL's and its connection.
//!
//! Owns passing one command at a time, and following its answers to their end: what is not followed
//! to its end is never given back. When the connection is borrowed is `session`'s.

use std::sync::Arc;

use super::pinning::found;
use super::session::{Answerer, Course, Session, answerer};
use crate::client::cross_talk;
use crate::client::end::End;
use crate::client::link::MAX_WAITING;
use crate::client::query_time::QueryTime;
use crate::client::socket::Client;
use crate::pool::{Key, Lease, Server};
use crate::sql::mysql::{Cause, Change, Verdict, judge};
use crate::texts::mysql as texts;
use crate::wire::WireError;
use crate::wire::mysql::answer::status;
use crate::wire::mysql::capability::DEPRECATE_EOF;
use crate::wire::mysql::{Answers, Fields, HEADER, Packet, Progress, command, first_packet};

/// As much of a client's bytes as is read ahead: the beginning of a long packet has to fit.
const READ_AHEAD: usize = 2 * MAX_WAITING;

/// A connection in use.
pub(super) struct Use {
    pub(super) lease: Lease,
    pub(super) time: QueryTime,
    /// Those to the command that is under way.
    answers: Option<Answers>,
    effect: Effect,
    passing: Passing,
    /// How many bytes of the database's last packet are still to be passed on.
    answer_rest: usize,
    is_in_transaction: bool,
}

/// What a command changes of the session, if it succeeds.
#[derive(Debug, Default)]
struct Effect {
    changes: Vec<Change>,
    /// How many statements there are: of several, those before one that fails have succeeded.
    statements: usize,
    resets: bool,
    multi_statements: Option<bool>,
}

/// What is still to be passed of a client's payload.
#[derive(Debug, Default)]
struct Passing {
    /// Bytes of the packet.
    rest: usize,
    /// Whether the payload goes on in the next packet.
    is_continued: bool,
    /// Whether a file is being sent, which an empty packet ends.
    is_file: bool,
}

impl Passing {
    fn is_over(&self) -> bool {
        self.rest == 0 && !self.is_continued && !self.is_file
    }

    /// Notes a packet whose beginning is passed.
    fn begin(&mut self, packet: &Packet<'_>) {
        let was_continued = std::mem::replace(&mut self.is_continued, packet.is_continued());
        self.rest = packet.rest;
        if packet.length() == 0 && !was_continued {
            self.is_file = false;
        }
    }
}

impl Use {
    pub(super) fn new(lease: Lease) -> Self {
        Self {
            time: QueryTime::new(lease.lent_at()),
            lease,
            answers: None,
            effect: Effect::default(),
            passing: Passing::default(),
            answer_rest: 0,
            is_in_transaction: false,
        }
    }

    /// Whether the database said so at the end of its last result.
    pub(super) fn is_in_transaction(&self) -> bool {
        let status = self.answers.as_ref().and_then(Answers::status);
        status.map_or(self.is_in_transaction, |status| status & status::IN_TRANSACTION != 0)
    }

    /// Whether the connection is as it was when it was borrowed, or as the session's key says, so that
    /// another client may have it.
    pub(super) fn is_settled(&mut self) -> bool {
        let is_empty = |server: &mut Server| server.outbox.is_empty() && server.inbox.is_empty();
        self.owes_nothing() && !self.is_in_transaction && self.lease.server().is_some_and(is_empty)
    }

    /// Whether everything that the client has asked so far is answered.
    pub(super) fn owes_nothing(&self) -> bool {
        self.answers.is_none() && self.passing.is_over() && self.answer_rest == 0
    }

    /// How far the answers to it have come.
    pub(super) fn progress(&self) -> cross_talk::Progress {
        if self.owes_nothing() {
            cross_talk::Progress::IsComplete
        } else if self.passing.is_file {
            cross_talk::Progress::AsksForData
        } else {
            cross_talk::Progress::UnderWay
        }
    }
}

impl<C: Client> Session<'_, C> {
    /// Passes what is there of the client's command, and begins the next one after its answers.
    pub(super) fn take_commands(&mut self, using: &mut Use) -> Result<(), End> {
        loop {
            let Some(server) = using.lease.server() else { return Ok(()) };
            if server.outbox.len() >= MAX_WAITING {
                return Ok(());
            }
            if using.passing.rest > 0 {
                let passing = using.passing.rest.min(self.link.from_client.len());
                let bytes = self.link.from_client.bytes().get(..passing).unwrap_or_default();
                server.outbox.extend_from_slice(bytes);
                self.link.from_client.advance(passing);
                using.passing.rest -= passing;
                if using.passing.rest > 0 {
                    return Ok(());
                }
            }
            if !using.passing.is_over() {
                if !self.pass_packet(using) {
                    return Ok(());
                }
            } else if using.answers.is_some() || self.has_ended() || !self.take_command(using)? {
                return Ok(());
            }
        }
    }

    /// Passes the client's first packet on, as far as it is looked at; false if it is not there yet.
    fn pass_packet(&mut self, using: &mut Use) -> bool {
        let bytes = self.link.from_client.bytes();
        let (Some(packet), Some(server)) = (first_packet(bytes), using.lease.server()) else {
            return false;
        };
        let length = HEADER + packet.head.len();
        server.outbox.extend_from_slice(bytes.get(..length).unwrap_or_default());
        using.passing.begin(&packet);
        self.link.from_client.advance(length);
        true
    }

    /// Takes the client's next command; false if it is not there yet.
    fn take_command(&mut self, using: &mut Use) -> Result<bool, End> {
        let Some(command) = self.command()? else { return Ok(false) };
        match answerer(command) {
            Answerer::None => {
                self.course = Course::Left;
                return Ok(false);
            }
            Answerer::Refused => {
                self.refuse(&texts::unknown_command());
                return Ok(true);
            }
            Answerer::Proxy | Answerer::Database => {}
        }
        if self.meets_fault(command) {
            return Ok(true);
        }
        self.is_counted = false;
        let is_query = command == command::QUERY;
        if is_query {
            self.connection.endpoint.metrics.query_requests.add();
        }
        let server = using.lease.server().map_or(0, |server| server.id);
        let Some(packet) = first_packet(self.link.from_client.bytes()) else { return Ok(false) };
        let (verdict, effect) = look_into(command, &packet);
        let text = packet.head.get(1..).unwrap_or_default();
        if !self.pinning.is_pinned()
            && let Some(found) = found(verdict, text)
            && let Some(said) = self.pinning.meet(found, server)
        {
            self.refuse(&texts::refused_pin(&said));
            return Ok(true);
        }
        using.time.asks(is_query.then(|| self.link.patience.last_request()));
        using.effect = effect;
        using.answers = Answers::to(command, self.state.capabilities & DEPRECATE_EOF != 0);
        Ok(self.pass_packet(using))
    }

    /// Passes what is there of the answers.
    pub(super) fn take_answers(&mut self, using: &mut Use) -> Result<(), End> {
        while self.link.to_client.len() < MAX_WAITING {
            let Some(server) = using.lease.server() else { return Ok(()) };
            if using.answer_rest > 0 {
                let passing = using.answer_rest.min(server.inbox.len());
                let bytes = server.inbox.bytes().get(..passing).unwrap_or_default();
                self.link.to_client.extend_from_slice(bytes);
                server.inbox.advance(passing);
                using.answer_rest -= passing;
                if using.answer_rest > 0 {
                    return Ok(());
                }
            }
            let bytes = server.inbox.bytes();
            let Some(packet) = first_packet(bytes) else { return Ok(()) };
            let length = HEADER + packet.head.len();
            let passed = bytes.get(..length).unwrap_or_default();
            let Some(answers) = &mut using.answers else {
                // What a server says unasked is that it ends.
                self.link.to_client.extend_from_slice(passed);
                return Err(End::Database(WireError::Malformed("an answer to no command")));
            };
            let progress = answers.take(&packet).map_err(End::Database)?;
            self.link.to_client.extend_from_slice(passed);
            using.answer_rest = packet.rest;
            server.inbox.advance(length);
            match progress {
                Progress::More => {}
                Progress::File => using.passing.is_file = true,
                Progress::Succeeded | Progress::Failed => self.finish(using, progress),
            }
        }
        Ok(())
    }

    /// Notes what a command has changed whose last answer is there.
    fn finish(&mut self, using: &mut Use, progress: Progress) {
        using.time.is_answered(&self.connection.endpoint.metrics);
        let effect = std::mem::take(&mut using.effect);
        let status = using.answers.take().and_then(|answers| answers.status());
        if let Some(status) = status {
            using.is_in_transaction = status & status::IN_TRANSACTION != 0;
        }
        match progress {
            Progress::Succeeded => self.apply(effect, using),
            Progress::Failed => {
                // An error has no status. Without autocommit, it may have begun a transaction.
                using.is_in_transaction |= self.state.begins_transactions();
                if effect.statements > 1 && !effect.changes.is_empty() {
                    // Which of them have succeeded is not known.
                    self.pinning.pin();
                }
            }
            Progress::More | Progress::File => {}
        }
    }

    fn apply(&mut self, effect: Effect, using: &mut Use) {
        let Effect { changes, resets, multi_statements, statements: _ } = effect;
        if changes.is_empty() && !resets && multi_statements.is_none() {
            return;
        }
        for change in &changes {
            self.state.apply(change);
        }
        if resets {
            self.state.reset();
        }
        if let Some(is_on) = multi_statements {
            self.state.set_multi_statements(is_on);
        }
        self.key = Arc::new(Key::from(self.state.clone()));
        using.lease.change_key(&self.key);
    }

    /// Moves bytes, in whichever direction there are any, and returns once some have moved.
    pub(super) async fn exchange(&mut self, using: &mut Use) -> Result<(), End> {
        let is_waiting = using.owes_nothing();
        let reads = !self.has_ended() && self.link.from_client.len() < READ_AHEAD;
        let Some(server) = using.lease.server() else { return Ok(()) };
        self.link.exchange(server, reads, is_waiting).await
    }
}

/// What a command does to its session's pinning, and what it changes of the session otherwise.
fn look_into(command: u8, packet: &Packet<'_>) -> (Verdict, Effect) {
    let text = packet.head.get(1..).unwrap_or_default();
    let mut effect = Effect::default();
    let verdict = match command {
        // The database's answer may have to do with the text beyond what is looked at.
        command::QUERY if packet.rest > 0 || packet.is_continued() => Verdict::Pins(Cause::TooLong),
        command::QUERY => {
            let judged = judge(text);
            effect.changes = judged.changes;
            effect.statements = judged.statements;
            judged.verdict
        }
        command::STMT_PREPARE => Verdict::Pins(Cause::Prepare),
        command::INIT_DB => {
            let name = String::from_utf8_lossy(text).into_owned();
            effect.changes = vec![Change::Database(name)];
            Verdict::Free
        }
        command::RESET_CONNECTION => {
            effect.resets = true;
            Verdict::Free
        }
        command::SET_OPTION => {
            effect.multi_statements = Fields(text).u16().map(|option| option == 0);
            Verdict::Free
        }
        _ => Verdict::Free,
    };
    (verdict, effect)
}
