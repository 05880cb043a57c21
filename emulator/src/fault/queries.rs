//! The queries of a session, counted for the faults that meet one of them.
//!
//! Owns what begins and ends a query: a simple one is a message, an extended one everything up to
//! its `Sync`, or up to a `Flush` by which the client wants answers before.
//! <https://www.postgresql.org/docs/current/protocol-flow.html>

use super::{Action, When};

/// The queries of one session.
#[derive(Debug)]
pub(crate) struct Queries {
    fault: Option<(Action, When)>,
    count: usize,
    is_open: bool,
}

/// What a message is to the count.
#[derive(Debug)]
pub(crate) enum Beginning {
    /// It begins a query that meets the fault.
    Meets(Action),
    /// It begins any other query.
    Ordinary,
    /// It begins none.
    Continues,
}

impl Queries {
    pub(crate) fn new(fault: Option<(Action, When)>) -> Self {
        Self { fault, count: 0, is_open: false }
    }

    /// Counts a message that is about to be handled.
    pub(crate) fn begin(&mut self, tag: u8) -> Beginning {
        let Some((action, when)) = self.fault else { return Beginning::Continues };
        if self.is_open || !matches!(tag, b'Q' | b'F' | b'P' | b'B' | b'D' | b'E' | b'C') {
            return Beginning::Continues;
        }
        self.count += 1;
        self.is_open = true;
        if when.covers(self.count) { Beginning::Meets(action) } else { Beginning::Ordinary }
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
    use super::*;

    #[test]
    fn a_simple_query_and_an_extended_one_up_to_its_sync_are_one_each() {
        let mut queries = Queries::new(Some((Action::Stall, When::Only(3))));
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
    fn without_a_fault_nothing_is_counted() {
        let mut queries = Queries::new(None);
        assert!(matches!(queries.begin(b'Q'), Beginning::Continues));
    }
}
