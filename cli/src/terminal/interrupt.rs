//! Ctrl-C, which may come at any moment.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep;

/// The terminal throws away what is written at the moment of Ctrl-C, unless NOFLSH is set
/// (<https://man7.org/linux/man-pages/man3/termios.3.html>): the last words wait until it has.
const FLUSH: Duration = Duration::from_millis(20);

/// Ctrl-C from here on; before, it ends the process at once.
#[derive(Debug)]
pub struct Interrupt(Option<Signal>);

impl Interrupt {
    /// Begins to receive it. A process that cannot is ended by it.
    pub fn new() -> Self {
        Self(signal(SignalKind::interrupt()).ok())
    }

    /// Waits for it, and until the terminal shows what is written again.
    pub async fn received(&mut self) {
        match &mut self.0 {
            Some(signal) => {
                signal.recv().await;
                sleep(FLUSH).await;
            }
            None => std::future::pending().await,
        }
    }
}

impl Default for Interrupt {
    fn default() -> Self {
        Self::new()
    }
}
