//! Making a connection have what a client's next message is about.
//!
//! Owns the messages of ours: which are needed, and that they do no harm where an error in front
//! of them makes the database skip them.

use std::sync::Arc;

use bytes::BytesMut;

use super::queue::{Entry, Kind, Origin, Target};
use super::server::{ServerStatements, Standing};
use super::statements::{Known, Name, Statement, UNNAMED, internal};
use super::{Batch, ClientStatements, Copying, Pipeline, write};

/// Whether the message can be sent.
pub(super) enum Prepared {
    Yes,
    /// This slot holds something else than what the client has, until the message is answered.
    Disturbed(u64),
    /// Not before something is answered.
    Wait,
}

/// Writes a Close of a statement.
pub(super) fn close(out: &mut BytesMut, name: &[u8]) {
    write::whole(out, b'C', &[b"S", name, b"\0"]);
}

impl Pipeline {
    /// Makes the connection have the same under a name as the client has.
    pub(super) fn prepare(
        &mut self,
        known: &Known,
        server: &mut ServerStatements,
        out: &mut BytesMut,
    ) -> Prepared {
        match server.standing(known.name.number, known.version(), self.number) {
            Standing::Same => Prepared::Yes,
            Standing::Unknown => self.wait_or_not(),
            // It may soon be gone, and if not, it has to be prepared.
            Standing::Differs { .. } if self.drops > 0 && known.name.number != UNNAMED => {
                self.wait_or_not()
            }
            Standing::Differs { is_occupied } => {
                if is_occupied && (known.name.number != UNNAMED || known.confirmed.is_none()) {
                    self.inject_close(&known.name, out);
                }
                if let Some(statement) = &known.confirmed {
                    self.inject_parse(statement, Origin::Injected, out);
                }
                self.adjust_last(known.name.number, server);
                Prepared::Yes
            }
        }
    }

    /// Makes a statement be there for an `EXECUTE` in SQL, in a batch of ours.
    pub(super) fn prepare_execute(
        &mut self,
        known: &Known,
        server: &mut ServerStatements,
        out: &mut BytesMut,
    ) -> Prepared {
        match server.standing(known.name.number, known.version(), self.number) {
            Standing::Same => Prepared::Yes,
            Standing::Unknown => self.wait_or_not(),
            Standing::Differs { .. } if self.drops > 0 => self.wait_or_not(),
            Standing::Differs { is_occupied } => {
                if is_occupied {
                    self.inject_close(&known.name, out);
                }
                match &known.confirmed {
                    Some(statement) if self.batch == Batch::Closed => {
                        self.inject_parse(statement, Origin::Apart, out);
                        self.adjust_last(known.name.number, server);
                        self.sync(out);
                        Prepared::Yes
                    }
                    // In the middle of a batch a Sync of ours would commit what precedes it, and
                    // without one a failure would make the database ignore the client's query. So
                    // there the statement stays missing.
                    Some(_) | None => {
                        server.disturb(known.name.number);
                        Prepared::Disturbed(known.name.number)
                    }
                }
            }
        }
    }

    /// Makes something be there, whatever it is: for a `DEALLOCATE` in SQL, and for a Parse under
    /// a name that the client has used, which has to fail. An empty statement can be prepared even
    /// in a failed transaction.
    pub(super) fn prepare_anything(
        &mut self,
        known: &Known,
        server: &mut ServerStatements,
        out: &mut BytesMut,
    ) -> Prepared {
        match server.standing(known.name.number, known.version(), self.number) {
            Standing::Same => Prepared::Yes,
            Standing::Unknown => self.wait_or_not(),
            Standing::Differs { .. } if self.drops > 0 => self.wait_or_not(),
            Standing::Differs { .. } => {
                let number = known.name.number;
                self.inject_close(&known.name, out);
                self.inject_parse(&Statement::empty(&known.name), Origin::Injected, out);
                server.disturb(number);
                Prepared::Disturbed(number)
            }
        }
    }

    /// The client's next message makes the slot the same as what the client has, whatever was in
    /// it. Returns which slot that message adjusts, if it was not the same already.
    pub(super) fn overwrite(&self, known: &Known, server: &mut ServerStatements) -> Option<u64> {
        let number = known.name.number;
        let adjusts = match server.standing(number, known.version(), self.number) {
            Standing::Same => None,
            Standing::Differs { .. } | Standing::Unknown => {
                server.adjust(number, self.number);
                Some(number)
            }
        };
        server.change(number);
        adjusts
    }

    /// Closes what is too much on the connection. Nothing is unanswered, so it surely happens.
    pub(super) fn evict(
        &mut self,
        client: &ClientStatements,
        server: &mut ServerStatements,
        out: &mut BytesMut,
    ) {
        // A pinned session's statements can't be prepared again.
        if server.is_full()
            && !client.is_pinned()
            && self.queue.is_empty()
            && self.batch == Batch::Closed
        {
            for number in server.evict() {
                close(out, &internal(number));
                self.queue.push(Entry::ours(Origin::Injected, Kind::Close, Target::None));
            }
        }
    }

    /// The client's message has to wait for an answer, unless it is what a COPY that takes data
    /// meets: there the answer comes only after it.
    fn wait_or_not(&self) -> Prepared {
        if self.copying == Copying::Left { Prepared::Yes } else { Prepared::Wait }
    }

    fn inject_close(&mut self, name: &Arc<Name>, out: &mut BytesMut) {
        close(out, &name.sent);
        let target = Target::Dropped(Arc::clone(name));
        self.queue.push(Entry::ours(Origin::Injected, Kind::Close, target));
    }

    fn inject_parse(&mut self, statement: &Arc<Statement>, origin: Origin, out: &mut BytesMut) {
        // A pinned session's text is not kept. Its statement is gone only if something that is not
        // looked into has dropped it.
        let Some(body) = &statement.body else { return };
        write::whole(out, b'P', &[&statement.name.sent, b"\0", body]);
        let target = Target::Prepared(Arc::clone(statement));
        self.queue.push(Entry::ours(origin, Kind::Parse, target));
    }

    fn adjust_last(&mut self, number: u64, server: &mut ServerStatements) {
        if let Some(entry) = self.queue.last().filter(|entry| entry.origin != Origin::Client) {
            entry.adjusts = Some(number);
            server.adjust(number, self.number);
        }
    }
}
