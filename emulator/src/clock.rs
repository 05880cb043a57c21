//! Wall time, handed in.
//!
//! Owns the one question that tokens and certificates ask: what time is it. Knows nothing of spans
//! and deadlines; those come from tokio's clock, which a test can pause.

use std::time::SystemTime;

/// A source of wall time. Any `Fn() -> SystemTime` is one.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> SystemTime;
}

impl<F: Fn() -> SystemTime + Send + Sync + 'static> Clock for F {
    fn now(&self) -> SystemTime {
        self()
    }
}

/// The machine's own clock, the default of [`crate::Options`].
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the clock that is handed in by default")]
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}
