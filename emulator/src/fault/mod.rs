//! Misbehaviour by name: one fault, chosen at the start, done at one point of the conversation.
//!
//! Owns a fault's parts and its form on the command line; `list` has all of them. `client`
//! asks at each point whether the fault is due there. What a fault must lead
//! to is a diagnosis code of the function's contract, which this crate knows as a word only.

mod bytes;
mod list;
mod mishap;
mod queries;

use std::fmt;
use std::str::FromStr;

use crate::tls::Flaw;
use crate::users::Method;
use crate::wire::Refusal;
use crate::wire::startup::Names;

pub(crate) use mishap::{Disruption, Mishap};
pub(crate) use queries::{Beginning, Encounter, Queries};

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
}

/// Where in the conversation: after the client's message, before the answer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
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
    /// Every fault there is.
    pub const ALL: &'static [Self] = list::FAULTS;

    /// What is done at this point of the `connection`-th connection.
    pub(crate) fn at(&self, point: Point, connection: usize) -> Option<Action> {
        match self.kind {
            Kind::At(Point::Query, _)
            | Kind::After(_)
            | Kind::Meets(_)
            | Kind::Later(_)
            | Kind::Certificate(_)
            | Kind::Ask(_) => None,
            Kind::At(here, action) => {
                (here == point && self.when.covers(connection)).then_some(action)
            }
        }
    }

    /// Whether the login on the `connection`-th connection has no end, or one in its own time.
    pub(crate) fn slows_login(&self, connection: usize) -> bool {
        let points = [Point::Ssl, Point::Handshake, Point::Startup, Point::Password];
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
            | Kind::Ask(_) => None,
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
            | Kind::Ask(_) => None,
        }
    }

    /// Likewise, and how many seconds after the first login, if it waits for that.
    pub(crate) fn later(&self) -> Option<(Disruption, u32)> {
        match self.kind {
            Kind::Later(disruption) => Some((disruption, self.when.number())),
            Kind::At(..)
            | Kind::After(_)
            | Kind::Meets(_)
            | Kind::Certificate(_)
            | Kind::Ask(_) => None,
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
            | Kind::Ask(_) => None,
        }
    }

    /// What is wrong with the certificate on the `connection`-th connection.
    pub(crate) fn flaw(&self, connection: usize) -> Option<Flaw> {
        match self.kind {
            Kind::Certificate(flaw) => self.when.covers(connection).then_some(flaw),
            Kind::At(..) | Kind::After(_) | Kind::Meets(_) | Kind::Later(_) | Kind::Ask(_) => None,
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
            | Kind::Certificate(_) => None,
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

/// A `--fault` that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultError {
    /// There is no fault of this name.
    Unknown(String),
    /// What follows the colon is no number from 1 on, with or without a plus sign.
    Number(String),
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "no fault is called {name:?}; see --list-faults"),
            Self::Number(number) => {
                write!(f, "{number:?} is no number from 1 on; expected NAME[:N[+]]")
            }
        }
    }
}

impl std::error::Error for FaultError {}

/// `NAME`: always. `NAME:N`: on the N-th connection alone, or with a fault at the query, on the N-th
/// query of each session alone; with one that ends the connections of all, on the N-th query of all
/// sessions. `NAME:N+`: on that one and all that follow. With a fault whose name ends in `-after`, N
/// is the number of seconds from the login, or from the first one if it ends the connections of all.
impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, number) = match text.split_once(':') {
            Some((name, number)) => (name, Some(number)),
            None => (text, None),
        };
        let fault = Self::ALL.iter().find(|fault| fault.name == name);
        let fault = *fault.ok_or_else(|| FaultError::Unknown(name.to_owned()))?;
        let Some(number) = number else { return Ok(fault) };
        let (digits, when): (_, fn(u32) -> When) = match number.strip_suffix('+') {
            Some(digits) => (digits, When::From),
            None => (number, When::Only),
        };
        let parsed = Some(digits)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok())
            .filter(|number| *number > 0);
        let number = parsed.ok_or_else(|| FaultError::Number(number.to_owned()))?;
        Ok(Self { when: when(number), ..fault })
    }
}

#[cfg(test)]
mod tests;
