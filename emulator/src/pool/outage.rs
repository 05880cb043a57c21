//! The moment at which every database connection ends at once, as in a failover.
//!
//! Owns which connections are gone with it, and how long no other can be opened. What a client hears
//! of it is `client`'s; without such a fault there is none.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

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
