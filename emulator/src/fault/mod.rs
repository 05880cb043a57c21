//! Misbehaviour by name: one fault, chosen at the start, done at one point of the conversation.
//!
//! Owns a fault's parts and its form on the command line; `list` has all of them. `client`
//! asks at each point whether the fault is due there. What a fault must lead
//! to is a diagnosis code of the function's contract, which this crate knows as a word only.

mod bytes;
mod list;
mod mishap;
mod mysql;
mod named;
mod queries;

use std::fmt;

use crate::engine::Engine;
use crate::tls::Flaw;
use crate::users::Method;
use crate::wire::Refusal;
use crate::wire::startup::Names;

pub(crate) use mishap::{Disruption, Mishap};
pub use named::FaultError;
pub(crate) use queries::{Beginning, Encounter, Queries};

/// A list of faults, in the order of the conversation.
macro_rules! faults {
    ($($name:literal $step:ident $code:ident $act:expr, $what:literal;)+) => {
        pub(super) const FAULTS: &[Fault] = &[$(Fault {
            name: $name,
            what: $what,
            step: stringify!($step),
            code: stringify!($code),
            kind: $act,
            when: $crate::fault::When::From(1),
        },)+];
    };
}
use faults;

/// A named way to misbehave.
#[derive(Clone, Copy)]
pub struct Fault {
    /// The name on the command line.
    pub name: &'static str,
    /// What the emulator does, in one line.
    pub what: &'static str,
    /// The step of a probe that notices.
    pub step: &'static str,
    /// The diagnosis code that it must lead to, or `healthy`.
    pub code: &'static str,
    pub(crate) kind: Kind,
    pub(crate) when: When,
}

/// What is done, and where in the conversation.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// At a point, instead of the answer that is due there.
    At(Point, Action),
    /// From so many seconds after the login on.
    After(Action),
    /// Behind the proxy, at a query.
    Meets(Mishap),
    /// Behind the proxy, so many seconds after the first login.
    Later(Disruption),
    /// The certificate has a flaw.
    Certificate(Flaw),
    /// The client is asked to prove itself in another way.
    Ask(Method),
    /// A client of MySQL's is asked for another plugin.
    AskFor(AskedPlugin),
}

/// What a client of MySQL's is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AskedPlugin {
    /// The plugin of this name.
    Named(&'static str),
    /// Nothing: every client is accepted.
    None,
}

/// Where in the conversation: after the client's message, before the answer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// The connection itself, which a client of MySQL's expects a greeting on.
    Accept,
    /// `SSLRequest`.
    Ssl,
    /// The first message of the TLS handshake.
    Handshake,
    /// The startup packet.
    Startup,
    /// The password, or the first message of SCRAM.
    Password,
    /// A query: a simple one, or an extended one up to its Sync.
    Query,
}

/// What is done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    /// Answer with an error.
    Say(fn(&Names<'_>) -> Refusal),
    /// Answer with these bytes, and then with nothing more.
    Send(&'static [u8]),
    /// Answer with these bytes and close.
    SendAndClose(&'static [u8]),
    /// Close the connection.
    Close,
    /// Reset the connection.
    Reset,
    /// Say nothing more.
    Stall,
    /// Go on as usual, but one byte a second.
    Drip,
}

/// On which connections, on which queries of a session, or after how many seconds of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// On this one alone, counted from 1.
    Only(u32),
    /// On this one and all that follow.
    From(u32),
}

impl Fault {
    /// Every fault there is with PostgreSQL.
    pub const ALL: &'static [Self] = list::FAULTS;

    /// Every fault there is with this engine.
    pub fn of(engine: Engine) -> impl Iterator<Item = &'static Self> {
        let (all, own): (_, &[Self]) = match engine {
            Engine::PostgreSql => (true, &[]),
            Engine::MySql => (false, mysql::FAULTS),
        };
        own.iter().chain(Self::ALL.iter().filter(move |fault| all || fault.speaks_no_protocol()))
    }

    /// Whether it is the same in either protocol: it breaks the connection, or is TLS's.
    fn speaks_no_protocol(&self) -> bool {
        match self.kind {
            Kind::At(_, Action::Close | Action::Reset | Action::Stall | Action::Drip)
            | Kind::At(Point::Handshake, Action::Send(_) | Action::SendAndClose(_))
            | Kind::After(_)
            | Kind::Certificate(_) => true,
            Kind::At(_, Action::Say(_) | Action::Send(_) | Action::SendAndClose(_))
            | Kind::Meets(_)
            | Kind::Later(_)
            | Kind::Ask(_)
            | Kind::AskFor(_) => false,
        }
    }

    /// What is done at this point of the `connection`-th connection.
    pub(crate) fn at(&self, point: Point, connection: usize) -> Option<Action> {
        match self.kind {
            Kind::At(Point::Query, _)
            | Kind::After(_)
            | Kind::Meets(_)
            | Kind::Later(_)
            | Kind::Certificate(_)
            | Kind::Ask(_)
            | Kind::AskFor(_) => None,
            Kind::At(here, action) => {
                (here == point && self.when.covers(connection)).then_some(action)
            }
        }
    }

    /// Whether the login on the `connection`-th connection has no end, or one in its own time.
    pub(crate) fn slows_login(&self, connection: usize) -> bool {
        let points = [Point::Accept, Point::Ssl, Point::Handshake, Point::Startup, Point::Password];
        let mut actions = points.into_iter().filter_map(|point| self.at(point, connection));
        actions.any(|action| matches!(action, Action::Stall | Action::Drip | Action::Send(_)))
    }

    /// What some queries meet.
    pub(crate) fn at_query(&self) -> Option<(Encounter, When)> {
        match self.kind {
            Kind::At(Point::Query, action) => Some((Encounter::Action(action), self.when)),
            Kind::Meets(mishap) => Some((Encounter::Mishap(mishap), self.when)),
            Kind::At(..)
            | Kind::After(_)
            | Kind::Later(_)
            | Kind::Certificate(_)
            | Kind::Ask(_)
            | Kind::AskFor(_) => None,
        }
    }

    /// What ends all database connections at some time.
    pub(crate) fn disruption(&self) -> Option<Disruption> {
        match self.kind {
            Kind::Later(disruption) | Kind::Meets(Mishap::Disruption(disruption)) => {
                Some(disruption)
            }
            Kind::At(..)
            | Kind::After(_)
            | Kind::Meets(_)
            | Kind::Certificate(_)
            | Kind::Ask(_)
            | Kind::AskFor(_) => None,
        }
    }

    /// The disruption that it is, and how many seconds after the first login, if it waits for that.
    pub(crate) fn later(&self) -> Option<(Disruption, u32)> {
        match self.kind {
            Kind::Later(disruption) => Some((disruption, self.when.number())),
            Kind::At(..)
            | Kind::After(_)
            | Kind::Meets(_)
            | Kind::Certificate(_)
            | Kind::Ask(_)
            | Kind::AskFor(_) => None,
        }
    }

    /// Whether clients get each other's answers.
    pub(crate) fn mixes_answers(&self) -> bool {
        matches!(self.kind, Kind::Meets(Mishap::CrossTalk))
    }

    /// What is done some seconds into every session.
    pub(crate) fn after(&self) -> Option<(Action, u32)> {
        match self.kind {
            Kind::After(action) => Some((action, self.when.number())),
            Kind::At(..)
            | Kind::Meets(_)
            | Kind::Later(_)
            | Kind::Certificate(_)
            | Kind::Ask(_)
            | Kind::AskFor(_) => None,
        }
    }

    /// What is wrong with the certificate on the `connection`-th connection.
    pub(crate) fn flaw(&self, connection: usize) -> Option<Flaw> {
        match self.kind {
            Kind::Certificate(flaw) => self.when.covers(connection).then_some(flaw),
            Kind::At(..)
            | Kind::After(_)
            | Kind::Meets(_)
            | Kind::Later(_)
            | Kind::Ask(_)
            | Kind::AskFor(_) => None,
        }
    }

    /// What the client of the `connection`-th connection is asked for.
    pub(crate) fn asks(&self, connection: usize) -> Option<Method> {
        match self.kind {
            Kind::Ask(method) => self.when.covers(connection).then_some(method),
            Kind::At(..)
            | Kind::After(_)
            | Kind::Meets(_)
            | Kind::Later(_)
            | Kind::Certificate(_)
            | Kind::AskFor(_) => None,
        }
    }

    /// What a client of MySQL's is asked for on the `connection`-th connection.
    pub(crate) fn asks_for(&self, connection: usize) -> Option<AskedPlugin> {
        match self.kind {
            Kind::AskFor(plugin) => self.when.covers(connection).then_some(plugin),
            Kind::At(..)
            | Kind::After(_)
            | Kind::Meets(_)
            | Kind::Later(_)
            | Kind::Certificate(_)
            | Kind::Ask(_) => None,
        }
    }
}

impl When {
    /// Whether the `number`-th one is meant.
    pub(crate) fn covers(self, number: usize) -> bool {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        match self {
            Self::Only(only) => number == only,
            Self::From(first) => number >= first,
        }
    }

    fn number(self) -> u32 {
        match self {
            Self::Only(number) | Self::From(number) => number,
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({} {:?})", self.name, self.when)
    }
}

#[cfg(test)]
mod tests;
