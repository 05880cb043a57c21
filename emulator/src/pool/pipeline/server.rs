//! Prepared statements as a connection has them.
//!
//! Owns what is in each slot of one database connection: the unnamed statement's, and one for each
//! name that the emulator made up. While messages that change a slot are unanswered, it knows
//! whether they must have succeeded for a later message to be looked at. What a client has is
//! `statements`.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use super::statements::{Statement, UNNAMED};

/// How many statements a connection keeps.
const MAX_STATEMENTS: usize = 500;

/// The number of no batch.
const NO_BATCH: u64 = u64::MAX;

/// How a connection's slot compares with what a client has under the name of that slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has the same, by the time that the next message is looked at.
    Same,
    /// It has not.
    Differs {
        /// Whether something else may be in the slot.
        is_occupied: bool,
    },
    /// That depends on answers which have not come yet.
    Unknown,
}

#[derive(Debug, Default)]
struct Slot {
    /// The version of the statement that is in it, as far as the database has answered.
    holds: Option<u64>,
    /// Whether it is still wanted.
    statement: Weak<Statement>,
    last_used: u64,
    /// Unanswered messages that make it the same as what the client has.
    adjustments: u32,
    /// The batch of the last of them.
    batch: u64,
    /// Whether the client has changed it since, in that batch.
    has_changed: bool,
}

impl Slot {
    fn is_empty(&self) -> bool {
        self.holds.is_none() && self.adjustments == 0
    }
}

/// The prepared statements of one database connection.
#[derive(Debug)]
pub(crate) struct ServerStatements {
    unnamed: Slot,
    named: HashMap<u64, Slot>,
    uses: u64,
    limit: usize,
}

impl Default for ServerStatements {
    fn default() -> Self {
        Self::with_limit(MAX_STATEMENTS)
    }
}

impl ServerStatements {
    pub(super) fn with_limit(limit: usize) -> Self {
        Self { unnamed: Slot::default(), named: HashMap::new(), uses: 0, limit }
    }

    /// How a slot compares with the version that the client has, for a message of this batch.
    pub(super) fn standing(&mut self, number: u64, version: Option<u64>, batch: u64) -> Standing {
        self.uses += 1;
        let uses = self.uses;
        let Some(slot) = self.slot(number) else {
            return match version {
                None => Standing::Same,
                Some(_) => Standing::Differs { is_occupied: false },
            };
        };
        slot.last_used = uses;
        if slot.adjustments == 0 {
            return if slot.holds == version {
                Standing::Same
            } else {
                Standing::Differs { is_occupied: slot.holds.is_some() }
            };
        }
        // What precedes a message in its batch has succeeded, or the message is skipped.
        if slot.batch == batch {
            Standing::Same
        } else if slot.has_changed {
            Standing::Unknown
        } else {
            Standing::Differs { is_occupied: true }
        }
    }

    /// A message of ours that makes a slot the same as the client's is on its way.
    pub(super) fn adjust(&mut self, number: u64, batch: u64) {
        let slot = self.slot_or_new(number);
        slot.adjustments += 1;
        slot.has_changed &= slot.batch == batch;
        slot.batch = batch;
    }

    /// A message of ours is on its way that puts something into a slot which the client does not
    /// have. A message of the client's for which that is done counts as the adjustment.
    pub(super) fn disturb(&mut self, number: u64) {
        self.adjust(number, NO_BATCH);
        self.change(number);
    }

    /// A message of the client's that changes a slot is on its way.
    pub(super) fn change(&mut self, number: u64) {
        if let Some(slot) = self.slot(number) {
            slot.has_changed = true;
        }
    }

    /// An adjustment is answered, or skipped.
    pub(super) fn adjusted(&mut self, number: u64) {
        if let Some(slot) = self.slot(number) {
            slot.adjustments = slot.adjustments.saturating_sub(1);
        }
        self.remove_if_empty(number);
    }

    /// The database has it.
    pub(super) fn confirm(&mut self, statement: &Arc<Statement>) {
        self.uses += 1;
        let uses = self.uses;
        let slot = self.slot_or_new(statement.name.number);
        slot.holds = Some(statement.version);
        slot.statement = Arc::downgrade(statement);
        slot.last_used = uses;
    }

    /// The database has nothing in this slot any more.
    pub(super) fn drop(&mut self, number: u64) {
        if let Some(slot) = self.slot(number) {
            slot.holds = None;
        }
        self.remove_if_empty(number);
    }

    /// The database has no named statement any more.
    pub(super) fn drop_all(&mut self) {
        self.named.retain(|_, slot| {
            slot.holds = None;
            !slot.is_empty()
        });
    }

    pub(super) fn is_full(&self) -> bool {
        self.named.len() > self.limit
    }

    /// Takes out the statements that are least wanted: those whose client is gone, then those that
    /// were not used for the longest time. To be called while nothing is unanswered.
    pub(super) fn evict(&mut self) -> Vec<u64> {
        let mut slots: Vec<_> = (self.named.iter())
            .map(|(number, slot)| (slot.statement.strong_count() > 0, slot.last_used, *number))
            .collect();
        slots.sort_unstable();
        // Some more than is too much, so that this is not done for each new one.
        let left = self.limit - self.limit / 10;
        slots.truncate(slots.len().saturating_sub(left));
        let numbers: Vec<_> = slots.into_iter().map(|(_, _, number)| number).collect();
        for number in &numbers {
            self.named.remove(number);
        }
        numbers
    }

    fn slot(&mut self, number: u64) -> Option<&mut Slot> {
        if number == UNNAMED { Some(&mut self.unnamed) } else { self.named.get_mut(&number) }
    }

    fn slot_or_new(&mut self, number: u64) -> &mut Slot {
        if number == UNNAMED { &mut self.unnamed } else { self.named.entry(number).or_default() }
    }

    fn remove_if_empty(&mut self, number: u64) {
        if number != UNNAMED && self.named.get(&number).is_some_and(Slot::is_empty) {
            self.named.remove(&number);
        }
    }
}

#[cfg(test)]
impl ServerStatements {
    /// The texts in its slots, to be compared with a server's. Of a statement whose client is gone
    /// nothing is known any more.
    pub(super) fn contents(&self) -> HashMap<u64, Option<String>> {
        let text = |slot: &Slot| {
            let body = slot.statement.upgrade()?.body.clone()?;
            let text = body.split(|byte| *byte == 0).next().expect("a text");
            Some(String::from_utf8(text.to_vec()).expect("UTF-8"))
        };
        let slots = self.named.iter().chain([(&UNNAMED, &self.unnamed)]);
        let held = slots.filter(|(_, slot)| slot.holds.is_some());
        held.map(|(number, slot)| (*number, text(slot))).collect()
    }
}
