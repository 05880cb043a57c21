//! Who has a connection, who waits for one.
//!
//! Owns the arithmetic of the pool: the open connections, the idle ones by key, the queue. It waits
//! for nothing and sends nothing: what has to happen outside the lock comes back as a value.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::lease::{Grant, Lease, Slot};
use super::{IDLE, Key, LIFE, Pool, Server};

/// A pool's state, under its lock.
#[derive(Default)]
pub(super) struct State {
    /// Idle connections, the most recently used ones last.
    idle: HashMap<Arc<Key>, Vec<Server>>,
    /// Connections that are open or being opened.
    open: usize,
    /// How many connections the database has for us; unknown before the first one.
    available: Option<usize>,
    /// Those who wait for one, in order.
    waiting: VecDeque<Waiter>,
    /// What clients of a key hear after their login, as long as there is a connection of it.
    greetings: HashMap<Arc<Key>, Greeting>,
}

struct Greeting {
    bytes: Bytes,
    connections: usize,
}

struct Waiter {
    key: Arc<Key>,
    sender: oneshot::Sender<Grant>,
}

/// What a client gets that asks for a connection.
pub(super) enum Acquired {
    /// An idle connection.
    Idle(Server),
    /// The right to open one, instead of this one if there is one, which is to be closed.
    Slot(Option<Server>),
    /// A place in the queue.
    Queued(oneshot::Receiver<Grant>),
}

/// What is to be done outside the lock once a connection is idle or gone.
pub(super) enum Next {
    /// Nothing.
    Nothing,
    /// The first one in the queue gets this connection.
    Hand(oneshot::Sender<Grant>, Server),
    /// It gets the right to open one; the connection, if there is one, is to be closed.
    Open(oneshot::Sender<Grant>, Option<Server>),
}

impl State {
    /// An idle connection, if there is one of this key.
    pub(super) fn take_idle(&mut self, key: &Arc<Key>) -> Option<Server> {
        let servers = self.idle.get_mut(key)?;
        let server = servers.pop();
        if servers.is_empty() {
            self.idle.remove(key);
        }
        server
    }

    /// A connection, the right to open one, or a place in the queue.
    pub(super) fn acquire(&mut self, key: &Arc<Key>, capacity: usize) -> Acquired {
        if self.waiting.is_empty() || capacity > self.open {
            if let Some(server) = self.take_idle(key) {
                return Acquired::Idle(server);
            }
            if self.open < capacity {
                self.open += 1;
                return Acquired::Slot(None);
            }
            if capacity > 0
                && let Some(server) = self.take_oldest_idle()
            {
                return Acquired::Slot(Some(server));
            }
        }
        // Those that gave up are in the queue until another one comes.
        self.waiting.retain(|waiter| !waiter.sender.is_closed());
        let (sender, receiver) = oneshot::channel();
        self.waiting.push_back(Waiter { key: Arc::clone(key), sender });
        Acquired::Queued(receiver)
    }

    /// Takes a connection back that the next client can use.
    pub(super) fn park(&mut self, server: Server) -> Next {
        let Some(Waiter { key, sender }) = self.first_in_queue() else {
            self.idle.entry(Arc::clone(&server.key)).or_default().push(server);
            return Next::Nothing;
        };
        if key == server.key {
            return Next::Hand(sender, server);
        }
        self.closed(&server);
        Next::Open(sender, Some(server))
    }

    /// Counts a connection as gone.
    pub(super) fn release(&mut self, capacity: usize) -> Next {
        self.open = self.open.saturating_sub(1);
        self.open_next(capacity)
    }

    /// Gives the first one in the queue the right to open a connection, if there is room for one.
    pub(super) fn open_next(&mut self, capacity: usize) -> Next {
        if self.open >= capacity {
            return Next::Nothing;
        }
        let Some(Waiter { sender, .. }) = self.first_in_queue() else { return Next::Nothing };
        self.open += 1;
        Next::Open(sender, None)
    }

    fn first_in_queue(&mut self) -> Option<Waiter> {
        loop {
            let waiter = self.waiting.pop_front()?;
            if !waiter.sender.is_closed() {
                return Some(waiter);
            }
        }
    }

    fn take_oldest_idle(&mut self) -> Option<Server> {
        let oldest = |servers: &Vec<Server>| servers.first().map(|server| server.idle_since);
        let key = Arc::clone(self.idle.iter().min_by_key(|(_, servers)| oldest(servers))?.0);
        let servers = self.idle.get_mut(&key)?;
        let server = servers.remove(0);
        if servers.is_empty() {
            self.idle.remove(&key);
        }
        self.closed(&server);
        Some(server)
    }

    /// Takes the idle connections that are to be closed now: those past their life, and those idle
    /// for long beyond the ceiling.
    pub(super) fn take_spent(&mut self, ceiling: impl Fn(usize) -> usize) -> Vec<Server> {
        let now = Instant::now();
        let (mut spent, mut kept) = (Vec::new(), Vec::new());
        for server in std::mem::take(&mut self.idle).into_values().flatten() {
            if now - server.opened_at >= LIFE { spent.push(server) } else { kept.push(server) }
        }
        // The longest idle ones first.
        kept.sort_by_key(|server| server.idle_since);
        let mut excess =
            self.available.map_or(0, |available| kept.len().saturating_sub(ceiling(available)));
        for server in kept {
            if excess > 0 && now - server.idle_since >= IDLE {
                excess -= 1;
                spent.push(server);
            } else {
                self.idle.entry(Arc::clone(&server.key)).or_default().push(server);
            }
        }
        spent
    }

    /// Takes every idle connection.
    pub(super) fn take_all_idle(&mut self) -> Vec<Server> {
        std::mem::take(&mut self.idle).into_values().flatten().collect()
    }

    pub(super) fn available(&self) -> Option<usize> {
        self.available
    }

    pub(super) fn set_available(&mut self, available: usize) {
        self.available = Some(available);
    }

    pub(super) fn open(&self) -> usize {
        self.open
    }

    pub(super) fn idle(&self) -> usize {
        self.idle.values().map(Vec::len).sum()
    }

    pub(super) fn greeting(&self, key: &Arc<Key>) -> Option<Bytes> {
        self.greetings.get(key).map(|greeting| greeting.bytes.clone())
    }

    /// Notes that a connection is open.
    pub(super) fn opened(&mut self, server: &Server) {
        let greeting = self.greetings.entry(Arc::clone(&server.key));
        let new = Greeting { bytes: server.greeting.clone(), connections: 0 };
        greeting.or_insert(new).connections += 1;
    }

    /// Notes that it is not any more.
    pub(super) fn closed(&mut self, server: &Server) {
        if let Some(greeting) = self.greetings.get_mut(&server.key) {
            greeting.connections -= 1;
            if greeting.connections == 0 {
                self.greetings.remove(&server.key);
            }
        }
    }
}

impl Next {
    /// Does it. A client that has given up hands its grant back to the pool by dropping it.
    pub(super) fn perform(self, pool: &Arc<Pool>) {
        match self {
            Self::Nothing => {}
            Self::Hand(sender, server) => {
                drop(sender.send(Grant::Lease(Box::new(Lease::new(pool, server)))));
            }
            Self::Open(sender, closed) => {
                drop(closed);
                drop(sender.send(Grant::Slot(Slot::new(pool))));
            }
        }
    }
}
