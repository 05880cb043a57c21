//! Holding a connection, or the right to open one.
//!
//! Owns that neither is ever lost: whatever becomes of the one who holds it, dropping it tells the
//! pool.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Key, Pool, Server};
use crate::texts::log::{CLOSED, CLOSED_IN_MID_REQUEST};

/// A borrowed connection. Dropping it closes the connection, unless nothing was done with it.
pub(crate) struct Lease {
    pool: Arc<Pool>,
    server: Option<Server>,
    lent_at: Instant,
    is_used: bool,
    /// What the log says if the connection is closed.
    closing: &'static str,
}

/// The right to have one more connection open; dropping it gives it back.
pub(super) struct Slot {
    pool: Arc<Pool>,
    is_filled: bool,
}

/// What one who waited gets.
pub(super) enum Grant {
    Lease(Box<Lease>),
    Slot(Slot),
}

impl Lease {
    pub(super) fn new(pool: &Arc<Pool>, server: Server) -> Self {
        pool.metrics.currently_borrowed.up();
        Self {
            pool: Arc::clone(pool),
            server: Some(server),
            lent_at: Instant::now(),
            is_used: false,
            closing: CLOSED_IN_MID_REQUEST,
        }
    }

    /// The connection, to be used: from now on only [`Lease::give_back`] returns it to the pool.
    pub(crate) fn server(&mut self) -> Option<&mut Server> {
        self.is_used = true;
        self.server.as_mut()
    }

    /// When it was borrowed.
    pub(crate) fn lent_at(&self) -> Instant {
        self.lent_at
    }

    /// The connection, to be looked at.
    pub(super) fn peek(&self) -> Option<&Server> {
        self.server.as_ref()
    }

    /// Notes that the connection has the state of another key now.
    pub(crate) fn change_key(&mut self, key: &Arc<Key>) {
        if let Some(server) = &mut self.server {
            self.pool.change_key(server, key);
        }
    }

    /// Gives the connection back, for the next client to use: nothing is due on it either way, since
    /// this moment.
    pub(crate) fn give_back(mut self, idle_since: Instant) {
        self.is_used = false;
        if let Some(server) = &mut self.server {
            server.idle_since = idle_since;
        }
    }

    /// Closes the connection with a session that leaves something behind, but in good order.
    pub(crate) fn end_with_session(mut self) {
        self.closing = CLOSED;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(server) = self.server.take() else { return };
        self.pool.metrics.currently_borrowed.down();
        if self.is_used {
            self.pool.close(server, self.closing);
        } else {
            self.pool.park(server);
        }
    }
}

impl Slot {
    pub(super) fn new(pool: &Arc<Pool>) -> Self {
        Self { pool: Arc::clone(pool), is_filled: false }
    }

    /// The connection that was opened by this right.
    pub(super) fn filled(mut self, server: Server) -> Lease {
        self.is_filled = true;
        Lease::new(&self.pool, server)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if !self.is_filled {
            self.pool.release();
        }
    }
}
