//! The faults that a command of MySQL's meets.
//!
//! Owns counting the commands that count as queries, and what each fault does to the session whose
//! command it is. What a fault is, and where it was seen, is `fault`'s.

use super::session::{Course, Session};
use crate::client::lending::Supply;
use crate::client::socket::Client;
use crate::fault::{Action, Beginning, Encounter, Mishap};
use crate::wire::mysql::command;
use crate::wire::startup::Names;

impl<C: Client> Session<'_, C> {
    /// Counts the client's command, if it is a query, and sees to the fault that it meets; whether the
    /// command is thrown away for it.
    pub(super) fn meets_fault(&mut self, command: u8) -> bool {
        let is_query =
            matches!(command, command::QUERY | command::STMT_PREPARE | command::STMT_EXECUTE);
        if !is_query || std::mem::replace(&mut self.is_counted, true) {
            return false;
        }
        match self.queries.next() {
            Beginning::Continues => {}
            Beginning::Ordinary => self.link.client.socket().flow(),
            Beginning::Meets(Encounter::Mishap(mishap)) => return self.meet(mishap),
            Beginning::Meets(Encounter::Action(Action::Drip)) => self.link.client.socket().drip(),
            Beginning::Meets(Encounter::Action(action)) => {
                let names = Names { user: &self.state.user, database: &self.state.database };
                let refusal =
                    if let Action::Say(text) = action { Some(text(&names)) } else { None };
                match refusal {
                    Some(refusal) if refusal.severity == "ERROR" => self.refuse(&refusal),
                    Some(_) | None => self.end_with(action),
                }
                return true;
            }
        }
        false
    }

    /// Meets what happens behind the proxy; whether the command is thrown away for it.
    fn meet(&mut self, mishap: Mishap) -> bool {
        match mishap {
            Mishap::Disruption(disruption) => {
                self.connection.disrupt(disruption);
                self.end_with(Action::Close);
                true
            }
            Mishap::Exhausted => {
                self.supply = Supply::Exhausted;
                false
            }
            Mishap::LostReader => {
                let is_lost = self.pinning.is_pinned() && self.connection.endpoint.is_read_only;
                if is_lost {
                    self.end_with(Action::Close);
                }
                is_lost
            }
            Mishap::CrossTalk => {
                if let Some(cross_talk) = &mut self.cross_talk {
                    cross_talk.is_due = true;
                }
                false
            }
        }
    }

    fn end_with(&mut self, action: Action) {
        self.throw_away();
        self.course = Course::Met(action);
    }
}
