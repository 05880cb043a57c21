//! Clients, pipelines and model servers, with bytes in any pieces and in any order between them.

use std::collections::BTreeMap;

use bytes::BytesMut;

use super::model::{Model, error, refusal};
use super::script::Bytes;
use crate::pool::pipeline::{
    Asked, ClientStatements, Delivery, Message, Pipeline, Request, ServerStatements,
};

/// A message at the front, if it is there in full, and how long it is.
pub(crate) fn first(bytes: &[u8]) -> Option<(Message<'_>, usize)> {
    let length = u32::from_be_bytes(bytes.get(1..5)?.try_into().ok()?);
    let length = usize::try_from(length).ok()? + 1;
    let head = bytes.get(5..length)?;
    Some((Message { tag: bytes[0], head, rest: 0 }, length))
}

/// A database connection, and what is under way on it.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) model: Model,
    pub(super) statements: ServerStatements,
    to_server: Bytes,
    from_server: Bytes,
}

/// A client, and what it got.
#[derive(Debug)]
pub(super) struct Client {
    script: Vec<Bytes>,
    next: usize,
    pub(super) statements: ClientStatements,
    pipeline: Pipeline,
    pub(super) connection: Option<Connection>,
    is_pinned: bool,
    pub(super) got: Bytes,
}

impl Client {
    pub(super) fn new(script: Vec<Bytes>) -> Self {
        Self {
            script,
            next: 0,
            statements: ClientStatements::default(),
            // So that clients often have to wait.
            pipeline: Pipeline::with_limit(8),
            connection: None,
            is_pinned: false,
            got: Bytes::new(),
        }
    }

    fn is_done(&self) -> bool {
        self.next == self.script.len()
    }

    /// Asks its next message.
    fn ask(&mut self) {
        let Some(connection) = &mut self.connection else { return };
        let Some(bytes) = self.script.get(self.next) else { return };
        let (message, _) = first(bytes).expect("a whole message");
        let mut out = BytesMut::new();
        let request = match message {
            Message { tag: b'!', head: [tag], rest } => {
                let refused = Message { tag: *tag, head: b"", rest };
                let error = super::script::message(b'E', &error("ERROR", refusal()));
                Request::Refuse(refused, error.into())
            }
            _ => super::pass(message),
        };
        let statements = &mut self.statements;
        let asked = self.pipeline.ask(request, statements, &mut connection.statements, &mut out);
        connection.to_server.extend_from_slice(&out);
        match asked {
            Asked::Sent => self.next += 1,
            Asked::SentPinned => {
                self.next += 1;
                self.is_pinned = true;
            }
            Asked::Wait => {}
        }
        // What RDS Proxy pins at: the text names another statement, on this connection only.
        let has = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        if message.tag == b'P' && (has("EXECUTE") || has("DEALLOCATE a")) {
            self.is_pinned = true;
        }
    }

    /// Takes the answers that have come in full.
    fn take_answers(&mut self) {
        let Some(connection) = &mut self.connection else { return };
        let mut from_server = std::mem::take(&mut connection.from_server);
        let mut rest = &from_server[..];
        while let Some((message, length)) = first(rest) {
            let server = &mut connection.statements;
            match self.pipeline.answer(message, &mut self.statements, server) {
                Ok(Delivery::Forward) => self.got.extend(&rest[..length]),
                Ok(Delivery::Swallow) => {}
                Ok(Delivery::Replace(other)) => self.got.extend(other),
                Err(broken) => panic!("{broken}"),
            }
            rest = &rest[length..];
        }
        let taken = from_server.len() - rest.len();
        from_server.drain(..taken);
        connection.from_server = from_server;
    }

    /// The connection, if another client may have it.
    fn give_back(&mut self) -> Option<Connection> {
        if self.is_pinned || !self.pipeline.is_ready() {
            return None;
        }
        let mut connection = self.connection.take()?;
        // What has no answer may still be under way, such as a Flush.
        connection.deliver(usize::MAX);
        assert!(connection.model.is_clean(), "{:?}", connection.model);
        assert_eq!(connection.from_server, b"");
        connection.check_statements();
        Some(connection)
    }
}

impl Default for Connection {
    /// One that keeps so few statements that what happens beyond happens often.
    fn default() -> Self {
        let statements = ServerStatements::with_limit(3);
        Self { model: Model::default(), statements, to_server: vec![], from_server: vec![] }
    }
}

impl Connection {
    /// That it has what it is believed to have.
    fn check_statements(&self) {
        let unnamed = self.model.unnamed.iter().map(|text| ("rds_proxy_0".to_owned(), text));
        let named = self.model.statements.iter().map(|(name, text)| (name.clone(), text));
        let mut held: BTreeMap<_, _> = named.chain(unnamed).collect();
        for (number, believed) in self.statements.contents() {
            let text = held.remove(&format!("rds_proxy_{number}")).expect("a statement");
            assert!(
                believed.as_ref().is_none_or(|believed| believed == text),
                "{believed:?} {text}"
            );
        }
        assert_eq!(held, BTreeMap::new());
    }

    fn deliver(&mut self, bytes: usize) {
        let bytes = bytes.min(self.to_server.len());
        let piece: Bytes = self.to_server.drain(..bytes).collect();
        self.model.feed(&piece);
    }
}

/// Random numbers from a seed (<https://prng.di.unimi.it/splitmix64.c>).
#[derive(Debug)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(bound).expect("a bound"))
            .expect("below it")
    }
}

/// Clients behind a pool.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) clients: Vec<Client>,
    pub(super) idle: Vec<Connection>,
}

impl Pool {
    pub(super) fn new(scripts: impl IntoIterator<Item = Vec<Bytes>>, connections: usize) -> Self {
        let clients = scripts.into_iter().map(Client::new).collect();
        Self { clients, idle: (0..connections).map(|_| Connection::default()).collect() }
    }

    /// Makes everything happen, in an order that the dice decide.
    pub(super) fn run(&mut self, dice: &mut Dice) {
        let mut idle_rounds = 0;
        while idle_rounds < 100 * self.clients.len() {
            let client = dice.below(self.clients.len());
            idle_rounds = if self.step(client, dice) { 0 } else { idle_rounds + 1 };
        }
        for client in &self.clients {
            assert!(client.is_done(), "a client waits forever: {client:?}");
        }
    }

    /// One thing that happens to a client. Returns whether something has.
    fn step(&mut self, index: usize, dice: &mut Dice) -> bool {
        let client = &mut self.clients[index];
        if client.connection.is_none() && !client.is_done() && !self.idle.is_empty() {
            let chosen = dice.below(self.idle.len());
            client.connection = Some(self.idle.swap_remove(chosen));
        }
        let is_done = client.is_done();
        let Some(connection) = &mut client.connection else { return false };
        match dice.below(3) {
            0 if !is_done => {
                // How many come in one packet.
                let before = client.next;
                for _ in 0..=dice.below(8) {
                    client.ask();
                }
                return client.next > before;
            }
            1 if !connection.to_server.is_empty() => {
                let bytes = if dice.below(2) == 0 { usize::MAX } else { 1 + dice.below(40) };
                connection.deliver(bytes);
                return true;
            }
            2 if !connection.model.output.is_empty() => {
                let output = &mut connection.model.output;
                let bytes =
                    if dice.below(2) == 0 { output.len() } else { 1 + dice.below(output.len()) };
                let piece: Bytes = output.drain(..bytes).collect();
                connection.from_server.extend(piece);
                client.take_answers();
                if dice.below(4) > 0 {
                    let mut out = BytesMut::new();
                    client.pipeline.settle(&mut out);
                    if let Some(connection) = &mut client.connection {
                        connection.to_server.extend_from_slice(&out);
                    }
                }
            }
            _ => {}
        }
        if dice.below(4) > 0
            && let Some(connection) = client.give_back()
        {
            self.idle.push(connection);
            return true;
        }
        self.leave(index)
    }

    /// A client that has sent and got all leaves, and its connection with it unless it is clean.
    fn leave(&mut self, index: usize) -> bool {
        let client = &mut self.clients[index];
        let is_done = client.is_done();
        let Some(connection) = &mut client.connection else { return false };
        let is_over = connection.to_server.is_empty() && connection.model.output.is_empty();
        if !is_over || !(is_done || connection.model.is_dead) {
            return false;
        }
        connection.model.flush();
        if !connection.model.output.is_empty() {
            return true;
        }
        client.next = client.script.len();
        let connection = client.give_back().unwrap_or_default();
        client.connection = None;
        self.idle.push(connection);
        true
    }
}
