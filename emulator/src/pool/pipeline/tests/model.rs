//! A PostgreSQL in small, for the tests: what it does with messages, and hardly any SQL.
//!
//! Owns statements, portals, transactions, COPY, skipping up to a Sync, and holding answers back
//! until something flushes them, as
//! [postgres.c](https://github.com/postgres/postgres/blob/REL_16_STABLE/src/backend/tcop/postgres.c)
//! has them. It shares no code with what it tests.

use std::collections::BTreeMap;

use super::command::{Command, parse};

pub(super) type Failure = (&'static str, String);

#[derive(Clone, Debug)]
pub(super) struct Portal {
    text: String,
    is_done: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transaction {
    None,
    Block,
    Failed,
}

/// A COPY that takes data, and what is left of its simple query, if it is in one.
#[derive(Debug)]
pub(super) struct CopyIn(pub(super) Option<Vec<String>>);

#[derive(Debug)]
pub(crate) struct Model {
    input: Vec<u8>,
    held: Vec<u8>,
    pub(crate) output: Vec<u8>,
    pub(super) statements: BTreeMap<String, String>,
    pub(super) unnamed: Option<String>,
    pub(super) portals: BTreeMap<String, Portal>,
    pub(super) transaction: Transaction,
    is_synced: bool,
    is_skipping: bool,
    pub(super) copy: Option<CopyIn>,
    pub(super) is_dead: bool,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            input: Vec::new(),
            held: Vec::new(),
            output: Vec::new(),
            statements: BTreeMap::new(),
            unnamed: None,
            portals: BTreeMap::new(),
            transaction: Transaction::None,
            is_synced: true,
            is_skipping: false,
            copy: None,
            is_dead: false,
        }
    }
}

/// Takes a string off the front.
fn string(body: &mut &[u8]) -> String {
    let end = body.iter().position(|byte| *byte == 0).expect("a string");
    let text = String::from_utf8(body[..end].to_vec()).expect("UTF-8");
    *body = &body[end + 1..];
    text
}

/// The body of an `ErrorResponse`.
pub(super) fn error(severity: &str, (code, text): Failure) -> Vec<u8> {
    format!("S{severity}\0V{severity}\0C{code}\0M{text}\0\0").into_bytes()
}

/// What a client gets where its message is refused. As `!` with the message's tag it is the model
/// that refuses.
pub(super) fn refusal() -> Failure {
    ("0A000", "refused".to_owned())
}

fn parameters(text: &str) -> usize {
    usize::from(text.contains("$1"))
}

impl Model {
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.input.extend(bytes);
        while let Some(length) = self.input.get(1..5) {
            let length = u32::from_be_bytes(length.try_into().expect("four bytes"));
            let length = usize::try_from(length).expect("short") + 1;
            if self.input.len() < length {
                break;
            }
            let message: Vec<u8> = self.input.drain(..length).collect();
            if !self.is_dead {
                self.take(message[0], &message[5..]);
            }
        }
    }

    /// Passes on what was held back.
    pub(crate) fn flush(&mut self) {
        self.output.append(&mut self.held);
    }

    /// Whether another client may have it.
    pub(crate) fn is_clean(&self) -> bool {
        let has_nothing_to_do = self.input.is_empty() && self.held.is_empty();
        let is_idle = self.transaction == Transaction::None && self.copy.is_none();
        let is_synced = self.is_synced && !self.is_skipping;
        has_nothing_to_do && is_idle && is_synced && self.output.is_empty()
    }

    pub(super) fn say(&mut self, tag: u8, body: &[u8]) {
        self.held.push(tag);
        self.held.extend(u32::try_from(body.len() + 4).expect("short").to_be_bytes());
        self.held.extend(body);
    }

    pub(super) fn say_error(&mut self, severity: &str, failure: Failure) {
        self.say(b'E', &error(severity, failure));
        self.flush();
    }

    pub(super) fn ready(&mut self) {
        if self.transaction == Transaction::None {
            self.portals.clear();
        }
        self.is_synced = true;
        let status = match self.transaction {
            Transaction::None => b"I",
            Transaction::Block => b"T",
            Transaction::Failed => b"E",
        };
        self.say(b'Z', status);
        self.flush();
    }

    pub(super) fn abort(&mut self) {
        match self.transaction {
            Transaction::None => self.portals.clear(),
            Transaction::Block | Transaction::Failed => self.transaction = Transaction::Failed,
        }
    }

    fn take(&mut self, tag: u8, body: &[u8]) {
        if let Some(copy) = self.copy.take() {
            return self.take_copy(copy, tag, body);
        }
        match tag {
            b'S' => {
                self.is_skipping = false;
                self.ready();
            }
            _ if self.is_skipping => {}
            b'd' | b'c' | b'f' => {}
            b'H' => self.flush(),
            b'Q' => self.query(&string(&mut { body })),
            b'F' => {
                match self.check("") {
                    Ok(()) => self.say(b'V', &u32::MAX.to_be_bytes()),
                    Err(failure) => {
                        self.say_error("ERROR", failure);
                        self.abort();
                    }
                }
                self.ready();
            }
            b'!' if body == b"Q" => {
                self.unnamed = None;
                self.fail_query(refusal());
            }
            _ => {
                self.is_synced = false;
                if let Err(failure) = self.extended(tag, body) {
                    self.fail_extended(failure);
                }
            }
        }
    }

    pub(super) fn fail_extended(&mut self, failure: Failure) {
        self.say_error("ERROR", failure);
        self.abort();
        self.is_skipping = true;
    }

    fn extended(&mut self, tag: u8, mut body: &[u8]) -> Result<(), Failure> {
        let body = &mut body;
        if body.is_empty() {
            return Err(("08P01", "insufficient data left in message".to_owned()));
        }
        match tag {
            b'P' => self.parse(&string(body), string(body)),
            b'B' => self.bind(string(body), &string(body), body),
            b'D' => match body[0] {
                b'S' => self.describe_statement(&string(&mut &body[1..])),
                _ => self.describe_portal(&string(&mut &body[1..])),
            },
            b'E' => self.execute(&string(body), body),
            b'C' => {
                let name = string(&mut &body[1..]);
                match (body[0], name.as_str()) {
                    (b'S', "") => drop(self.unnamed.take()),
                    (b'S', name) => drop(self.statements.remove(name)),
                    (_, name) => drop(self.portals.remove(name)),
                }
                self.say(b'3', b"");
                Ok(())
            }
            b'!' => Err(refusal()),
            other => panic!("the message {:?}", char::from(other)),
        }
    }

    /// That a command is not refused for the transaction's sake.
    pub(super) fn check(&self, text: &str) -> Result<(), Failure> {
        let is_end = matches!(parse(text), Ok(Command::Commit | Command::Rollback));
        if self.transaction == Transaction::Failed && !is_end {
            let text = "current transaction is aborted, commands ignored until end of transaction";
            return Err(("25P02", format!("{text} block")));
        }
        Ok(())
    }

    fn parse(&mut self, name: &str, text: String) -> Result<(), Failure> {
        if name.is_empty() {
            self.unnamed = None;
        }
        let command = parse(&text)?;
        self.note(&command);
        if !matches!(command, Command::Empty) {
            self.check(&text)?;
        }
        if text.contains(';') {
            let text = "cannot insert multiple commands into a prepared statement";
            return Err(("42601", text.to_owned()));
        }
        if name.is_empty() {
            self.unnamed = Some(text);
        } else if self.statements.contains_key(name) {
            return Err(("42P05", format!("prepared statement \"{name}\" already exists")));
        } else {
            self.statements.insert(name.to_owned(), text);
        }
        self.say(b'1', b"");
        Ok(())
    }

    fn statement(&self, name: &str) -> Result<String, Failure> {
        let (found, text) = if name.is_empty() {
            (self.unnamed.as_ref(), "unnamed prepared statement does not exist".to_owned())
        } else {
            (self.statements.get(name), format!("prepared statement \"{name}\" does not exist"))
        };
        found.cloned().ok_or(("26000", text))
    }

    fn bind(&mut self, portal: String, name: &str, rest: &[u8]) -> Result<(), Failure> {
        let text = self.statement(name)?;
        // PostgreSQL looks at the parameters first. But in a failed transaction nothing can be
        // prepared that the connection lacks, so there a client gets this error more often.
        self.check(&text)?;
        let given = usize::from(rest[3]);
        let wanted = parameters(&text);
        if given != wanted {
            let text = format!("bind message supplies {given} parameters, but prepared statement");
            return Err(("08P01", format!("{text} \"{name}\" requires {wanted}")));
        }
        if !portal.is_empty() && self.portals.contains_key(&portal) {
            return Err(("42P03", format!("cursor \"{portal}\" already exists")));
        }
        self.portals.insert(portal, Portal { text, is_done: false });
        self.say(b'2', b"");
        Ok(())
    }

    fn describe_statement(&mut self, name: &str) -> Result<(), Failure> {
        let text = self.statement(name)?;
        // PostgreSQL does so only if it has a result; as above.
        if !text.is_empty() {
            self.check(&text)?;
        }
        let parameters = parameters(&text);
        let types = [0, 0, 0, 25].repeat(parameters);
        self.say(b't', &[&[0, u8::from(parameters > 0)], &types[..]].concat());
        self.describe(&text);
        Ok(())
    }

    fn describe_portal(&mut self, name: &str) -> Result<(), Failure> {
        let text = self.portal(name)?.text;
        self.check(&text)?;
        self.describe(&text);
        Ok(())
    }

    fn describe(&mut self, text: &str) {
        match parse(text) {
            Ok(Command::Select(_) | Command::Noted) => self.say(b'T', b"a text"),
            _ => self.say(b'n', b""),
        }
    }

    fn portal(&self, name: &str) -> Result<Portal, Failure> {
        let found = self.portals.get(name).cloned();
        found.ok_or_else(|| ("34000", format!("portal \"{name}\" does not exist")))
    }

    fn execute(&mut self, name: &str, limit: &[u8]) -> Result<(), Failure> {
        let Portal { text, is_done } = self.portal(name)?;
        let command = parse(&text)?;
        if matches!(command, Command::Empty) {
            self.say(b'I', b"");
            return Ok(());
        }
        self.check(&text)?;
        let is_select = matches!(command, Command::Select(_) | Command::Noted);
        match (is_select, is_done) {
            (true, true) => self.say(b'C', b"SELECT 0\0"),
            (false, true) => return Err(("55000", format!("portal \"{name}\" cannot be run"))),
            (_, false) => {
                let is_limited = limit[3] > 0;
                if let Some(portal) = self.portals.get_mut(name) {
                    portal.is_done = true;
                }
                if is_select && is_limited {
                    self.row(&command);
                    self.say(b's', b"");
                } else if self.run(&command)? {
                    self.copy = Some(CopyIn(None));
                }
            }
        }
        Ok(())
    }
}
