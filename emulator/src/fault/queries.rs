//! The queries of a session, counted for the faults that meet one of them.
//!
//! Owns what begins and ends a query: a simple one is a message, an extended one everything up to
//! its `Sync`, or up to a `Flush` by which the client wants answers before.
//! <https://www.postgresql.org/docs/current/protocol-flow.html>

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Action, Mishap, When};

/// The queries of one session.
#[derive(Debug)]
pub(crate) struct Queries<'a> {
    fault: Option<(Encounter, When)>,
    /// Counts those of all sessions.
    all: &'a AtomicUsize,
    count: usize,
    is_open: bool,
}

/// What a query meets.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Encounter {
    /// This, instead of its answer.
    Action(Action),
    /// This, behind the proxy.
    Mishap(Mishap),
}

/// What a message is to the count.
#[derive(Debug)]
pub(crate) enum Beginning {
    /// It begins a query that meets the fault.
    Meets(Encounter),
    /// It begins any other query.
    Ordinary,
    /// It begins none.
    Continues,
}

impl<'a> Queries<'a> {
    pub(crate) fn new(fault: Option<(Encounter, When)>, all: &'a AtomicUsize) -> Self {
        Self { fault, all, count: 0, is_open: false }
    }

    /// Counts a message of PostgreSQL's that is about to be handled.
    pub(crate) fn begin(&mut self, tag: u8) -> Beginning {
        if self.is_open || !matches!(tag, b'Q' | b'F' | b'P' | b'B' | b'D' | b'E' | b'C') {
            return Beginning::Continues;
        }
        self.is_open = true;
        self.next()
    }

    /// Counts a query.
    pub(crate) fn next(&mut self) -> Beginning {
        let Some((encounter, when)) = self.fault else { return Beginning::Continues };
        // What ends the connections of all happens once, at a query of any session.
        self.count = match encounter {
            Encounter::Mishap(Mishap::Disruption(_)) => self.all.fetch_add(1, Ordering::Relaxed),
            Encounter::Action(_) | Encounter::Mishap(_) => self.count,
        } + 1;
        if when.covers(self.count) { Beginning::Meets(encounter) } else { Beginning::Ordinary }
    }

    /// Counts a message that has been handled; whether it ends a query that meets a fault.
    pub(crate) fn ends(&mut self, tag: u8) -> bool {
        if matches!(tag, b'Q' | b'F' | b'S') {
            self.is_open = false;
        }
        matches!(tag, b'Q' | b'F' | b'S' | b'H')
    }
}

#[cfg(test)]
mod tests {
    use super::super::Disruption;
    use super::*;

    #[test]
    fn a_simple_query_and_an_extended_one_up_to_its_sync_are_one_each() {
        let all = AtomicUsize::new(0);
        let stall = Encounter::Action(Action::Stall);
        let mut queries = Queries::new(Some((stall, When::Only(3))), &all);
        let mut met = Vec::new();
        for tag in *b"QPBDESPBHESQ" {
            if matches!(queries.begin(tag), Beginning::Meets(_)) {
                met.push(tag);
            }
            queries.ends(tag);
        }
        assert_eq!((met, queries.count), (vec![b'P'], 4));
    }

    #[test]
    fn what_ends_the_connections_of_all_meets_one_query_of_all_sessions() {
        let all = AtomicUsize::new(0);
        let failover = Encounter::Mishap(Mishap::Disruption(Disruption::Failover));
        let session = || {
            let mut queries = Queries::new(Some((failover, When::Only(3))), &all);
            [b'Q'; 2].map(|tag| {
                let meets = matches!(queries.begin(tag), Beginning::Meets(_));
                queries.ends(tag);
                meets
            })
        };
        assert_eq!([session(), session(), session()], [[false; 2], [true, false], [false; 2]]);
    }

    #[test]
    fn without_a_fault_nothing_is_counted() {
        let all = AtomicUsize::new(0);
        let mut queries = Queries::new(None, &all);
        assert!(matches!(queries.begin(b'Q'), Beginning::Continues));
    }
}
