//! What the database still has to answer, in order.
//!
//! Owns one entry for each message sent that has its own answer, and what COPY does to the
//! Syncs that it meets. What an answer means is `answer`.
//! <https://www.postgresql.org/docs/current/protocol-flow.html>

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::statements::{Name, Statement};

/// How many answers may be outstanding. A client that goes on without reading is not read either.
const MAX_ENTRIES: usize = 100_000;

/// What kind of message waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Parse,
    Bind,
    DescribeStatement,
    /// Of a portal; or of a statement whose parameters have come.
    DescribePortal,
    Execute,
    Close,
    Sync,
    Query,
    FunctionCall,
    /// `CopyDone` or `CopyFail`. It has no answer; whether it means anything depends on whether a
    /// COPY before it has begun.
    CopyEnd,
    /// Syncs that fell into a COPY that failed. The database answers those that it reads after
    /// the failure, and nothing says which those are. So here any number of them is answered.
    Unclear {
        /// Whether one is surely answered, so that the database does not skip what follows.
        is_synced: bool,
    },
}

/// Whose message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Client,
    /// Ours. The answer is not the client's, but for an error: the client's next message fails by it.
    Injected,
    /// Ours, with a Sync of ours behind it. Neither is an error the client's.
    Apart,
}

/// What an answer is about.
#[derive(Debug)]
pub(super) enum Target {
    None,
    /// A name, which errors mention.
    Mentioned(Arc<Name>),
    /// A name which is free after success.
    Dropped(Arc<Name>),
    /// A statement which is there after success.
    Prepared(Arc<Statement>),
    /// The message stands for another that the client sent, and this is what the client gets.
    Refused(Box<Bytes>),
}

/// A message that waits for its answer.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) origin: Origin,
    pub(super) target: Target,
    /// The slot that this makes the same as the client's.
    pub(super) adjusts: Option<u64>,
    /// The slot that holds something which the client does not have, for this alone.
    pub(super) disturbs: Option<u64>,
    /// Whether it looks as if it would drop all statements.
    pub(super) drops_all: bool,
}

impl Entry {
    /// Of a message of the client's.
    pub(super) fn new(kind: Kind, target: Target) -> Self {
        let origin = Origin::Client;
        Self { kind, origin, target, adjusts: None, disturbs: None, drops_all: false }
    }

    /// Of a message of ours.
    pub(super) fn ours(origin: Origin, kind: Kind, target: Target) -> Self {
        Self { origin, ..Self::new(kind, target) }
    }
}

/// A COPY that has begun, as far as the client has gone on.
#[derive(Debug)]
pub(super) struct Copy {
    /// Whether the client ended it already.
    pub(super) has_ended: bool,
    /// Whether a Sync follows that is answered.
    pub(super) is_synced: bool,
}

/// All that wait.
#[derive(Debug)]
pub(super) struct Queue {
    entries: VecDeque<Entry>,
    limit: usize,
}

impl Default for Queue {
    fn default() -> Self {
        Self::with_limit(MAX_ENTRIES)
    }
}

impl Queue {
    pub(super) fn with_limit(limit: usize) -> Self {
        Self { entries: VecDeque::new(), limit }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= self.limit
    }

    pub(super) fn push(&mut self, entry: Entry) {
        // With nothing before it there is no COPY that it could end.
        if entry.kind != Kind::CopyEnd || !self.entries.is_empty() {
            self.entries.push_back(entry);
        }
    }

    pub(super) fn front(&mut self) -> Option<&mut Entry> {
        self.entries.front_mut()
    }

    /// What the database is at; unclear Syncs may be done already.
    pub(super) fn current(&self) -> Option<&Entry> {
        self.entries.iter().find(|entry| !matches!(entry.kind, Kind::Unclear { .. }))
    }

    pub(super) fn last(&mut self) -> Option<&mut Entry> {
        self.entries.back_mut()
    }

    pub(super) fn front_kind(&self) -> Option<Kind> {
        self.entries.front().map(|entry| entry.kind)
    }

    /// Takes the first one out. The next one is never a `CopyEnd`.
    pub(super) fn pop(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front();
        while self.front_kind() == Some(Kind::CopyEnd) {
            self.entries.pop_front();
        }
        entry
    }

    /// Whether the database skips the first one after an error: it goes on at a Sync.
    pub(super) fn front_is_skipped(&self) -> bool {
        !matches!(self.front_kind(), None | Some(Kind::Sync | Kind::Unclear { .. }))
    }

    /// The first one has begun to take data: until the client goes on to something else, Syncs
    /// have no answer.
    pub(super) fn begin_copy(&mut self) -> Copy {
        let has_syncs = self.is_at(1, Kind::Sync);
        while self.is_at(1, Kind::Sync) {
            self.entries.remove(1);
        }
        let has_ended = self.entries.len() > 1;
        if has_syncs {
            self.entries.insert(1, Entry::new(Kind::Unclear { is_synced: false }, Target::None));
        }
        let is_synced = self.entries.iter().any(|entry| entry.kind == Kind::Sync);
        Copy { has_ended, is_synced }
    }

    fn is_at(&self, index: usize, kind: Kind) -> bool {
        self.entries.get(index).is_some_and(|entry| entry.kind == kind)
    }

    /// A Sync that falls into a COPY which the client has not ended.
    pub(super) fn push_unclear(&mut self) {
        if !self.last_is_unclear() {
            self.push(Entry::new(Kind::Unclear { is_synced: false }, Target::None));
        }
    }

    /// The first one's COPY has succeeded: the Syncs in it were not looked at.
    pub(super) fn end_copy(&mut self) {
        while let Some(Entry { kind: kind @ (Kind::Unclear { .. } | Kind::CopyEnd), .. }) =
            self.entries.get(1)
        {
            let is_end = *kind == Kind::CopyEnd;
            self.entries.remove(1);
            if is_end {
                break;
            }
        }
    }

    /// Makes Syncs behind unclear ones unclear as well, since the next answer may be either's.
    pub(super) fn absorb(&mut self) {
        while let Some(Kind::Unclear { is_synced }) = self.front_kind() {
            let is_sync = match self.entries.get(1) {
                Some(Entry { kind: Kind::Sync, origin: Origin::Client, .. }) => true,
                Some(Entry { kind: Kind::CopyEnd, .. }) => false,
                Some(Entry { kind: Kind::Unclear { is_synced }, .. }) => *is_synced,
                Some(_) | None => break,
            };
            self.entries.remove(1);
            if let Some(front) = self.entries.front_mut() {
                front.kind = Kind::Unclear { is_synced: is_synced || is_sync };
            }
        }
    }

    /// A Sync outside of a COPY.
    pub(super) fn push_sync(&mut self) {
        self.push(Entry::new(Kind::Sync, Target::None));
        self.absorb();
    }

    /// One of the unclear Syncs in front is answered, so that nothing is skipped any more.
    pub(super) fn resynced(&mut self) {
        if let Some(front) = self.entries.front_mut() {
            front.kind = Kind::Unclear { is_synced: true };
        }
    }

    /// Whether only the number of unclear Syncs is missing.
    pub(super) fn is_only_unclear(&self) -> bool {
        self.entries.len() == 1 && self.front_kind() == Some(Kind::Unclear { is_synced: true })
    }

    fn last_is_unclear(&self) -> bool {
        matches!(self.entries.back(), Some(Entry { kind: Kind::Unclear { .. }, .. }))
    }
}
