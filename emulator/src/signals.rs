//! The signals that end this process, or go on to the command that it runs.

use std::fs::File;
use std::io;

use rustix::process::{Signal, getpgrp};
use rustix::termios::tcgetpgrp;
use tokio::signal::unix::{self, SignalKind, signal};

/// SIGINT and SIGTERM as they come.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
}

impl Signals {
    /// From here on they do not end the process.
    pub(crate) fn new() -> io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
        }
    }
}

/// Whether a Ctrl-C reaches the processes that we start as it reaches us: the terminal sends it to
/// the whole process group that is in its foreground.
/// <https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap11.html>
pub(crate) fn come_from_the_terminal() -> bool {
    File::open("/dev/tty")
        .is_ok_and(|terminal| tcgetpgrp(terminal).is_ok_and(|group| group == getpgrp()))
}
