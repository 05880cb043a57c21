//! How a report is written: for a caller, for HTTP, as a metric, as a log line.
//!
//! This is the only place that serialises. The views are built from `Report` and `Diagnosis` field by
//! field, so that nothing is published by accident.

mod body;
mod explain;
#[cfg(feature = "lambda")]
mod http;
#[cfg(feature = "lambda")]
mod log;
#[cfg(feature = "lambda")]
mod metrics;

#[cfg(feature = "lambda")]
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

#[cfg(feature = "lambda")]
pub use log::{LogFormat, LogLevel, LogStyle};

use crate::config::Config;
use crate::diagnosis::Diagnosis;
use crate::probe::{ConfigFailure, Failure, Outcome, Report};

/// The function's own version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Everything about one invocation that is written.
#[derive(Debug)]
pub struct Answered<'a> {
    /// What the probe found.
    pub report: &'a Report,
    /// What that means.
    pub diagnosis: Option<&'a Diagnosis>,
    /// The configuration, if there is one.
    pub config: Option<&'a Config>,
    /// The invocation that it was for; `None` outside of Lambda.
    pub invocation: Option<InvocationFacts<'a>>,
}

/// What a report says of its invocation.
#[derive(Clone, Copy, Debug)]
pub struct InvocationFacts<'a> {
    /// Its id.
    pub request_id: &'a str,
    /// Whether it is the first of its execution environment.
    pub cold_start: bool,
    /// How much memory the process has resident, in KiB, if that is known.
    pub resident_kib: Option<u64>,
}

/// The form that the caller understands.
#[cfg(feature = "lambda")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The report itself.
    Direct,
    /// The proxy response of API Gateway, Function URLs and load balancers.
    Http,
}

/// An answer, ready to be sent.
#[derive(Debug)]
pub struct Reply(Box<RawValue>);

impl Reply {
    /// The reply to a caller that gets its answer elsewhere.
    pub fn nothing() -> Self {
        Self(RawValue::NULL.to_owned())
    }

    /// The answer as JSON text.
    pub fn as_json(&self) -> &str {
        self.0.get()
    }
}

impl Serialize for Reply {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Answered<'_> {
    /// The report itself; `message` is [`Answered::message`].
    ///
    /// # Errors
    /// Never for a report that this crate made; JSON has no form for a number that is not finite.
    pub fn report(&self, message: &str) -> serde_json::Result<Reply> {
        self.body(message).map(Reply)
    }

    /// The answer in the caller's format; `message` is [`Answered::message`].
    ///
    /// # Errors
    /// As [`Answered::report`].
    #[cfg(feature = "lambda")]
    pub fn reply(&self, shape: Shape, message: &str) -> serde_json::Result<Reply> {
        let body = self.body(message)?;
        Ok(Reply(match shape {
            Shape::Direct => body,
            Shape::Http => http::response(self.status_code(), body.get())?,
        }))
    }

    /// `healthy`, `degraded` or `unhealthy`.
    pub fn status(&self) -> &'static str {
        match self.report.outcome() {
            Outcome::Healthy => "healthy",
            Outcome::Degraded(_) => "degraded",
            Outcome::Failed(_) => "unhealthy",
        }
    }

    /// Why the event was rejected, if it was: then nothing is known about the database.
    fn refusal(&self) -> Option<&str> {
        match self.report.outcome() {
            Outcome::Failed(Failure::Config(ConfigFailure::Event(problem))) => Some(problem),
            Outcome::Healthy | Outcome::Degraded(_) | Outcome::Failed(_) => None,
        }
    }

    fn status_code(&self) -> u16 {
        match self.report.outcome() {
            Outcome::Healthy | Outcome::Degraded(_) => 200,
            // The caller's mistake, not the database's.
            Outcome::Failed(Failure::Config(ConfigFailure::Event(_))) => 400,
            Outcome::Failed(_) => 503,
        }
    }
}

/// The initial capacity of a line's text, in bytes: most lines are shorter.
#[cfg(feature = "lambda")]
const LINE: usize = 1024;

/// A line as JSON. Every warm probe writes two, so the text is allocated once.
#[cfg(feature = "lambda")]
fn line(value: &impl Serialize) -> serde_json::Result<String> {
    let mut text = Vec::with_capacity(LINE);
    serde_json::to_writer(&mut text, value)?;
    String::from_utf8(text).map_err(serde_json::Error::custom)
}

/// Milliseconds with fractions down to a microsecond.
fn millis(span: std::time::Duration) -> f64 {
    (span.as_secs_f64() * 1e6).round() / 1e3
}
