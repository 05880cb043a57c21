//! Faults of the pool: all database connections end at once, as in a failover, or none is available.
//!
//! Owns which connections are gone with the former, and how long no other can be opened. What a
//! client hears of it is `client`'s.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::{BorrowError, Pool, Server};
use crate::backend::OpenError;

/// The outages so far.
#[derive(Debug, Default)]
pub(crate) struct Outage(watch::Sender<Outages>);

/// How many there were, and when the last one is over.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outages {
    pub(crate) count: u64,
    until: Option<Instant>,
}

impl Outage {
    /// Ends all connections that are open, and keeps others from being opened for so long.
    pub(crate) fn begin(&self, length: Duration) {
        self.0.send_modify(|outages| {
            outages.count += 1;
            outages.until = Some(Instant::now() + length);
        });
    }

    /// How many there were. What was opened after fewer of them is gone.
    pub(crate) fn count(&self) -> u64 {
        self.0.borrow().count
    }

    /// Whether no connection can be opened just now.
    pub(crate) fn is_on(&self) -> bool {
        self.0.borrow().until.is_some_and(|until| Instant::now() < until)
    }

    /// Tells of the next one.
    pub(crate) fn watch(&self) -> watch::Receiver<Outages> {
        self.0.subscribe()
    }
}

impl Pool {
    /// Waits until the borrow timeout, as if other clients had every connection.
    pub(crate) async fn starve(&self) -> BorrowError {
        self.metrics.borrow_requests.add();
        sleep(self.settings.connection_borrow_timeout).await;
        BorrowError::TimedOut
    }

    /// What may end all connections at once, if a fault does.
    pub(crate) fn outage(&self) -> Option<&Outage> {
        self.outage.as_deref()
    }

    /// How many outages there were, unless there is one just now.
    pub(super) fn outages_before_opening(&self) -> Result<u64, OpenError> {
        match self.outage() {
            Some(outage) if outage.is_on() => {
                Err(OpenError::Unavailable("the database is away, by a fault".to_owned()))
            }
            Some(outage) => Ok(outage.count()),
            None => Ok(0),
        }
    }

    /// Whether a connection has survived what ends all of them.
    pub(super) fn keeps(&self, server: &Server) -> bool {
        self.outage().is_none_or(|outage| outage.count() == server.outages)
    }
}
