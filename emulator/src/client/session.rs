//! A client's session after its login: what it asks passes to a borrowed connection, and back.
//!
//! Owns when a connection is borrowed and given back. It is borrowed at the first message that needs
//! the database, and given back when the database is ready outside a transaction and owes no answer.
//! What of it waits is in buffers of the session's, so nothing is lost where a future is cancelled;
//! a connection whose session ends anywhere else is closed. The bytes themselves are `pump`'s.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.howitworks.html>

use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::cross_talk::CrossTalk;
use super::disruption::{Outlook, cut_with_connection, cut_without_connection, last_words};
use super::end::End;
use super::lending::{After, Supply, borrow, let_go};
use super::link::Link;
use super::perform::perform;
use super::pinning::Pinning;
use super::proxy::Connection;
use super::pump::Use;
use super::socket::Client;
use crate::fault::{Action, Fault, Queries};
use crate::observe::{SessionState, SessionView};
use crate::pool::pipeline::ClientStatements;
use crate::pool::{BorrowError, Key, Lease};
use crate::texts;
use crate::texts::log::Borrowed;
use crate::wire::backend::{error_response, ready_for_query};
use crate::wire::frontend::is_known;
use crate::wire::startup::{Names, Parameters};
use crate::wire::{HEADER, Refusal, WireError, first_message};

/// A session that is open.
pub(super) struct Session<'a, C> {
    pub(super) link: Link<'a, C>,
    pub(super) connection: &'a Connection,
    pub(super) names: Names<'a>,
    key: Arc<Key>,
    pub(super) statements: ClientStatements,
    /// Whether the client knows the database's settings.
    is_greeted: bool,
    /// Whether an error of ours has the rest of the client's messages skipped up to its `Sync`.
    skips_to_sync: bool,
    pub(super) pinning: Pinning<'a>,
    pub(super) view: Arc<SessionView>,
    pub(super) queries: Queries<'a>,
    pub(super) course: Course,
    /// What the next query finds in the pool.
    pub(super) supply: Supply,
    pub(super) cross_talk: Option<CrossTalk<'a>>,
}

/// How the session goes on.
#[derive(Clone, Copy)]
pub(super) enum Course {
    /// The client asks and is answered.
    Open,
    /// A query of the client's meets a fault, and is thrown away up to its end.
    Meets(Action),
    /// It did, and is over.
    Met(Action),
    /// The client has said that it leaves.
    Left,
}

/// What a session begins with.
pub(super) struct Beginnings<'a> {
    pub(super) parameters: &'a Parameters,
    pub(super) key: Arc<Key>,
    /// What the client hears of the database's settings, if the database is there.
    pub(super) greeting: Option<Bytes>,
    pub(super) view: Arc<SessionView>,
}

/// What a client without a connection does.
enum Idle {
    /// It asks for something that needs the database.
    Asks,
    /// It leaves.
    Leaves,
    /// Its query meets a fault.
    Meets(Action),
}

impl<'a, C: Client> Session<'a, C> {
    /// The session of a client that has logged in.
    pub(super) fn new(
        client: &'a mut C,
        connection: &'a Connection,
        beginnings: Beginnings<'a>,
    ) -> Self {
        let Beginnings { parameters, key, greeting, view } = beginnings;
        let proxy = &connection.proxy;
        let is_greeted = greeting.is_some();
        let greeting = greeting.unwrap_or_else(|| texts::settings_without_database().into());
        let mut to_client = BytesMut::from(&*greeting);
        to_client.extend_from_slice(&ready_for_query());
        Self {
            link: Link::new(client, connection, to_client),
            connection,
            names: Names::from(parameters),
            key,
            statements: ClientStatements::default(),
            is_greeted,
            skips_to_sync: false,
            pinning: Pinning::new(connection, Arc::clone(&view)),
            view,
            queries: Queries::new(proxy.fault().and_then(Fault::at_query), &proxy.queries),
            course: Course::Open,
            supply: Supply::Usual,
            cross_talk: CrossTalk::of(connection),
        }
    }

    /// Serves the client until it leaves.
    pub(super) async fn run(mut self) -> Result<(), End> {
        let mut outlook = Outlook::of(self.connection);
        loop {
            let next = tokio::select! {
                biased;
                next = self.next_request() => next?,
                () = cut_without_connection(&mut outlook) => return Err(End::Fault),
            };
            match next {
                Idle::Leaves => return Ok(()),
                Idle::Meets(action) => {
                    self.link.flush().await?;
                    return perform(action, self.link.client, self.names).await;
                }
                Idle::Asks => {
                    let borrowed = tokio::select! {
                        biased;
                        borrowed = self.borrow() => borrowed?,
                        () = cut_without_connection(&mut outlook) => return Err(last_words()),
                    };
                    if let Some(lease) = borrowed
                        && let Err(end) = self.serve(lease, &mut outlook).await
                    {
                        // First of all the database's last words, if the client still listens.
                        drop(self.link.flush().await);
                        return Err(end);
                    }
                }
            }
        }
    }

    /// Waits, without a connection, for a message that needs one.
    async fn next_request(&mut self) -> Result<Idle, End> {
        loop {
            match self.course {
                Course::Left => {
                    // It may be gone already.
                    drop(self.link.send_the_rest().await);
                    return Ok(Idle::Leaves);
                }
                Course::Met(action) => return Ok(Idle::Meets(action)),
                Course::Open | Course::Meets(_) => {}
            }
            self.link.drop_discarded();
            let Some((tag, head, rest)) = first_message(self.link.from_client.bytes())? else {
                self.link.forget_room();
                self.link.progress().await?;
                continue;
            };
            let length = HEADER + head.len();
            if !is_known(tag) {
                return Err(WireError::Malformed("a message of no known type").into());
            }
            if tag == b'X' {
                self.course = Course::Left;
            } else if let Course::Meets(action) = self.course {
                self.throw_away(action, tag, length, rest);
            } else if self.skips_to_sync || !is_request(tag) {
                if tag == b'S' {
                    self.skips_to_sync = false;
                    self.queries.ends(tag);
                    self.link.to_client.extend_from_slice(&ready_for_query());
                }
                // A Flush has nothing to flush, and the rest of a COPY is ignored outside of one.
                self.link.discard_message(length, rest);
            } else if let Some(refusal) = self.count(tag) {
                self.refuse(&refusal, tag, length, rest);
            } else if matches!(self.course, Course::Open) {
                return Ok(Idle::Asks);
            }
        }
    }

    /// Borrows a connection. None if the client has heard instead that there is none.
    async fn borrow(&mut self) -> Result<Option<Lease>, End> {
        let supply = std::mem::take(&mut self.supply);
        let to = (&mut self.link, self.connection);
        match borrow(to, &self.key, supply, &self.view).await? {
            Ok(mut lease) => {
                if !self.is_greeted
                    && let Some(server) = lease.server()
                {
                    self.link.to_client.extend_from_slice(&server.greeting);
                    self.is_greeted = true;
                }
                Ok(Some(lease))
            }
            Err(BorrowError::TimedOut) => {
                if let Some((tag, head, rest)) = first_message(self.link.from_client.bytes())? {
                    let length = HEADER + head.len();
                    self.refuse(&texts::borrow_timeout(), tag, length, rest);
                }
                Ok(None)
            }
            Err(error) => Err(End::from(error)),
        }
    }

    /// Answers the client's first message with an error, as PostgreSQL does outside a transaction.
    /// <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY>
    fn refuse(&mut self, refusal: &Refusal, tag: u8, length: usize, rest: usize) {
        self.link.to_client.extend_from_slice(&error_response(refusal));
        self.queries.ends(tag);
        if matches!(tag, b'Q' | b'F') {
            self.link.to_client.extend_from_slice(&ready_for_query());
        } else {
            self.skips_to_sync = true;
        }
        self.link.discard_message(length, rest);
    }

    /// Serves the client from its connection, until that can be given back or the client is done, or
    /// all connections end.
    async fn serve(&mut self, lease: Lease, outlook: &mut Option<Outlook>) -> Result<(), End> {
        let mut using = Use::new(lease);
        let outages = using.lease.server().map_or(0, |server| server.outages);
        let after = tokio::select! {
            biased;
            after = self.work(&mut using) => after?,
            () = cut_with_connection(outlook, outages) => return Err(self.cut_off(&using).await),
        };
        let_go(using.lease, &after, &using.time, &self.view);
        Ok(())
    }

    /// Passes messages both ways, until the connection can be given back or the client is done.
    async fn work(&mut self, using: &mut Use) -> Result<After, End> {
        let server = using.lease.server().map(|server| server.id);
        self.view.set_server(server);
        self.connection.debug_line("DEBUG", &Borrowed(server.unwrap_or_default()));
        if self.cross_talk.is_some() {
            self.link.flush().await?;
        }
        loop {
            self.take_requests(using)?;
            self.take_answers(using)?;
            if let Some(cross_talk) = &mut self.cross_talk {
                let progress = using.progress();
                cross_talk.exchange(&mut self.link.to_client, progress);
            }
            // A session with a connection needs no other.
            self.supply = Supply::Usual;
            let is_settled = using.is_settled();
            if is_settled && !self.pinning.is_pinned() {
                return Ok(After::IsShared);
            }
            if self.has_ended() && using.is_at_an_end() {
                // The connection is closed: the client leaves it in a transaction, in a COPY, or
                // pinned.
                return Ok(After::EndsWithSession);
            }
            self.view.set_in_transaction(using.is_in_transaction());
            self.view.set_state(match (is_settled, using.is_waiting_for_client()) {
                (true, _) => SessionState::Idle,
                (false, true) => SessionState::InTransaction,
                (false, false) => SessionState::Active,
            });
            match self.exchange(using).await {
                // It is gone before its answers have come, as it said.
                Err(End::Client(_)) if matches!(self.course, Course::Left) => {
                    return Ok(After::EndsWithSession);
                }
                exchanged => exchanged?,
            }
        }
    }

    /// Whether nothing that the client asks from now on is answered.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.course, Course::Left | Course::Met(_))
    }
}

/// Whether a message of a client's needs the database, rather than belongs to one that did.
fn is_request(tag: u8) -> bool {
    matches!(tag, b'Q' | b'F' | b'P' | b'B' | b'D' | b'E' | b'C')
}
