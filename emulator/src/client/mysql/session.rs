//! A session of MySQL's: when it has a database connection, and what the proxy answers itself.
//!
//! Owns borrowing a connection at the first command that needs one, and giving it back when the last
//! answer says that no transaction is open. `pump` passes the packets.
//!
//! Chosen here, since nothing is known of RDS Proxy: a client without a connection has its `COM_PING`
//! and its `COM_RESET_CONNECTION` answered by the proxy, which asks no database; `COM_CHANGE_USER` and
//! the commands of replication and of the server's administration are refused as unknown ones.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html>

use std::sync::Arc;

use bytes::BytesMut;

use super::pump::Use;
use super::{no_connection, packet};
use crate::client::cross_talk::CrossTalk;
use crate::client::disruption::{Outlook, cut_with_connection, cut_without_connection};
use crate::client::end::End;
use crate::client::lending::{After, Supply, borrow, let_go};
use crate::client::link::Link;
use crate::client::perform::perform;
use crate::client::pinning::Pinning;
use crate::client::proxy::Connection;
use crate::client::socket::Client;
use crate::fault::{Action, Fault, Queries};
use crate::observe::{self, SessionView};
use crate::pool::{BorrowError, Key, Lease, SessionState};
use crate::texts::log::Borrowed;
use crate::texts::mysql as texts;
use crate::wire::mysql::answer::{error, ok, status};
use crate::wire::mysql::{HEADER, command, first_packet};
use crate::wire::startup::Names;
use crate::wire::{Refusal, WireError};

/// A session that is open.
pub(super) struct Session<'a, C> {
    pub(super) link: Link<'a, C>,
    pub(super) connection: &'a Connection,
    pub(super) state: SessionState,
    pub(super) key: Arc<Key>,
    pub(super) pinning: Pinning<'a>,
    view: Arc<SessionView>,
    pub(super) queries: Queries<'a>,
    /// Whether the command at the front is counted already.
    pub(super) is_counted: bool,
    /// Whether the payload that is thrown away goes on in the next packet.
    skips_next: bool,
    pub(super) course: Course,
    pub(super) supply: Supply,
    pub(super) cross_talk: Option<CrossTalk<'a>>,
}

/// How the session goes on.
#[derive(Clone, Copy)]
pub(super) enum Course {
    /// The client asks and is answered.
    Open,
    /// A command has met a fault.
    Met(Action),
    /// The client has said that it leaves.
    Left,
}

/// What a client without a connection does.
enum Idle {
    /// It asks for something that needs the database.
    Asks,
    /// It leaves.
    Leaves,
    /// Its command meets a fault.
    Meets(Action),
}

/// Who answers a command.
pub(super) enum Answerer {
    Database,
    /// The proxy, if the client has no connection.
    Proxy,
    /// No answer: the client leaves.
    None,
    /// The proxy, with an error.
    Refused,
}

pub(super) fn answerer(command: u8) -> Answerer {
    match command {
        command::QUIT => Answerer::None,
        command::PING | command::RESET_CONNECTION => Answerer::Proxy,
        command::INIT_DB
        | command::QUERY
        | command::FIELD_LIST
        | command::STATISTICS
        | command::PROCESS_INFO
        | command::PROCESS_KILL
        | command::DEBUG
        | command::STMT_PREPARE
        | command::STMT_EXECUTE
        | command::STMT_SEND_LONG_DATA
        | command::STMT_CLOSE
        | command::STMT_RESET
        | command::SET_OPTION
        | command::STMT_FETCH => Answerer::Database,
        _ => Answerer::Refused,
    }
}

impl<'a, C: Client> Session<'a, C> {
    /// The session of a client that has logged in, and first hears this.
    pub(super) fn new(
        (client, welcome): (&'a mut C, BytesMut),
        connection: &'a Connection,
        state: SessionState,
        view: Arc<SessionView>,
    ) -> Self {
        let proxy = &connection.proxy;
        Self {
            link: Link::new(client, connection, welcome),
            connection,
            key: Arc::new(Key::from(state.clone())),
            state,
            pinning: Pinning::new(connection, Arc::clone(&view)),
            view,
            queries: Queries::new(proxy.fault().and_then(Fault::at_query), &proxy.queries),
            is_counted: false,
            skips_next: false,
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
                next = self.next_command() => next?,
                () = cut_without_connection(&mut outlook) => return Err(End::Fault),
            };
            match next {
                Idle::Leaves => return Ok(()),
                Idle::Meets(action) => {
                    self.link.flush().await?;
                    let (user, database) = (self.state.user.clone(), self.state.database.clone());
                    let names = Names { user: &user, database: &database };
                    return perform(action, self.link.client, names).await;
                }
                Idle::Asks => {
                    let borrowed = tokio::select! {
                        biased;
                        borrowed = self.borrow() => borrowed?,
                        () = cut_without_connection(&mut outlook) => return Err(End::Fault),
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

    /// Waits, without a connection, for a command that needs one.
    async fn next_command(&mut self) -> Result<Idle, End> {
        loop {
            match self.course {
                Course::Left => {
                    // It may be gone already.
                    drop(self.link.send_the_rest().await);
                    return Ok(Idle::Leaves);
                }
                Course::Met(action) => return Ok(Idle::Meets(action)),
                Course::Open => {}
            }
            let Some(command) = self.command()? else {
                self.link.forget_room();
                self.link.progress().await?;
                continue;
            };
            match answerer(command) {
                Answerer::None => self.course = Course::Left,
                Answerer::Proxy => {
                    if command == command::RESET_CONNECTION {
                        self.state.reset();
                        self.key = Arc::new(Key::from(self.state.clone()));
                    }
                    self.answer(&ok(status::AUTOCOMMIT));
                }
                Answerer::Refused => self.refuse(&texts::unknown_command()),
                Answerer::Database => {
                    if !self.meets_fault(command) {
                        return Ok(Idle::Asks);
                    }
                }
            }
        }
    }

    /// The command of the client's first packet; none if it is not there yet.
    pub(super) fn command(&mut self) -> Result<Option<u8>, End> {
        self.link.drop_discarded();
        while self.skips_next {
            let Some(packet) = first_packet(self.link.from_client.bytes()) else { return Ok(None) };
            let (length, rest) = (HEADER + packet.head.len(), packet.rest);
            self.skips_next = packet.is_continued();
            self.link.discard_message(length, rest);
        }
        let Some(packet) = first_packet(self.link.from_client.bytes()) else { return Ok(None) };
        if packet.sequence != 0 {
            let why = "the client's packets are out of order".to_owned();
            return Err(End::Refused { refusal: texts::out_of_order(), why });
        }
        let command = packet.head.first().copied();
        command.map(Some).ok_or_else(|| WireError::Malformed("an empty command").into())
    }

    /// Answers the client's command in the database's place.
    fn answer(&mut self, payload: &[u8]) {
        self.link.to_client.extend_from_slice(&packet(1, payload));
        self.throw_away();
    }

    /// Answers it with an error.
    pub(super) fn refuse(&mut self, refusal: &Refusal) {
        self.answer(&error(refusal, true));
    }

    /// Throws the client's command away.
    pub(super) fn throw_away(&mut self) {
        self.is_counted = false;
        if let Some(packet) = first_packet(self.link.from_client.bytes()) {
            let (length, rest) = (HEADER + packet.head.len(), packet.rest);
            self.skips_next = packet.is_continued();
            self.link.discard_message(length, rest);
        }
    }

    /// Borrows a connection. None if the client has heard instead that there is none.
    async fn borrow(&mut self) -> Result<Option<Lease>, End> {
        let supply = std::mem::take(&mut self.supply);
        let to = (&mut self.link, self.connection);
        match borrow(to, &self.key, supply, &self.view).await? {
            Ok(lease) => Ok(Some(lease)),
            Err(BorrowError::TimedOut) => {
                self.refuse(&texts::borrow_timeout());
                Ok(None)
            }
            Err(error) => Err(no_connection(error)),
        }
    }

    /// Serves the client from its connection, until that can be given back or the client is done, or
    /// all connections end.
    async fn serve(&mut self, lease: Lease, outlook: &mut Option<Outlook>) -> Result<(), End> {
        let mut using = Use::new(lease);
        let outages = using.lease.server().map_or(0, |server| server.outages);
        let after = tokio::select! {
            biased;
            after = self.work(&mut using) => after?,
            // As the real proxy does it, silently.
            () = cut_with_connection(outlook, outages) => return Err(End::Fault),
        };
        let_go(using.lease, &after, &using.time, &self.view);
        Ok(())
    }

    /// Passes packets both ways, until the connection can be given back or the client is done.
    async fn work(&mut self, using: &mut Use) -> Result<After, End> {
        let server = using.lease.server().map(|server| server.id);
        self.view.set_server(server);
        self.connection.debug_line("DEBUG", &Borrowed(server.unwrap_or_default()));
        if self.cross_talk.is_some() {
            self.link.flush().await?;
        }
        loop {
            self.take_commands(using)?;
            self.take_answers(using)?;
            if let Some(cross_talk) = &mut self.cross_talk {
                cross_talk.exchange(&mut self.link.to_client, using.progress());
            }
            // A session that has a connection needs no other.
            self.supply = Supply::Usual;
            let is_settled = using.is_settled();
            if is_settled && !self.pinning.is_pinned() {
                return Ok(After::IsShared);
            }
            if self.has_ended() && using.owes_nothing() {
                // The connection is closed: the client leaves it in a transaction, or pinned.
                return Ok(After::EndsWithSession);
            }
            self.view.set_in_transaction(using.is_in_transaction());
            self.view.set_state(match (is_settled, using.owes_nothing()) {
                (true, _) => observe::SessionState::Idle,
                (false, true) => observe::SessionState::InTransaction,
                (false, false) => observe::SessionState::Active,
            });
            self.exchange(using).await?;
        }
    }

    /// Whether nothing that the client asks from now on is answered.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.course, Course::Left | Course::Met(_))
    }
}
