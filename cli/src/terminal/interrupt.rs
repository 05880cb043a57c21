//! Ctrl-C, which may come at any moment.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C from here on; before, it ends the process at once.
#[derive(Debug)]
pub struct Interrupt(Option<Signal>);

impl Interrupt {
    /// Begins to receive it. A process that cannot is ended by it.
    pub fn new() -> Self {
        Self(signal(SignalKind::interrupt()).ok())
    }

    /// Waits for it.
    pub async fn received(&mut self) {
        match &mut self.0 {
            Some(signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        }
    }
}

impl Default for Interrupt {
    fn default() -> Self {
        Self::new()
    }
}
