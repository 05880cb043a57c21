//! One invocation: event in, answer and lines out. It prints nothing and reads no clock of its
//! own; `main` hands it everything and writes what it returns.

mod event;
mod runtime_log;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use lambda_runtime::Diagnostic;
use tokio::time::Instant;

pub use event::{Event, with_payload};
pub use runtime_log::RuntimeLog;

use crate::clock::Clock;
use crate::config::{Config, Problems, fails_invocation};
use crate::diagnosis::diagnose;
use crate::probe::{ConfigFailure, Prober, Report};
use crate::response::{Answered, LogStyle, Reply};
use event::Request;

/// What serves an execution environment's invocations.
#[derive(Debug)]
pub struct Handler {
    prober: Result<Prober, Problems>,
    fails_invocation: bool,
    function_name: String,
    log_style: LogStyle,
    clock: Clock,
    is_cold: AtomicBool,
}

/// What the Runtime API says of an invocation.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// Its id.
    pub request_id: String,
    /// When Lambda ends it.
    pub ends: Option<SystemTime>,
}

/// What becomes of an invocation.
#[derive(Debug)]
pub struct Answer {
    /// The report, or the function error in its place.
    pub reply: Result<Reply, Unhealthy>,
    /// What goes to standard output: the metric line and the log line.
    pub lines: Vec<String>,
}

/// An unhealthy probe as a function error.
#[derive(Debug)]
pub struct Unhealthy {
    /// The diagnosis code.
    pub code: String,
    /// The report, as JSON.
    pub report: String,
}

impl Handler {
    /// Reads the environment through `get`. A bad one is kept, to be reported by each invocation.
    pub fn new(get: impl Fn(&str) -> Option<String>, clock: Clock) -> Self {
        let name = get("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|| "local".to_owned());
        Self {
            prober: Config::from_vars(&get).map(|config| Prober::new(config, clock.clone())),
            fails_invocation: fails_invocation(&get),
            function_name: name,
            log_style: LogStyle::from_vars(&get),
            clock,
            is_cold: AtomicBool::new(true),
        }
    }

    /// Answers one event.
    pub async fn handle(&self, event: &Event, invocation: &Invocation) -> Answer {
        let cold_start = self.is_cold.swap(false, Ordering::Relaxed);
        let Request { shape, options } = event.request();
        let begun = Instant::now();
        let not_begun = |failure| Report::not_begun(failure, begun.elapsed());
        let report = match (&self.prober, options) {
            (Err(problems), _) => not_begun(ConfigFailure::Variables(problems.clone())),
            (Ok(_), Err(problem)) => not_begun(ConfigFailure::Event(problem)),
            (Ok(prober), Ok(options)) => prober.probe(options, invocation.ends).await,
        };

        let config = self.prober.as_ref().ok().map(Prober::config);
        let diagnosis = diagnose(&report, config);
        let answered = Answered {
            report: &report,
            diagnosis: diagnosis.as_ref(),
            config,
            request_id: &invocation.request_id,
            cold_start,
        };
        let now = self.clock.now();
        let metrics = answered.metrics(&self.function_name, now).ok();
        let summary = self.log_style.summary(&answered, now);
        Answer {
            reply: answered.reply(shape).map_err(|error| Unhealthy::unwritable(&error)).and_then(
                |reply| match &diagnosis {
                    Some(diagnosis)
                        if self.fails_invocation && answered.status() == "unhealthy" =>
                    {
                        Err(Unhealthy::new(diagnosis.code.as_str(), reply.as_json()))
                    }
                    Some(_) | None => Ok(reply),
                },
            ),
            lines: metrics.into_iter().chain(summary).collect(),
        }
    }
}

impl Unhealthy {
    fn new(code: &str, report: &str) -> Self {
        Self { code: code.to_owned(), report: report.to_owned() }
    }

    fn unwritable(error: &serde_json::Error) -> Self {
        Self { code: "report_unwritable".to_owned(), report: error.to_string() }
    }
}

impl fmt::Display for Unhealthy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)
    }
}

impl From<Unhealthy> for Diagnostic {
    fn from(unhealthy: Unhealthy) -> Self {
        Self { error_type: unhealthy.code, error_message: unhealthy.report }
    }
}
