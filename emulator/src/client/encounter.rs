//! The faults that a session's query meets.
//!
//! Owns counting queries, and what each fault does to the session whose query it is. What a fault
//! is, and where it was seen, is `fault`'s.

use super::lending::Supply;
use super::session::{Course, Session};
use super::socket::Client;
use crate::fault::{Action, Beginning, Encounter, Mishap};
use crate::texts::rare;
use crate::wire::Refusal;

impl<C: Client> Session<'_, C> {
    /// Counts a message as the beginning of a query, and sees to the fault that this one meets;
    /// returns the error, if the fault is one.
    pub(super) fn count(&mut self, tag: u8) -> Option<Refusal> {
        match self.queries.begin(tag) {
            Beginning::Continues => {}
            Beginning::Ordinary => self.link.client.socket().flow(),
            Beginning::Meets(Encounter::Mishap(mishap)) => self.meet(mishap),
            Beginning::Meets(Encounter::Action(Action::Drip)) => self.link.client.socket().drip(),
            Beginning::Meets(Encounter::Action(action)) => {
                if let Action::Say(refusal) = action {
                    let refusal = refusal(&self.names);
                    if refusal.severity == "ERROR" {
                        return Some(refusal);
                    }
                }
                self.course = Course::Meets(action);
            }
        }
        None
    }

    /// Throws a message of a query away that meets a fault.
    pub(super) fn throw_away(&mut self, action: Action, tag: u8, length: usize, rest: usize) {
        if self.queries.ends(tag) {
            self.course = Course::Met(action);
        }
        self.link.discard_message(length, rest);
    }

    /// Meets what happens behind the proxy.
    fn meet(&mut self, mishap: Mishap) {
        match mishap {
            Mishap::Disruption(disruption) => {
                self.connection.disrupt(disruption);
                self.course = Course::Meets(Action::Say(|_| rare::shutting_down()));
            }
            Mishap::Exhausted => self.supply = Supply::Exhausted,
            Mishap::LostReader => {
                if self.pinning.is_pinned() && self.connection.endpoint.is_read_only {
                    self.course = Course::Meets(Action::Say(|_| rare::shutting_down()));
                }
            }
            Mishap::CrossTalk => {
                if let Some(cross_talk) = &mut self.cross_talk {
                    cross_talk.is_due = true;
                }
            }
        }
    }
}
