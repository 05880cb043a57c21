//! Bytes between a client and its connection.
//!
//! Owns moving them both ways at once without ever waiting for one side alone, with a bound on what
//! is held, and handing each message to the pipeline on the way. When the connection is borrowed and
//! given back is `session`'s.

use super::cross_talk::Progress;
use super::end::End;
use super::link::MAX_WAITING;
use super::query_time::QueryTime;
use super::session::{Course, Session};
use super::socket::Client;
use crate::pool::pipeline::{Asked, Delivery, Message, Pipeline, Request};
use crate::pool::{Lease, Server};
use crate::sql::Verdict;
use crate::wire::backend::{error_response, tag};
use crate::wire::frontend::is_known;
use crate::wire::{HEADER, WireError, first_message};

/// A connection in use.
pub(super) struct Use {
    pub(super) lease: Lease,
    pub(super) time: QueryTime,
    pipeline: Pipeline,
    /// How many bytes of the client's last message are still to be passed on.
    request_rest: usize,
    /// How many bytes of the database's last message are.
    answer_rest: usize,
}

impl Use {
    pub(super) fn new(lease: Lease) -> Self {
        let (time, pipeline) = (QueryTime::new(lease.lent_at()), Pipeline::default());
        Self { lease, time, pipeline, request_rest: 0, answer_rest: 0 }
    }

    /// Whether the database said so when it was last ready.
    pub(super) fn is_in_transaction(&self) -> bool {
        self.pipeline.is_in_transaction()
    }

    /// Whether the connection is as it was when it was borrowed, so that another client may have it.
    pub(super) fn is_settled(&mut self) -> bool {
        let is_empty = |server: &mut Server| server.outbox.is_empty() && server.inbox.is_empty();
        self.pipeline.is_ready()
            && self.request_rest == 0
            && self.answer_rest == 0
            && self.lease.server().is_some_and(is_empty)
    }

    /// Whether the client has to say what comes next: it is in a transaction, or pinned.
    pub(super) fn is_waiting_for_client(&self) -> bool {
        self.owes_nothing() && self.request_rest == 0
    }

    /// Whether the client has whole messages of the database's only.
    pub(super) fn is_between_answers(&self) -> bool {
        self.answer_rest == 0
    }

    /// Whether nothing more is answered unless the client goes on.
    pub(super) fn is_at_an_end(&self) -> bool {
        self.owes_nothing() || self.pipeline.takes_data()
    }

    /// Whether everything that the client has asked so far is answered.
    pub(super) fn owes_nothing(&self) -> bool {
        self.pipeline.owes_nothing() && self.answer_rest == 0
    }

    /// How far the answers to it have come.
    pub(super) fn progress(&self) -> Progress {
        if self.owes_nothing() {
            Progress::IsComplete
        } else if self.pipeline.takes_data() {
            Progress::AsksForData
        } else {
            Progress::UnderWay
        }
    }
}

impl<C: Client> Session<'_, C> {
    /// Hands the client's messages that are there to the pipeline.
    pub(super) fn take_requests(&mut self, using: &mut Use) -> Result<(), End> {
        loop {
            let Some(server) = using.lease.server() else { return Ok(()) };
            if server.outbox.len() >= MAX_WAITING {
                return Ok(());
            }
            if using.request_rest > 0 {
                let passing = using.request_rest.min(self.link.from_client.len());
                let bytes = self.link.from_client.bytes().get(..passing).unwrap_or_default();
                server.outbox.extend_from_slice(bytes);
                self.link.from_client.advance(passing);
                using.request_rest -= passing;
                if using.request_rest > 0 {
                    return Ok(());
                }
            }
            self.link.drop_discarded();
            if self.has_ended() {
                // What it says behind that it leaves does not count.
                self.link.from_client.advance(self.link.from_client.len());
                return Ok(());
            }
            if !self.take_request(using)? {
                return Ok(());
            }
        }
    }

    /// Hands the client's first message to the pipeline; false if it is not there yet.
    fn take_request(&mut self, using: &mut Use) -> Result<bool, End> {
        let Some((tag, head, rest)) = first_message(self.link.from_client.bytes())? else {
            return Ok(false);
        };
        let length = HEADER + head.len();
        if !is_known(tag) {
            return Err(WireError::Malformed("a message of no known type").into());
        }
        if tag == b'X' {
            self.course = Course::Left;
            return Ok(false);
        }
        if using.pipeline.is_full() {
            return Ok(self.take_end(using, tag, (length, rest)));
        }
        let mut refusal = None;
        if let Course::Open = self.course {
            refusal = self.count(tag);
        }
        if let Course::Meets(action) = self.course {
            self.throw_away(action, tag, length, rest);
            return Ok(true);
        }
        self.queries.ends(tag);
        let is_timed = tag == b'Q' && using.pipeline.owes_nothing();
        using.time.asks(is_timed.then(|| self.link.patience.last_request()));
        if tag == b'Q' {
            self.connection.endpoint.metrics.query_requests.add();
        }
        let Some(server) = using.lease.server() else { return Ok(false) };
        let Server { id, statements, outbox, .. } = server;
        // Found again, since counting may have taken all of the session.
        let head = self.link.from_client.bytes().get(HEADER..length).unwrap_or_default();
        let message = Message { tag, head, rest };
        let mut verdict = Verdict::Free;
        if refusal.is_none() {
            (verdict, refusal) = self.pinning.judge(message, &self.statements, *id);
        }
        if self.pinning.is_pinned() {
            self.statements.pin();
        }
        let is_refused = refusal.is_some();
        let request = match refusal {
            Some(refusal) => Request::Refuse(message, error_response(&refusal).into()),
            None => Request::Pass(message, verdict),
        };
        match using.pipeline.ask(request, &mut self.statements, statements, outbox) {
            // It is not full, so that nothing has to wait.
            Asked::Sent | Asked::Wait => {}
            // No more is kept for the client, and all of it is on this connection.
            Asked::SentPinned => self.pinning.pin(),
        }
        if is_refused {
            self.link.discard_message(length, rest);
        } else {
            self.link.from_client.advance(length);
            using.request_rest = rest;
        }
        Ok(true)
    }

    /// Hands a message on for which there is room although the queue is full, such as the end of a COPY;
    /// false if it has to wait.
    fn take_end(&mut self, using: &mut Use, tag: u8, (length, rest): (usize, usize)) -> bool {
        let Some(server) = using.lease.server() else { return false };
        let Server { statements, outbox, .. } = server;
        let head = self.link.from_client.bytes().get(HEADER..length).unwrap_or_default();
        let request = Request::Pass(Message { tag, head, rest }, Verdict::Free);
        let asked = using.pipeline.ask(request, &mut self.statements, statements, outbox);
        if asked == Asked::Wait {
            return false;
        }
        self.queries.ends(tag);
        self.link.from_client.advance(length);
        using.request_rest = rest;
        true
    }

    /// Hands the database's messages that are there to the pipeline, and to the client what is for it.
    pub(super) fn take_answers(&mut self, using: &mut Use) -> Result<(), End> {
        let Use { lease, pipeline, answer_rest, time, .. } = using;
        let Some(server) = lease.server() else { return Ok(()) };
        while self.link.to_client.len() < MAX_WAITING {
            if *answer_rest > 0 {
                let passing = (*answer_rest).min(server.inbox.len());
                let bytes = server.inbox.bytes().get(..passing).unwrap_or_default();
                self.link.to_client.extend_from_slice(bytes);
                server.inbox.advance(passing);
                *answer_rest -= passing;
                if *answer_rest > 0 {
                    return Ok(());
                }
            }
            let bytes = server.inbox.bytes();
            let Some((tag, head, rest)) = first_message(bytes).map_err(End::Database)? else {
                return Ok(());
            };
            let length = HEADER + head.len();
            let message = Message { tag, head, rest };
            let delivery = pipeline.answer(message, &mut self.statements, &mut server.statements);
            match delivery.map_err(End::Broken)? {
                Delivery::Forward => {
                    if tag == tag::READY_FOR_QUERY {
                        time.is_answered(&self.connection.endpoint.metrics);
                    }
                    self.link.to_client.extend_from_slice(bytes.get(..length).unwrap_or_default());
                    *answer_rest = rest;
                }
                Delivery::Replace(other) => self.link.to_client.extend_from_slice(&other),
                Delivery::Swallow => {}
            }
            server.inbox.advance(length);
            pipeline.settle(&mut server.outbox);
        }
        Ok(())
    }

    /// Moves bytes, in whichever direction there are any, and returns once some have moved.
    pub(super) async fn exchange(&mut self, using: &mut Use) -> Result<(), End> {
        // Once it has said that it leaves, its end is all that is still to be read.
        let reads = match self.course {
            Course::Open | Course::Meets(_) => !using.pipeline.is_full(),
            Course::Left => true,
            Course::Met(_) => false,
        };
        let is_waiting = using.is_waiting_for_client();
        let Some(server) = using.lease.server() else { return Ok(()) };
        self.link.exchange(server, reads, is_waiting).await
    }
}
