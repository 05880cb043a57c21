//! Whether a peer owes an answer, for a caller that stops waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a connection came about over which no answer has come. A caller whose time is over has
/// no error that says so.
#[derive(Clone, Debug, Default)]
pub struct Contact(Arc<AtomicBool>);

impl Contact {
    /// Whether some peer took a connection and has not answered.
    pub fn is_unanswered(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn connected(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn answered(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
