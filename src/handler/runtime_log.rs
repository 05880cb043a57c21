//! The Lambda runtime crate's own messages, as log lines like all others.
//!
//! Without a subscriber for its events `lambda_runtime` writes plain text to standard error. It knows
//! the invocation's error and payload, so only an event's message is used, which is a literal in the
//! crate, never a field, which may be the `Debug` of anything.

use std::fmt;

use tracing::dispatcher::{Dispatch, SetGlobalDefaultError, set_global_default};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::clock::Clock;
use crate::response::{LogLevel, LogStyle};

/// The crate whose events are written. The AWS SDK's clients log requests and answers, which contain
/// secrets.
const SOURCE: &str = "lambda_runtime::";

/// Where it repeats what the handler returned or how it panicked. The summary line and the panic
/// hook have logged that.
const REPEATED: &str = "lambda_runtime::layers::panic";

/// Writes the runtime's warnings and errors as log lines.
pub struct RuntimeLog {
    style: LogStyle,
    clock: Clock,
    print: fn(&str),
}

struct Message(Option<String>);

impl RuntimeLog {
    /// One that writes each line through `print`.
    pub fn new(style: LogStyle, clock: Clock, print: fn(&str)) -> Self {
        Self { style, clock, print }
    }

    /// Installs it for the process.
    ///
    /// # Errors
    /// If there is one already.
    pub fn install(self) -> Result<(), SetGlobalDefaultError> {
        set_global_default(Dispatch::new(self))
    }
}

impl Subscriber for RuntimeLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        metadata.is_event()
            && *metadata.level() <= Level::WARN
            && target.starts_with(SOURCE)
            && target != REPEATED
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }

    fn event(&self, event: &Event<'_>) {
        let level = match *event.metadata().level() {
            Level::ERROR => LogLevel::Error,
            _ => LogLevel::Warn,
        };
        let mut message = Message(None);
        event.record(&mut message);
        let Message(Some(message)) = message else { return };
        if let Some(line) = self.style.line(level, &message, self.clock.now()) {
            (self.print)(&line);
        }
    }

    // Spans are never enabled.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = Some(format!("{value:?}"));
        }
    }
}

impl fmt::Debug for RuntimeLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimeLog").field("style", &self.style).finish_non_exhaustive()
    }
}
