//! Messages that name a prepared statement, and the texts that may do so in SQL.
//!
//! Owns which name goes to the database instead of the client's.
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>

use std::ops::Range;
use std::sync::Arc;

use bytes::BytesMut;

use super::prepare::Prepared;
use super::queue::{Entry, Kind, Target};
use super::server::ServerStatements;
use super::sql::Command;
use super::statements::{Effect, Name, Parsed};
use super::{Asked, ClientStatements, Message, Pipeline, write};
use crate::sql::Verdict;

/// How many portals with an effect are kept in mind, of as many as a transaction may have.
const MAX_PORTALS: usize = 64;

impl Pipeline {
    pub(super) fn parse(
        &mut self,
        (message, verdict): (Message<'_>, Verdict),
        client: &mut ClientStatements,
        server: &mut ServerStatements,
        out: &mut BytesMut,
    ) -> Asked {
        let body = |place: &Range<usize>| message.head.get(place.end + 1..);
        let parts = write::string_at(message.head, 0);
        let Some((place, body)) = parts.and_then(|place| Some((place.clone(), body(&place)?)))
        else {
            return self.malformed(Kind::Parse, message, out);
        };
        if message.rest == 0 && !write::is_parse_body(body) {
            return self.malformed(Kind::Parse, message, out);
        }
        let name = message.head.get(place).unwrap_or_default();
        let text_end = write::string_at(body, 0).map_or(body.len(), |place| place.end);
        let command = Command::read(body.get(..text_end).unwrap_or_default());
        let renaming = command.renaming(client);
        if let Some(known) = renaming.as_ref().and_then(|renaming| renaming.known(client))
            && matches!(self.prepare(known, server, out), Prepared::Wait)
        {
            return self.wait(out);
        }
        let used = client.known(name).filter(|_| !name.is_empty());
        let disturbs = match used.map(|known| self.prepare_anything(known, server, out)) {
            Some(Prepared::Wait) => return self.wait(out),
            Some(Prepared::Disturbed(number)) => Some(number),
            Some(Prepared::Yes) | None => None,
        };
        let text = renaming.as_ref().map(|renaming| renaming.apply(body));
        let body = text.as_deref().unwrap_or(body);
        let effect = match (command, renaming) {
            (Command::DropAll, _) => Effect::DropsAll,
            (Command::Deallocate(_), Some(renaming)) => Effect::Drops(renaming.name),
            (Command::Execute(_), Some(renaming)) => Effect::Names(renaming.name),
            (_, _) => Effect::None,
        };
        let adjusts = if name.is_empty() {
            self.overwrite(client.unnamed(), server)
        } else {
            if let Some(known) = client.known(name) {
                server.change(known.name.number);
            }
            None
        };
        let was_pinned = client.is_pinned();
        let kept = (message.rest == 0).then_some(body);
        let statement = client.send(name, Parsed { body: kept, effect, verdict });
        let (target, sent) = match &statement {
            Some(statement) => {
                (Target::Prepared(Arc::clone(statement)), Some(Arc::clone(&statement.name)))
            }
            None => own_name(name),
        };
        let sent = sent.as_ref().map_or(name, |name| &name.sent);
        write::header(out, b'P', sent.len() + 1 + body.len() + message.rest);
        for part in [sent, b"\0", body] {
            out.extend_from_slice(part);
        }
        self.expect(Entry { adjusts, disturbs, ..Entry::new(Kind::Parse, target) });
        if client.is_pinned() && !was_pinned { Asked::SentPinned } else { Asked::Sent }
    }

    pub(super) fn bind(
        &mut self,
        message: Message<'_>,
        client: &ClientStatements,
        server: &mut ServerStatements,
        out: &mut BytesMut,
    ) -> Asked {
        let portal = write::string_at(message.head, 0);
        let name =
            portal.as_ref().and_then(|portal| write::string_at(message.head, portal.end + 1));
        let (Some(portal), Some(place)) = (portal, name) else {
            return self.malformed(Kind::Bind, message, out);
        };
        let portal = message.head.get(portal).unwrap_or_default();
        let name = message.head.get(place.clone()).unwrap_or_default();
        let effect = client.get(name).map_or(Effect::None, |statement| statement.effect.clone());
        let asked = self.mention((Kind::Bind, message, place), client, server, out);
        if asked == Asked::Sent {
            self.open_portal(portal, effect);
        }
        asked
    }

    pub(super) fn describe(
        &mut self,
        message: Message<'_>,
        client: &ClientStatements,
        server: &mut ServerStatements,
        out: &mut BytesMut,
    ) -> Asked {
        match (message.head.first(), write::string_at(message.head, 1)) {
            (Some(b'S'), Some(place)) => {
                self.mention((Kind::DescribeStatement, message, place), client, server, out)
            }
            (Some(b'S'), None) => self.malformed(Kind::DescribeStatement, message, out),
            (_, _) => self.malformed(Kind::DescribePortal, message, out),
        }
    }

    /// A message with a name of a statement that it uses.
    fn mention(
        &mut self,
        (kind, message, place): (Kind, Message<'_>, Range<usize>),
        client: &ClientStatements,
        server: &mut ServerStatements,
        out: &mut BytesMut,
    ) -> Asked {
        let name = message.head.get(place.clone()).unwrap_or_default();
        let (target, sent) = match client.known(name) {
            Some(known) => {
                if matches!(self.prepare(known, server, out), Prepared::Wait) {
                    return self.wait(out);
                }
                (Target::Mentioned(Arc::clone(&known.name)), Some(Arc::clone(&known.name)))
            }
            None => own_name(name),
        };
        write::renamed(out, message, place, sent.as_ref().map_or(name, |name| &name.sent));
        self.expect(Entry::new(kind, target));
        Asked::Sent
    }

    pub(super) fn close(
        &mut self,
        message: Message<'_>,
        client: &ClientStatements,
        server: &mut ServerStatements,
        out: &mut BytesMut,
    ) -> Asked {
        let place = write::string_at(message.head, 1);
        let (Some(b'S'), Some(place)) = (message.head.first(), place) else {
            return self.malformed(Kind::Close, message, out);
        };
        let name = message.head.get(place.clone()).unwrap_or_default();
        let (target, adjusts, sent) = if let Some(known) = client.known(name) {
            let name = Arc::clone(&known.name);
            let adjusts = self.overwrite(known, server);
            (Target::Dropped(Arc::clone(&name)), adjusts, Some(name))
        } else {
            let (target, sent) = own_name(name);
            (target, None, sent)
        };
        write::renamed(out, message, place, sent.as_ref().map_or(name, |name| &name.sent));
        self.expect(Entry { adjusts, ..Entry::new(Kind::Close, target) });
        Asked::Sent
    }

    pub(super) fn query(
        &mut self,
        message: Message<'_>,
        client: &ClientStatements,
        server: &mut ServerStatements,
        out: &mut BytesMut,
    ) -> Asked {
        let text = message.head.strip_suffix(b"\0").unwrap_or(message.head);
        let command = Command::read(text);
        let renaming = command.renaming(client);
        let known = renaming.as_ref().and_then(|renaming| renaming.known(client));
        let prepared = match (known, &command) {
            (Some(known), Command::Deallocate(_)) => {
                let prepared = self.prepare_anything(known, server, out);
                server.change(known.name.number);
                prepared
            }
            (Some(known), _) => self.prepare_execute(known, server, out),
            (None, _) => Prepared::Yes,
        };
        let disturbs = match prepared {
            Prepared::Wait => return self.wait(out),
            Prepared::Disturbed(number) => Some(number),
            Prepared::Yes => None,
        };
        match &renaming {
            Some(renaming) => {
                let text = renaming.apply(message.head);
                write::header(out, b'Q', text.len() + message.rest);
                out.extend_from_slice(&text);
            }
            None => write::unchanged(out, message),
        }
        let effect = match (command, renaming) {
            (Command::DropAll, _) => Effect::DropsAll,
            (Command::Deallocate(_), Some(renaming)) => Effect::Drops(renaming.name),
            (Command::Execute(_), Some(renaming)) => Effect::Names(renaming.name),
            (_, _) => Effect::None,
        };
        let entry = Entry { disturbs, ..with_effect(Kind::Query, effect) };
        self.expect_query(entry, client, server)
    }

    /// A simple query, which drops the unnamed statement.
    pub(super) fn expect_query(
        &mut self,
        entry: Entry,
        client: &ClientStatements,
        server: &mut ServerStatements,
    ) -> Asked {
        let adjusts = self.overwrite(client.unnamed(), server);
        self.expect(Entry { adjusts, ..entry });
        Asked::Sent
    }

    fn open_portal(&mut self, portal: &[u8], effect: Effect) {
        if !self.portals.is_empty() {
            self.portals.retain(|(name, _)| **name != *portal);
        }
        if !matches!(effect, Effect::None) && self.portals.len() < MAX_PORTALS {
            self.portals.push((portal.into(), effect));
        }
    }
}

/// A name that the client has not prepared, so that the database says so. In a pinned session it
/// may be there, prepared in SQL.
fn own_name(name: &[u8]) -> (Target, Option<Arc<Name>>) {
    match Name::escaped(name).map(Arc::new) {
        Some(name) => (Target::Mentioned(Arc::clone(&name)), Some(name)),
        None => (Target::None, None),
    }
}

pub(super) fn with_effect(kind: Kind, effect: Effect) -> Entry {
    let drops_all = matches!(effect, Effect::DropsAll);
    let target = match effect {
        Effect::None | Effect::DropsAll => Target::None,
        Effect::Names(name) => Target::Mentioned(name),
        Effect::Drops(name) => Target::Dropped(name),
    };
    Entry { drops_all, ..Entry::new(kind, target) }
}
