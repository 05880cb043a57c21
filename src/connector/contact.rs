//! Whether a peer accepted a connection and has not answered, for a caller that stops waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether there is a connection without an answer yet. A caller that times out gets no error that
/// says so.
#[derive(Clone, Debug, Default)]
pub struct Contact(Arc<AtomicBool>);

impl Contact {
    /// Whether a peer accepted a connection and has not answered.
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
