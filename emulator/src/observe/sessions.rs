//! Who is connected, and what each session is doing.
//!
//! Owns a line for each client that has logged in. Sessions write their state without a lock; only
//! coming, going and reading take one.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The sessions that are open, by number.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<BTreeMap<usize, Arc<SessionView>>>);

/// What is to be seen of a session.
#[derive(Debug)]
pub(crate) struct SessionView {
    /// `clientConnection` in the log.
    pub(crate) number: usize,
    /// `default`, or the endpoint's name: `proxyEndpoint` in the log.
    pub(crate) endpoint: Arc<str>,
    pub(crate) client: SocketAddr,
    pub(crate) user: String,
    pub(crate) database: String,
    pub(crate) application_name: String,
    state: AtomicU8,
    is_pinned: AtomicBool,
    is_in_transaction: AtomicBool,
    /// `dbConnection` in the log; 0 for none.
    server: AtomicU64,
}

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionState {
    /// It asks for nothing. It has no connection, unless it is pinned.
    Idle,
    /// It waits for a connection.
    Waiting,
    /// The database works for it.
    Active,
    /// It is in a transaction, and asks for nothing.
    InTransaction,
}

impl SessionState {
    const ALL: [Self; 4] = [Self::Idle, Self::Waiting, Self::Active, Self::InTransaction];

    /// As the contract has it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Waiting => "waiting",
            Self::Active => "active",
            Self::InTransaction => "in_transaction",
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Idle => 0,
            Self::Waiting => 1,
            Self::Active => 2,
            Self::InTransaction => 3,
        }
    }
}

impl SessionView {
    /// A session that has just begun.
    pub(crate) fn new(
        (number, endpoint, client): (usize, &Arc<str>, SocketAddr),
        (user, database, application_name): (&str, &str, &str),
    ) -> Self {
        Self {
            number,
            endpoint: Arc::clone(endpoint),
            client,
            user: user.to_owned(),
            database: database.to_owned(),
            application_name: application_name.to_owned(),
            state: AtomicU8::new(SessionState::Idle.code()),
            is_pinned: AtomicBool::new(false),
            is_in_transaction: AtomicBool::new(false),
            server: AtomicU64::new(0),
        }
    }

    pub(crate) fn state(&self) -> SessionState {
        let code = usize::from(self.state.load(Ordering::Relaxed));
        SessionState::ALL.get(code).copied().unwrap_or(SessionState::Idle)
    }

    pub(crate) fn set_state(&self, state: SessionState) {
        self.state.store(state.code(), Ordering::Relaxed);
    }

    pub(crate) fn is_pinned(&self) -> bool {
        self.is_pinned.load(Ordering::Relaxed)
    }

    pub(crate) fn pin(&self) {
        self.is_pinned.store(true, Ordering::Relaxed);
    }

    /// Whether it is in a transaction, also while a statement of that runs.
    pub(crate) fn is_in_transaction(&self) -> bool {
        self.is_in_transaction.load(Ordering::Relaxed)
    }

    pub(crate) fn set_in_transaction(&self, is_in_transaction: bool) {
        self.is_in_transaction.store(is_in_transaction, Ordering::Relaxed);
    }

    /// The database connection that the session has.
    pub(crate) fn server(&self) -> Option<u64> {
        Some(self.server.load(Ordering::Relaxed)).filter(|server| *server > 0)
    }

    pub(crate) fn set_server(&self, server: Option<u64>) {
        self.server.store(server.unwrap_or(0), Ordering::Relaxed);
    }
}

impl Sessions {
    pub(crate) fn add(&self, view: &Arc<SessionView>) {
        self.lock().insert(view.number, Arc::clone(view));
    }

    pub(crate) fn remove(&self, number: usize) {
        self.lock().remove(&number);
    }

    /// The sessions, oldest first.
    pub(crate) fn read(&self) -> Vec<Arc<SessionView>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Arc<SessionView>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
