//! What the client asks.
//!
//! Owns how each message goes to the database and which answer it waits for.
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>

use bytes::BytesMut;

use super::name::with_effect;
use super::queue::{Entry, Kind, Target};
use super::server::ServerStatements;
use super::statements::Effect;
use super::{Asked, Batch, ClientStatements, Copying, Message, NOTHING, Pipeline, Request, write};

/// A text that the database cannot parse.
const UNPARSABLE: &[u8] = b"!\0";

impl Pipeline {
    /// Writes what goes to the database for a message of the client's.
    pub(crate) fn ask(
        &mut self,
        request: Request<'_>,
        client: &mut ClientStatements,
        server: &mut ServerStatements,
        out: &mut BytesMut,
    ) -> Asked {
        let (message, is_refused) = match &request {
            Request::Pass(message, _verdict) => (*message, false),
            Request::Refuse(message, _) => (*message, true),
        };
        match message.tag {
            // What a copy does not take, PostgreSQL drops.
            b'd' => pass(message, out),
            b'c' | b'f' if self.copying == Copying::Open || !self.is_full() => {
                self.end_copy(message, out)
            }
            b'S' if self.copying == Copying::Open || !self.is_full() => {
                self.end_batch(message, out)
            }
            b'H' => {
                if matches!(self.batch, Batch::Open { .. }) {
                    self.batch = Batch::Open { is_flushed: true };
                }
                pass(message, out)
            }
            _ if self.batch == Batch::Skipped => {
                if is_refused {
                    Asked::Sent
                } else {
                    pass(message, out)
                }
            }
            _ if self.is_full() && self.copying != Copying::Open => self.wait(out),
            _ if self.copying == Copying::Open => {
                self.copying = Copying::Left;
                let asked = self.dispatch(request, client, server, out);
                self.copying = Copying::Ended;
                asked
            }
            _ => {
                self.evict(client, server, out);
                self.dispatch(request, client, server, out)
            }
        }
    }

    fn dispatch(
        &mut self,
        request: Request<'_>,
        client: &mut ClientStatements,
        server: &mut ServerStatements,
        out: &mut BytesMut,
    ) -> Asked {
        let (message, verdict) = match request {
            Request::Pass(message, verdict) => (message, verdict),
            Request::Refuse(Message { tag: b'Q', .. }, error) => {
                write::whole(out, b'Q', &[UNPARSABLE]);
                let target = Target::Refused(Box::new(error));
                return self.expect_query(Entry::new(Kind::Query, target), client, server);
            }
            Request::Refuse(_, error) => {
                // Nothing is left of it, as it fails.
                write::whole(out, b'P', &[NOTHING, b"\0", UNPARSABLE, &[0, 0]]);
                self.expect(Entry::new(Kind::Parse, Target::Refused(Box::new(error))));
                return Asked::Sent;
            }
        };
        match message.tag {
            b'P' => self.parse((message, verdict), client, server, out),
            b'B' => self.bind(message, client, server, out),
            b'D' => self.describe(message, client, server, out),
            b'C' => self.close(message, client, server, out),
            b'E' => self.execute(message, server, out),
            b'F' => {
                self.expect(Entry::new(Kind::FunctionCall, Target::None));
                pass(message, out)
            }
            b'Q' => self.query(message, client, server, out),
            _ => {
                // PostgreSQL ends the connection.
                self.is_doomed = true;
                pass(message, out)
            }
        }
    }

    /// Makes the answers come that have to be waited for.
    pub(super) fn wait(&mut self, out: &mut BytesMut) -> Asked {
        if self.batch == (Batch::Open { is_flushed: false }) {
            write::whole(out, b'H', &[]);
            self.batch = Batch::Open { is_flushed: true };
        }
        Asked::Wait
    }

    pub(super) fn expect(&mut self, entry: Entry) {
        self.drops += usize::from(entry.drops_all);
        self.batch = match (entry.kind, self.batch) {
            // They flush, and end what they begin.
            (Kind::Query | Kind::FunctionCall, Batch::Closed) => Batch::Closed,
            (Kind::Query | Kind::FunctionCall, _) => Batch::Open { is_flushed: true },
            (_, _) => Batch::Open { is_flushed: false },
        };
        self.queue.push(entry);
    }

    fn end_copy(&mut self, message: Message<'_>, out: &mut BytesMut) -> Asked {
        self.queue.push(Entry::new(Kind::CopyEnd, Target::None));
        if self.copying == Copying::Open {
            self.copying = Copying::Ended;
        }
        pass(message, out)
    }

    fn end_batch(&mut self, message: Message<'_>, out: &mut BytesMut) -> Asked {
        if self.copying == Copying::Open {
            self.queue.push_unclear();
        } else {
            self.queue.push_sync();
            self.batch = Batch::Closed;
            self.number += 1;
        }
        pass(message, out)
    }

    fn execute(
        &mut self,
        message: Message<'_>,
        server: &mut ServerStatements,
        out: &mut BytesMut,
    ) -> Asked {
        let effect = if self.portals.is_empty() {
            Effect::None
        } else {
            let place = write::string_at(message.head, 0).unwrap_or_default();
            let portal = message.head.get(place).unwrap_or_default();
            let found = self.portals.iter().find(|(name, _)| **name == *portal);
            found.map_or(Effect::None, |(_, effect)| effect.clone())
        };
        if let Effect::Drops(name) = &effect {
            server.change(name.number);
        }
        self.expect(with_effect(Kind::Execute, effect));
        pass(message, out)
    }

    /// A message without what it should have, which the database is to refuse, or one about a
    /// portal.
    pub(super) fn malformed(
        &mut self,
        kind: Kind,
        message: Message<'_>,
        out: &mut BytesMut,
    ) -> Asked {
        self.is_doomed |= message.rest > 0;
        self.expect(Entry::new(kind, Target::None));
        pass(message, out)
    }
}

pub(super) fn pass(message: Message<'_>, out: &mut BytesMut) -> Asked {
    write::unchanged(out, message);
    Asked::Sent
}
