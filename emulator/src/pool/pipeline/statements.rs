//! Prepared statements as a client knows them: its names, and what it prepared under each.
//!
//! Owns the names and texts of one client's session, under a bound. A statement that was sent and
//! not answered yet is told apart from one that the database has confirmed. What a connection has
//! is `server`.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use crate::sql::Verdict;

/// How every name begins that the emulator gives to a statement at the database.
pub(super) const PREFIX: &[u8] = b"rds_proxy_";

/// PostgreSQL tells names apart by their first bytes only
/// ([`NAMEDATALEN`](https://github.com/postgres/postgres/blob/REL_16_STABLE/src/include/pg_config_manual.h)
/// less one).
pub(super) const MAX_NAME: usize = 63;

/// How many names and how much text are kept for one client; beyond that its session is pinned.
pub(super) const MAX_NAMES: usize = 10_000;
pub(super) const MAX_BYTES: usize = 16 * 1024 * 1024;

/// About what a statement takes besides its name and text.
const OVERHEAD: usize = 256;

/// The number of the unnamed statement, on every connection.
pub(super) const UNNAMED: u64 = 0;

/// A number that no other name and no other statement of this process has.
fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(UNNAMED + 1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The part of a name by which PostgreSQL tells it from others.
pub(super) fn significant(name: &[u8]) -> &[u8] {
    name.get(..MAX_NAME).unwrap_or(name)
}

/// The name at the database that belongs to a number.
pub(super) fn internal(number: u64) -> Box<[u8]> {
    [PREFIX, number.to_string().as_bytes()].concat().into()
}

/// A name of a statement: the client's, and the one at the database instead of it.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) own: Box<[u8]>,
    pub(super) sent: Box<[u8]>,
    /// Its slot on every connection.
    pub(super) number: u64,
}

impl Name {
    fn new(own: &[u8]) -> Self {
        let number = next_number();
        Self { own: own.into(), sent: internal(number), number }
    }

    fn unnamed() -> Self {
        Self { own: Box::default(), sent: Box::default(), number: UNNAMED }
    }

    /// Instead of a name that the client does not have and that could be one of ours, so that
    /// guessing a name never runs another client's statement. Ours go on with digits only.
    pub(super) fn escaped(own: &[u8]) -> Option<Self> {
        let sent = [PREFIX, own].concat().into();
        own.starts_with(PREFIX).then(|| Self { own: own.into(), sent, number: next_number() })
    }
}

/// What running a statement does to prepared statements.
#[derive(Clone, Debug, Default)]
pub(super) enum Effect {
    #[default]
    None,
    /// `EXECUTE`: its errors name the statement.
    Names(Arc<Name>),
    /// `DEALLOCATE` of this one.
    Drops(Arc<Name>),
    /// `DEALLOCATE ALL` or `DISCARD ALL`.
    DropsAll,
}

/// A statement that a client has prepared.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(super) name: Arc<Name>,
    /// Tells it from all others, also from another under the same name.
    pub(super) version: u64,
    /// What follows the name in its Parse message. Not kept for a pinned session.
    pub(super) body: Option<Bytes>,
    pub(super) effect: Effect,
    /// What the classifier says of its text.
    pub(crate) verdict: Verdict,
}

impl Statement {
    /// The statement's text, as far as it is kept.
    pub(crate) fn text(&self) -> &[u8] {
        let body = self.body.as_deref().unwrap_or_default();
        body.split(|byte| *byte == 0).next().unwrap_or_default()
    }

    /// Nothing to be run, under this name.
    pub(super) fn empty(name: &Arc<Name>) -> Arc<Self> {
        Arc::new(Self {
            name: Arc::clone(name),
            version: next_number(),
            body: Some(Bytes::from_static(b"\0\0\0")),
            effect: Effect::None,
            verdict: Verdict::Free,
        })
    }

    fn cost(&self) -> usize {
        let body = self.body.as_ref().map_or(0, Bytes::len);
        OVERHEAD + self.name.own.len() + body
    }
}

/// What a Parse message brings, besides the name.
#[derive(Debug)]
pub(super) struct Parsed<'a> {
    /// None if it is too long to be kept.
    pub(super) body: Option<&'a [u8]>,
    pub(super) effect: Effect,
    pub(super) verdict: Verdict,
}

/// What is known of one of a client's names.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) name: Arc<Name>,
    /// As far as the database has answered.
    pub(super) confirmed: Option<Arc<Statement>>,
    /// The last one sent, until it is answered.
    tentative: Option<Arc<Statement>>,
    /// Parse messages without an answer.
    unanswered: u32,
}

impl Known {
    fn new(name: Name) -> Self {
        Self { name: Arc::new(name), confirmed: None, tentative: None, unanswered: 0 }
    }

    pub(super) fn version(&self) -> Option<u64> {
        self.confirmed.as_ref().map(|statement| statement.version)
    }

    /// One Parse is answered. Returns what it takes no longer.
    fn answered(&mut self, statement: &Statement) {
        self.unanswered = self.unanswered.saturating_sub(1);
        self.tentative.take_if(|tentative| tentative.version == statement.version);
    }

    fn is_gone(&self) -> bool {
        self.confirmed.is_none() && self.unanswered == 0
    }
}

/// The prepared statements of one client's session.
#[derive(Debug)]
pub(crate) struct ClientStatements {
    unnamed: Known,
    named: HashMap<Box<[u8]>, Known>,
    bytes: usize,
    is_pinned: bool,
}

impl Default for ClientStatements {
    fn default() -> Self {
        let unnamed = Known::new(Name::unnamed());
        Self { unnamed, named: HashMap::new(), bytes: 0, is_pinned: false }
    }
}

impl ClientStatements {
    /// What a Bind or Describe of this name would find: the statement last sent under it, else the
    /// one that the database has confirmed.
    pub(crate) fn get(&self, name: &[u8]) -> Option<&Statement> {
        let known = self.known(name)?;
        known.tentative.as_deref().or(known.confirmed.as_deref())
    }

    /// The session keeps its connection from now on, so that no text is needed again: new names
    /// are the client's own at the database too.
    pub(crate) fn pin(&mut self) {
        self.is_pinned = true;
    }

    pub(crate) fn is_pinned(&self) -> bool {
        self.is_pinned
    }

    pub(super) fn known(&self, name: &[u8]) -> Option<&Known> {
        if name.is_empty() { Some(&self.unnamed) } else { self.named.get(significant(name)) }
    }

    pub(super) fn unnamed(&self) -> &Known {
        &self.unnamed
    }

    /// A new statement under this name, on its way to the database. None under a new name of a
    /// session that is pinned, also because this one would be too much to keep.
    pub(super) fn send(&mut self, name: &[u8], parsed: Parsed<'_>) -> Option<Arc<Statement>> {
        let Parsed { body, effect, verdict } = parsed;
        let is_new = self.known(name).is_none();
        let cost = OVERHEAD + name.len() + body.map_or(0, <[u8]>::len);
        let is_too_much = self.bytes + cost > MAX_BYTES || is_new && self.named.len() >= MAX_NAMES;
        self.is_pinned |= is_too_much || body.is_none();
        if is_new && self.is_pinned {
            return None;
        }
        let body = body.filter(|_| !self.is_pinned).map(Bytes::copy_from_slice);
        let known = if name.is_empty() {
            &mut self.unnamed
        } else {
            let key = significant(name).into();
            self.named.entry(key).or_insert_with(|| Known::new(Name::new(name)))
        };
        let name = Arc::clone(&known.name);
        let version = next_number();
        let statement = Arc::new(Statement { name, version, body, effect, verdict });
        known.unanswered += 1;
        known.tentative = Some(Arc::clone(&statement));
        self.bytes += statement.cost();
        Some(statement)
    }

    /// The database has it.
    pub(super) fn confirm(&mut self, statement: Arc<Statement>) {
        if let Some(known) = self.of_number(&statement.name) {
            known.answered(&statement);
            let replaced = known.confirmed.replace(statement);
            self.forget(replaced);
        }
    }

    /// The database does not have it.
    pub(super) fn fail(&mut self, statement: Arc<Statement>) {
        if let Some(known) = self.of_number(&statement.name) {
            known.answered(&statement);
            let is_gone = known.is_gone();
            self.remove_if(is_gone, &statement.name);
        }
        self.forget(Some(statement));
    }

    /// The database has nothing under this name any more.
    pub(super) fn drop(&mut self, name: &Name) {
        if let Some(known) = self.of_number(name) {
            let dropped = known.confirmed.take();
            let is_gone = known.is_gone();
            self.remove_if(is_gone, name);
            self.forget(dropped);
        }
    }

    /// The database has no unnamed statement any more.
    pub(super) fn drop_unnamed(&mut self) {
        let dropped = self.unnamed.confirmed.take();
        self.forget(dropped);
    }

    /// The database has nothing under any name any more.
    /// `DEALLOCATE ALL` and `DISCARD ALL` leave the unnamed statement alone
    /// ([`DropAllPreparedStatements`](https://github.com/postgres/postgres/blob/REL_16_STABLE/src/backend/commands/prepare.c)).
    pub(super) fn drop_all(&mut self) {
        let bytes = &mut self.bytes;
        self.named.retain(|_, known| {
            if let Some(dropped) = known.confirmed.take() {
                *bytes = bytes.saturating_sub(dropped.cost());
            }
            !known.is_gone()
        });
    }

    fn forget(&mut self, statement: Option<Arc<Statement>>) {
        self.bytes = self.bytes.saturating_sub(statement.map_or(0, |statement| statement.cost()));
    }

    fn of_number(&mut self, name: &Name) -> Option<&mut Known> {
        let known = if name.number == UNNAMED {
            &mut self.unnamed
        } else {
            self.named.get_mut(significant(&name.own))?
        };
        (known.name.number == name.number).then_some(known)
    }

    fn remove_if(&mut self, is_gone: bool, name: &Name) {
        if is_gone && name.number != UNNAMED {
            self.named.remove(significant(&name.own));
        }
    }
}
