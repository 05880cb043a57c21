//! The log as an emulator's parts write it: its own lines, and lines in RDS Proxy's form.
//!
//! Owns the form, and which lines are written only with RDS Proxy's `DebugLogging`: those about each
//! connection and each borrow, which would cost more than the work itself. The texts are `texts`'.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.monitoring.html>

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use time::OffsetDateTime;
use time::macros::format_description;

use super::Log;
use crate::clock::Clock;

/// How much of what happens is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogDetail {
    /// What goes wrong, and what pins.
    #[default]
    Usual,
    /// Each connection's beginning and end, logins and borrows as well: RDS Proxy's `DebugLogging`.
    Debug,
}

/// A log with a clock. Clones write to the same log.
#[derive(Clone)]
pub(crate) struct ProxyLog {
    log: Log,
    clock: Arc<dyn Clock>,
    detail: LogDetail,
}

impl ProxyLog {
    pub(crate) fn new(log: Log, clock: Arc<dyn Clock>, detail: LogDetail) -> Self {
        Self { log, clock, detail }
    }

    /// Logs a line of the emulator's own.
    pub(crate) fn line(&self, line: fmt::Arguments<'_>) {
        self.log.line(line);
    }

    /// Logs a line in RDS Proxy's form; it is about what the tags name.
    pub(crate) fn rds(&self, level: &str, tags: &dyn fmt::Display, text: &dyn fmt::Display) {
        let time = timestamp(self.clock.now());
        self.log.line(format_args!("{time} [{level}] {tags} {text}"));
    }

    /// The same, with debug logging only.
    pub(crate) fn debug(&self, level: &str, tags: &dyn fmt::Display, text: &dyn fmt::Display) {
        match self.detail {
            LogDetail::Usual => {}
            LogDetail::Debug => self.rds(level, tags, text),
        }
    }
}

/// A moment, as RDS Proxy's log has it.
fn timestamp(now: SystemTime) -> String {
    let now = OffsetDateTime::from(now);
    let form =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    now.format(form).unwrap_or_default()
}
