//! A log whose reader may be slow, or may have stopped reading.
//!
//! Owns a queue of bounded length and the one thread that writes from it. Logging a line never waits:
//! when the queue is full, lines are dropped and counted, and the thread writes how many as soon as
//! it has caught up. Does not know what the lines say.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How many lines wait for the thread at most.
const MAX_LINES: usize = 1024;

/// How long a line is at most, in bytes: names in it come from strangers.
const MAX_LINE: usize = 4096;

/// Writes log lines, each with the program's name in front, from a separate thread. Clones share
/// it; the thread ends with the last of them.
#[derive(Clone, Debug)]
pub struct Writer(Arc<Handle>);

/// Its end is the queue's.
#[derive(Debug)]
struct Handle(Arc<Queue>);

#[derive(Debug, Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: VecDeque<String>,
    /// Lines that found no room since the thread last caught up.
    dropped: usize,
    /// Whether the thread is writing what it took out of the queue.
    is_writing: bool,
    is_closed: bool,
}

impl Writer {
    /// Writes to this sink.
    ///
    /// # Errors
    ///
    /// If the system has no thread to give.
    pub fn new(sink: impl Write + Send + 'static) -> io::Result<Self> {
        let queue = Arc::new(Queue::default());
        let thread = thread::Builder::new().name("log".to_owned());
        let taken_from = Arc::clone(&queue);
        // The thread is never joined: it may be stuck in a write until the process ends.
        drop(thread.spawn(move || taken_from.write_to(sink))?);
        Ok(Self(Arc::new(Handle(queue))))
    }

    /// Queues a line, unless the queue is full. Never waits for the sink.
    pub fn line(&self, line: fmt::Arguments<'_>) {
        let Handle(queue) = &*self.0;
        let mut state = queue.lock();
        // After the first dropped line all lines are dropped, until one says how many.
        if state.dropped > 0 || state.lines.len() >= MAX_LINES {
            state.dropped += 1;
        } else {
            state.lines.push_back(bounded(line.to_string()));
            queue.changed.notify_all();
        }
    }

    /// Waits until everything is written, but not longer than this.
    pub fn flush(&self, patience: Duration) {
        let Handle(queue) = &*self.0;
        let is_busy =
            |state: &mut State| state.is_writing || state.dropped > 0 || !state.lines.is_empty();
        drop(queue.changed.wait_timeout_while(queue.lock(), patience, is_busy));
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.changed.notify_all();
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_to(&self, mut sink: impl Write) {
        while let Some(line) = self.next() {
            // A sink that is closed must not take the emulator down with it.
            drop(writeln!(sink, "rds-proxy-emulator: {line}"));
            self.lock().is_writing = false;
            self.changed.notify_all();
        }
    }

    /// The next line, once there is one; none at the end.
    fn next(&self) -> Option<String> {
        let mut state = self.lock();
        loop {
            let line = state.lines.pop_front().or_else(|| state.say_what_is_missing());
            if line.is_some() {
                state.is_writing = true;
                return line;
            }
            if state.is_closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl State {
    fn say_what_is_missing(&mut self) -> Option<String> {
        let dropped = std::mem::take(&mut self.dropped);
        let line = format!("{dropped} log lines were dropped here: they were not read in time");
        (dropped > 0).then_some(line)
    }
}

/// The line itself, or its beginning if it is too long.
fn bounded(mut line: String) -> String {
    if line.len() > MAX_LINE {
        line.truncate(line.floor_char_boundary(MAX_LINE));
        line.push('…');
        line.shrink_to_fit();
    }
    line
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};

    use super::*;

    /// Guards against hangs only.
    const PATIENCE: Duration = Duration::from_secs(30);

    /// A sink that takes a line each time that it is allowed to.
    struct Slow {
        began: SyncSender<()>,
        may_go_on: Receiver<()>,
        written: Arc<Mutex<String>>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.began.try_send(()).unwrap_or_default();
            // Fails once the other end is gone: then everything may pass.
            self.may_go_on.recv().unwrap_or_default();
            self.written.lock().unwrap().push_str(str::from_utf8(bytes).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn logging_does_not_wait_for_a_stuck_sink_and_dropped_lines_are_counted_in_their_place() {
        let (began, has_begun) = sync_channel(1);
        let (go_on, may_go_on) = channel();
        let written = Arc::default();
        let sink = Slow { began, may_go_on, written: Arc::clone(&written) };
        let writer = Writer::new(sink).expect("a thread");
        writer.line(format_args!("first"));
        has_begun.recv().expect("the thread writes");
        for number in 0..MAX_LINES + 7 {
            writer.line(format_args!("line {number}"));
        }
        writer.flush(Duration::ZERO);
        assert_eq!(*written.lock().unwrap(), "", "it is stuck");
        drop(go_on);
        writer.flush(PATIENCE);
        writer.line(format_args!("after that"));
        writer.flush(PATIENCE);
        let written = written.lock().unwrap();
        let last: Vec<&str> = written.lines().rev().take(3).collect();
        assert_eq!(
            last,
            [
                "rds-proxy-emulator: after that",
                "rds-proxy-emulator: 7 log lines were dropped here: \
                 they were not read in time",
                &format!("rds-proxy-emulator: line {}", MAX_LINES - 1),
            ]
        );
        assert_eq!(written.lines().count(), MAX_LINES + 3);
    }

    #[test]
    fn a_line_is_bounded() {
        assert_eq!(bounded("short".to_owned()), "short");
        let long = bounded("ü".repeat(MAX_LINE));
        assert_eq!(long.len(), MAX_LINE + '…'.len_utf8());
        assert!(long.starts_with("üü") && long.ends_with("ü…"));
    }
}
