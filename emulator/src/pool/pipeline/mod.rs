//! What one client has asked of its borrowed connection, and what is still to be answered.
//!
//! Owns the protocol's bookkeeping without any input or output: each message of the
//! client's goes through [`Pipeline::ask`], each of the database's through [`Pipeline::answer`].
//! Every message of a client's reaches the database and gets the database's own answer. Prepared
//! statements work on any connection: their names are replaced by names that no other client
//! uses, and what a connection lacks is prepared there first, by messages of ours whose answers
//! are swallowed. Does not know whose turn it is, nor when a session is pinned.
//! <https://www.postgresql.org/docs/current/protocol-flow.html>

mod answer;
mod ask;
mod name;
mod prepare;
mod queue;
mod server;
mod sql;
mod statements;
mod write;

#[cfg(test)]
pub(crate) mod tests;

use std::fmt;

use bytes::{Bytes, BytesMut};

use queue::{Entry, Kind, Origin, Queue, Target};
pub(crate) use server::ServerStatements;
pub(crate) use statements::ClientStatements;
use statements::Effect;

use crate::sql::Verdict;

/// A message of either side, or the beginning of a long one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) tag: u8,
    /// The beginning of the body: all of it up to 64 KiB, and of a longer one at least the names.
    pub(crate) head: &'a [u8],
    /// How many bytes of the body follow. The caller sends them on behind the head.
    pub(crate) rest: usize,
}

/// A message of the client's, and what is to become of it.
#[derive(Debug)]
pub(crate) enum Request<'a> {
    /// It goes to the database. The verdict is on its text, if it has one.
    Pass(Message<'a>, Verdict),
    /// Instead of its answer the client gets this `ErrorResponse`, header and all. The database
    /// fails at something in its place, so that its transaction is in the same state. If a long
    /// message is refused, the caller throws its rest away.
    Refuse(Message<'a>, Bytes),
}

/// What became of a client's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// It is written, with what has to precede it. The rest of a long one has to follow.
    Sent,
    /// The same, and the session has to keep its connection from now on: more is prepared than is
    /// kept.
    SentPinned,
    /// Nothing of it is taken. It has to be asked again after the next answer, and nothing else
    /// before it. What is written makes the answers come.
    Wait,
}

/// What becomes of a message of the database's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It goes to the client as it is.
    Forward,
    /// It answers a message of ours.
    Swallow,
    /// This one goes to the client instead, header and all.
    Replace(Bytes),
}

/// The transaction's state, as `ReadyForQuery` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Idle,
    InTransaction,
    Failed,
}

impl Status {
    fn read(body: &[u8]) -> Option<Self> {
        match body {
            b"I" => Some(Self::Idle),
            b"T" => Some(Self::InTransaction),
            b"E" => Some(Self::Failed),
            _ => None,
        }
    }
}

/// The database sent what does not answer what it was asked. Its connection is of no more use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) tag: u8,
    /// What should have been answered.
    pub(crate) waiting: Option<Kind>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tag = char::from(self.tag).escape_default();
        match self.waiting {
            Some(kind) => write!(f, "a message '{tag}' came as the answer to {kind:?}"),
            None => write!(f, "a message '{tag}' came without a question"),
        }
    }
}

/// Where the client is in a series of messages that a Sync ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Batch {
    /// Nothing was sent since the last Sync.
    Closed,
    Open {
        /// Whether the answers to all of it come without more.
        is_flushed: bool,
    },
    /// After an error: the database ignores everything up to the next Sync.
    Skipped,
}

/// Whether the first entry of the queue takes data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Copying {
    No,
    Open,
    /// The client goes on to something else just now, which no COPY takes.
    Left,
    /// The client ended it, but the database has not answered.
    Ended,
}

/// One client's messages on one connection. A new one for each borrow, or the same one again.
#[derive(Debug)]
pub(crate) struct Pipeline {
    queue: Queue,
    status: Status,
    batch: Batch,
    /// Counts the batches.
    number: u64,
    copying: Copying,
    /// Portals whose statement has an effect on prepared statements; hardly ever there are any.
    portals: Vec<(Box<[u8]>, Effect)>,
    /// How many entries of the queue look as if they would drop all statements.
    drops: usize,
    /// Whether the connection got something that only its end makes up for.
    is_doomed: bool,
}

impl Default for Pipeline {
    fn default() -> Self {
        Self::with_queue(Queue::default())
    }
}

impl Pipeline {
    fn with_queue(queue: Queue) -> Self {
        Self {
            queue,
            status: Status::Idle,
            batch: Batch::Closed,
            number: 0,
            copying: Copying::No,
            portals: Vec::new(),
            drops: 0,
            is_doomed: false,
        }
    }

    /// Whether another client may have the connection: everything is answered, up to a
    /// `ReadyForQuery` outside of a transaction, and nothing was sent since.
    pub(crate) fn is_ready(&self) -> bool {
        let is_closed = self.batch == Batch::Closed && self.queue.is_empty();
        is_closed && self.status == Status::Idle && !self.is_doomed
    }

    /// Whether everything that was asked so far is answered.
    pub(crate) fn owes_nothing(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether the database was in a transaction, perhaps a failed one, when it was last ready.
    pub(crate) fn is_in_transaction(&self) -> bool {
        self.status != Status::Idle
    }

    /// Whether a COPY waits for the client's data, and nothing else is answered before.
    pub(crate) fn takes_data(&self) -> bool {
        self.copying == Copying::Open
    }

    /// Whether so much is unanswered that no more of the client should be read.
    pub(crate) fn is_full(&self) -> bool {
        self.queue.is_full()
    }

    /// Asks the database for a sign where it is unclear how often it says that it is ready, which
    /// is so after a COPY in a batch has failed. To be called after [`answer`](Self::answer): else
    /// the connection stays borrowed until the client's next statement.
    pub(crate) fn settle(&mut self, out: &mut BytesMut) {
        if self.queue.is_only_unclear() && self.batch == Batch::Closed {
            prepare::close(out, NOTHING);
            self.queue.push(Entry::ours(Origin::Injected, Kind::Close, Target::None));
            self.sync(out);
        }
    }

    #[cfg(test)]
    fn with_limit(limit: usize) -> Self {
        Self::with_queue(Queue::with_limit(limit))
    }

    /// A Sync of ours.
    fn sync(&mut self, out: &mut BytesMut) {
        write::whole(out, b'S', &[]);
        self.queue.push(Entry::ours(Origin::Apart, Kind::Sync, Target::None));
        self.number += 1;
    }

    fn broken(&self, tag: u8) -> Broken {
        Broken { tag, waiting: self.queue.front_kind() }
    }
}

/// A statement's name that never exists.
const NOTHING: &[u8] = b"rds_proxy_0";
