//! Few database connections behind many clients.
//!
//! Owns when a connection is opened, lent, taken back and closed: `MaxConnectionsPercent`,
//! `MaxIdleConnectionsPercent`, `ConnectionBorrowTimeout`, `InitQuery`. `pipeline` has what a client
//! has asked of its connection. Does not know when a client may give its connection back: that is
//! `client`.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connections.html>

mod key;
mod lease;
mod login;
mod mysql;
mod outage;
pub(crate) mod pipeline;
mod server;
mod settings;
mod state;

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::backend::{OpenError, Target};
use crate::observe::{ProxyLog, TargetMetrics};
use crate::texts::log::{CLOSED, RELEASED};
use crate::users::Users;
use crate::wire::Refusal;
pub(crate) use key::Key;
pub(crate) use lease::Lease;
use lease::{Grant, Slot};
pub(crate) use mysql::SessionState;
pub(crate) use outage::{Outage, Outages};
pub(crate) use server::Server;
pub use settings::PoolSettings;
use state::{Acquired, Next, State};

/// How long a connection is idle before it counts as such:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connections.html>.
const IDLE: Duration = Duration::from_mins(5);

/// How long a database connection lives at most. The real proxy closes them some time after 24 h;
/// when exactly is not published.
const LIFE: Duration = Duration::from_hours(24);

/// How often idle connections are looked through.
const TIDYING: Duration = Duration::from_secs(30);

/// How long one login at the database may take, less where the borrow timeout is shorter.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the database may take to accept a connection, when only that is asked.
const REACHED_WITHIN: Duration = Duration::from_secs(1);

/// The pauses between two attempts to open a connection while the database is away.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// A target's connections.
pub(crate) struct Pool {
    target: Target,
    settings: PoolSettings,
    users: Arc<Users>,
    log: ProxyLog,
    pub(crate) metrics: TargetMetrics,
    outage: Option<Arc<Outage>>,
    opened: AtomicU64,
    state: Mutex<State>,
}

/// Why there is no connection for a client.
#[derive(Debug)]
pub(crate) enum BorrowError {
    /// None became free, or the database was away, until the borrow timeout.
    TimedOut,
    /// The database refused it.
    Refused(Refusal),
    /// The endpoint has no target to open one at.
    NoReader,
}

impl Pool {
    pub(crate) fn new(
        target: Target,
        settings: PoolSettings,
        users: Arc<Users>,
        log: ProxyLog,
        outage: Option<Arc<Outage>>,
    ) -> Arc<Self> {
        let (opened, state, metrics) =
            (AtomicU64::new(0), Mutex::default(), TargetMetrics::default());
        Arc::new(Self { target, settings, users, log, metrics, outage, opened, state })
    }

    /// A connection of this key: an idle one, a new one, or one that a client gives back in time.
    pub(crate) async fn borrow(self: &Arc<Self>, key: &Arc<Key>) -> Result<Lease, BorrowError> {
        self.metrics.borrow_requests.add();
        while let Some(server) = self.take_idle(key) {
            if let Some(lease) = self.check(server) {
                return Ok(lease);
            }
        }
        // 0 is for an idle connection alone, even if the pool could grow; and without any database
        // there is nothing to wait for.
        // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-best-practices.configuration.html
        let limit = self.settings.connection_borrow_timeout;
        if limit.is_zero() || matches!(self.target, Target::Absent) {
            return Err(BorrowError::TimedOut);
        }
        let patient = async {
            let mut pause = FIRST_PAUSE;
            loop {
                match self.acquire(key).await? {
                    Some(lease) => return Ok(lease),
                    None => sleep(pause).await,
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        };
        timeout(limit, patient).await.unwrap_or(Err(BorrowError::TimedOut))
    }

    /// What a client hears after its login. From the database, if this key had a connection before
    /// or gets one now; none while the database is away. When the real proxy borrows at a login is
    /// unknown: here it does for the first client of each key.
    pub(crate) async fn greeting(
        self: &Arc<Self>,
        key: &Arc<Key>,
    ) -> Result<Option<Bytes>, BorrowError> {
        if let Some(greeting) = self.state().greeting(key) {
            return Ok(Some(greeting));
        }
        // At least as long as one login takes: with 0 there would never be an idle connection.
        let limit = self.settings.connection_borrow_timeout.max(OPEN_TIMEOUT);
        let lease =
            timeout(limit, self.acquire(key)).await.unwrap_or(Err(BorrowError::TimedOut))?;
        let greeting = lease.as_ref().and_then(Lease::peek);
        Ok(greeting.map(|server| server.greeting.clone()))
    }

    /// Looks through the idle connections again and again, and closes those that are to go.
    pub(crate) async fn tidy(self: Arc<Self>) {
        loop {
            sleep(TIDYING).await;
            let spent = self.state().take_spent(|available| self.settings.idle_ceiling(available));
            for server in spent {
                self.close(server, CLOSED);
            }
        }
    }

    /// Ends every idle connection in good order.
    pub(crate) fn close_idle(self: &Arc<Self>) {
        let idle = self.state().take_all_idle();
        for server in idle {
            self.close(server, CLOSED);
        }
    }

    /// Whether the database can be reached, as far as an endpoint without one can tell.
    pub(crate) async fn is_reachable(&self) -> bool {
        if self.outage().is_some_and(Outage::is_on) {
            return false;
        }
        let reached = timeout(REACHED_WITHIN, self.target.connect()).await;
        matches!(reached, Ok(Ok(_) | Err(OpenError::NoReader)))
    }

    /// How many connections are open, and how many of them are idle.
    pub(crate) fn connections(&self) -> (usize, usize) {
        let state = self.state();
        (state.open(), state.idle())
    }

    /// One attempt: a connection that is there, one that is given back, or a new one; none if the
    /// database is away.
    async fn acquire(self: &Arc<Self>, key: &Arc<Key>) -> Result<Option<Lease>, BorrowError> {
        let capacity = self.capacity();
        let acquired = self.state().acquire(key, capacity);
        match acquired {
            Acquired::Idle(server) => Ok(self.check(server)),
            Acquired::Slot(closed) => {
                drop(closed);
                self.open(key, Slot::new(self)).await
            }
            Acquired::Queued(receiver) => self.wait(key, receiver).await,
        }
    }

    async fn wait(
        self: &Arc<Self>,
        key: &Arc<Key>,
        receiver: oneshot::Receiver<Grant>,
    ) -> Result<Option<Lease>, BorrowError> {
        match receiver.await {
            Ok(Grant::Lease(lease)) => Ok(Some(*lease)),
            Ok(Grant::Slot(slot)) => self.open(key, slot).await,
            // The queue lost its place, which only a pool does that is being dropped.
            Err(_closed) => Err(BorrowError::TimedOut),
        }
    }

    /// Opens a connection; none if the database is away.
    async fn open(
        self: &Arc<Self>,
        key: &Arc<Key>,
        slot: Slot,
    ) -> Result<Option<Lease>, BorrowError> {
        self.metrics.connection_requests.add();
        let opened = timeout(OPEN_TIMEOUT, self.log_in(key)).await.unwrap_or_else(|_elapsed| {
            Err(OpenError::Unavailable("the database does not answer".to_owned()))
        });
        match &opened {
            Ok(_server) => self.metrics.setup_succeeded.add(),
            Err(_error) => self.metrics.setup_failed.add(),
        }
        match opened {
            Ok(server) => {
                self.state().opened(&server);
                let lease = slot.filled(server);
                // There may be room for more now.
                self.open_next();
                Ok(Some(lease))
            }
            Err(OpenError::Refused(refusal)) => Err(BorrowError::Refused(refusal)),
            Err(OpenError::NoReader) => Err(BorrowError::NoReader),
            Err(error @ (OpenError::Unavailable(_) | OpenError::Method(_))) => {
                let user = key.user();
                self.log.line(format_args!("no database connection for {user:?}: {error}"));
                Ok(None)
            }
        }
    }

    /// How many connections may be open. One, until a first one has asked the database.
    pub(crate) fn capacity(&self) -> usize {
        self.state().available().map_or(1, |available| self.settings.capacity(available))
    }

    fn take_idle(&self, key: &Arc<Key>) -> Option<Server> {
        self.state().take_idle(key)
    }

    /// A lease of an idle connection, unless it turns out to be dead.
    fn check(self: &Arc<Self>, mut server: Server) -> Option<Lease> {
        if self.keeps(&server) && server.is_alive() {
            Some(Lease::new(self, server))
        } else {
            self.close(server, CLOSED);
            None
        }
    }

    fn park(self: &Arc<Self>, server: Server) {
        if !self.keeps(&server) {
            return self.close(server, CLOSED);
        }
        self.log_about(server.id, &RELEASED);
        let next = self.state().park(server);
        next.perform(self);
    }

    fn close(self: &Arc<Self>, server: Server, text: &'static str) {
        self.log_about(server.id, &text);
        self.state().closed(&server);
        drop(server);
        self.release();
    }

    /// Counts a connection as one of another key.
    fn change_key(&self, server: &mut Server, key: &Arc<Key>) {
        let mut state = self.state();
        state.closed(server);
        server.key = Arc::clone(key);
        state.opened(server);
    }

    fn release(self: &Arc<Self>) {
        let capacity = self.capacity();
        let next = self.state().release(capacity);
        next.perform(self);
    }

    fn open_next(self: &Arc<Self>) {
        loop {
            let capacity = self.capacity();
            match self.state().open_next(capacity) {
                Next::Nothing => return,
                next @ (Next::Hand(..) | Next::Open(..)) => next.perform(self),
            }
        }
    }

    /// Logs a line about a connection, with debug logging only.
    fn log_about(&self, id: u64, text: &dyn fmt::Display) {
        self.log.debug("INFO", &format_args!("[dbConnection={id}]"), text);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
