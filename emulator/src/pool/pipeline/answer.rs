//! What the database answers.
//!
//! Owns which message each answer belongs to, who gets it, and what follows from it.
//! <https://www.postgresql.org/docs/current/protocol-flow.html>

use std::mem;

use super::queue::{Copy, Entry, Kind, Origin, Target};
use super::server::ServerStatements;
use super::statements::UNNAMED;
use super::{Batch, Broken, ClientStatements, Copying, Delivery, Message, Pipeline, Status, write};

/// The SQLSTATE for a statement that does not exist.
/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
const INVALID_STATEMENT_NAME: &[u8] = b"26000";

impl Pipeline {
    /// Takes a message of the database's.
    ///
    /// # Errors
    ///
    /// [`Broken`] if it answers nothing that was asked.
    pub(crate) fn answer(
        &mut self,
        message: Message<'_>,
        client: &mut ClientStatements,
        server: &mut ServerStatements,
    ) -> Result<Delivery, Broken> {
        let tag = message.tag;
        match tag {
            b'S' | b'A' => return Ok(Delivery::Forward),
            b'N' => {
                // A second preparation repeats the warnings of the first.
                let is_ours =
                    self.queue.current().is_some_and(|entry| entry.origin != Origin::Client);
                return Ok(if is_ours { Delivery::Swallow } else { Delivery::Forward });
            }
            b'E' => return Ok(self.error(message, client, server)),
            b'Z' => return self.ready_for_query(message, client, server),
            _ => {}
        }
        if matches!(self.queue.front_kind(), Some(Kind::Unclear { .. })) {
            self.queue.pop();
        }
        let Some(entry) = self.queue.front() else { return Err(self.broken(tag)) };
        let delivery = match entry.origin {
            Origin::Client => Delivery::Forward,
            Origin::Injected | Origin::Apart => Delivery::Swallow,
        };
        match (entry.kind, tag) {
            (Kind::Execute | Kind::Query, b'D' | b'd' | b'c' | b'H')
            | (Kind::Query, b'T' | b'I')
            | (Kind::FunctionCall, b'V') => {}
            (Kind::DescribeStatement, b't') => entry.kind = Kind::DescribePortal,
            (Kind::Execute | Kind::Query, b'G') => self.begin_copy(),
            (Kind::Query, b'C') => self.completed(message, client, server),
            (Kind::Execute, b'C') => {
                self.completed(message, client, server);
                self.succeeded(client, server);
            }
            (Kind::Parse, b'1')
            | (Kind::Bind, b'2')
            | (Kind::Close, b'3')
            | (Kind::DescribePortal, b'T' | b'n')
            | (Kind::Execute, b's' | b'I') => self.succeeded(client, server),
            (_, _) => return Err(self.broken(tag)),
        }
        Ok(delivery)
    }

    fn begin_copy(&mut self) {
        let Copy { has_ended, is_synced } = self.queue.begin_copy();
        self.copying = if has_ended { Copying::Ended } else { Copying::Open };
        if !is_synced {
            // What looked like the end of the batch was none.
            self.batch = Batch::Open { is_flushed: true };
        }
    }

    /// The first message is answered.
    fn succeeded(&mut self, client: &mut ClientStatements, server: &mut ServerStatements) {
        let Some(entry) = self.pop(server) else { return };
        match (entry.kind, entry.target) {
            (Kind::Parse, Target::Prepared(statement)) => {
                server.confirm(&statement);
                if entry.origin == Origin::Client {
                    client.confirm(statement);
                }
            }
            (Kind::Close, Target::Dropped(name)) => {
                server.drop(name.number);
                if entry.origin == Origin::Client {
                    client.drop(&name);
                }
            }
            (_, _) => {}
        }
        self.queue.absorb();
    }

    /// An SQL command is done.
    fn completed(
        &mut self,
        message: Message<'_>,
        client: &mut ClientStatements,
        server: &mut ServerStatements,
    ) {
        if self.copying != Copying::No {
            self.copying = Copying::No;
            self.queue.end_copy();
        }
        match message.head {
            b"DEALLOCATE\0" => {
                if let Some(Entry { target: target @ Target::Dropped(_), .. }) = self.queue.front()
                    && let Target::Dropped(name) = mem::replace(target, Target::None)
                {
                    client.drop(&name);
                    server.drop(name.number);
                }
            }
            b"DEALLOCATE ALL\0" | b"DISCARD ALL\0" => {
                client.drop_all();
                server.drop_all();
            }
            _ => {}
        }
    }

    fn ready_for_query(
        &mut self,
        message: Message<'_>,
        client: &mut ClientStatements,
        server: &mut ServerStatements,
    ) -> Result<Delivery, Broken> {
        let status = Status::read(message.head).ok_or_else(|| self.broken(message.tag))?;
        let origin = match self.queue.front_kind() {
            Some(Kind::Unclear { .. }) => {
                self.queue.resynced();
                Some(Origin::Client)
            }
            Some(Kind::Sync | Kind::FunctionCall) => self.pop(server).map(|entry| entry.origin),
            Some(Kind::Query) => {
                client.drop_unnamed();
                server.drop(UNNAMED);
                self.pop(server).map(|entry| entry.origin)
            }
            Some(
                Kind::Parse
                | Kind::Bind
                | Kind::DescribeStatement
                | Kind::DescribePortal
                | Kind::Execute
                | Kind::Close
                | Kind::CopyEnd,
            )
            | None => None,
        };
        let origin = origin.ok_or_else(|| self.broken(message.tag))?;
        self.queue.absorb();
        self.copying = Copying::No;
        self.status = status;
        if self.queue.is_empty() || self.queue.is_only_unclear() {
            // A simple query ends what was begun without a Sync.
            self.batch = Batch::Closed;
            if status == Status::Idle {
                self.portals.clear();
            }
        }
        Ok(match origin {
            Origin::Client => Delivery::Forward,
            Origin::Injected | Origin::Apart => Delivery::Swallow,
        })
    }

    fn error(
        &mut self,
        message: Message<'_>,
        client: &mut ClientStatements,
        server: &mut ServerStatements,
    ) -> Delivery {
        if self.queue.len() > 1 && matches!(self.queue.front_kind(), Some(Kind::Unclear { .. })) {
            self.queue.pop();
        }
        let Some(entry) = self.queue.front() else { return Delivery::Forward };
        let delivery = delivery_of_error(message, entry);
        match entry.kind {
            // They go on to a ReadyForQuery.
            Kind::Query | Kind::FunctionCall => self.copying = Copying::No,
            // The end of the transaction failed, or the connection ends.
            Kind::Sync | Kind::Unclear { .. } | Kind::CopyEnd => {}
            Kind::Bind | Kind::DescribeStatement => {
                if let Target::Mentioned(name) = &entry.target
                    && write::error_field(message.head, b'C') == Some(INVALID_STATEMENT_NAME)
                {
                    // Something that is not looked into has dropped it. It is prepared again the
                    // next time.
                    server.drop(name.number);
                }
                self.failed(client, server);
            }
            Kind::Parse | Kind::DescribePortal | Kind::Execute | Kind::Close => {
                self.failed(client, server);
            }
        }
        delivery
    }

    /// The first message has failed, so that the database skips all up to the next Sync.
    fn failed(&mut self, client: &mut ClientStatements, server: &mut ServerStatements) {
        self.copying = Copying::No;
        let failed = self.pop(server);
        if let Some(Entry { origin, target: Target::Prepared(statement), .. }) = &failed
            && statement.name.number == UNNAMED
        {
            // PostgreSQL drops the one before it parses the other
            // (https://github.com/postgres/postgres/blob/REL_16_STABLE/src/backend/tcop/postgres.c).
            server.drop(UNNAMED);
            if *origin == Origin::Client {
                client.drop(&statement.name);
            }
        }
        undo(failed, client);
        while self.queue.front_is_skipped() {
            let skipped = self.pop(server);
            undo(skipped, client);
        }
        self.queue.absorb();
        if self.queue.is_empty() {
            self.batch = Batch::Skipped;
        }
    }

    fn pop(&mut self, server: &mut ServerStatements) -> Option<Entry> {
        let entry = self.queue.pop()?;
        for number in [entry.adjusts, entry.disturbs].into_iter().flatten() {
            server.adjusted(number);
        }
        self.drops = self.drops.saturating_sub(usize::from(entry.drops_all));
        Some(entry)
    }
}

/// What the client gets of an error.
fn delivery_of_error(message: Message<'_>, entry: &mut Entry) -> Delivery {
    let severity = write::error_field(message.head, b'V');
    let severity = severity.or_else(|| write::error_field(message.head, b'S'));
    if matches!(severity, Some(b"FATAL" | b"PANIC")) {
        // That is about the connection.
        return Delivery::Forward;
    }
    let name = match &mut entry.target {
        Target::Refused(error) => return Delivery::Replace(mem::take(&mut **error)),
        Target::Mentioned(name) | Target::Dropped(name) => Some(&*name),
        Target::Prepared(statement) => Some(&statement.name),
        Target::None => None,
    };
    match entry.origin {
        Origin::Apart => Delivery::Swallow,
        Origin::Client | Origin::Injected => name
            .and_then(|name| write::renamed_error(message, name))
            .map_or(Delivery::Forward, Delivery::Replace),
    }
}

/// Nothing came of a message of the client's.
fn undo(entry: Option<Entry>, client: &mut ClientStatements) {
    if let Some(Entry { origin: Origin::Client, target: Target::Prepared(statement), .. }) = entry {
        client.fail(statement);
    }
}
