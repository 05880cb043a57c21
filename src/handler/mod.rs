//! One invocation: event in, answer and lines out. It prints nothing and does not read the system's
//! clock: `main` passes everything in and writes what it returns.

mod event;
mod gate;
mod runtime_log;

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use lambda_runtime::Diagnostic;
use tokio::time::Instant;

pub use event::{Event, with_payload};
pub use runtime_log::RuntimeLog;

use crate::clock::Clock;
use crate::config::{Config, Problems, Region, environment_keys, fails_invocation};
use crate::diagnosis::{Diagnosis, diagnose};
use crate::https;
use crate::probe::{ConfigFailure, Outcome, Prober, Report};
use crate::response::{Answered, InvocationFacts, LogStyle, Reply, Shape};
use event::{Asked, ProbeRequest};

/// Serves an execution environment's invocations.
#[derive(Debug)]
pub struct Handler {
    prober: Result<Prober, Problems>,
    fails_invocation: bool,
    function_name: String,
    own: Own,
    connector: OnceLock<SharedHttpConnector>,
    log_style: LogStyle,
    clock: Clock,
    is_cold: AtomicBool,
    resident_kib: fn() -> Option<u64>,
}

/// What Lambda tells about the function itself, as opposed to the endpoint that it probes.
#[derive(Debug)]
struct Own {
    region: Option<Region>,
    keys: Option<Credentials>,
}

/// What the Runtime API tells about an invocation.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// Its id.
    pub request_id: String,
    /// When Lambda ends it.
    pub ends: Option<SystemTime>,
}

impl From<lambda_runtime::Context> for Invocation {
    fn from(context: lambda_runtime::Context) -> Self {
        Self { ends: Some(context.deadline()), request_id: context.request_id }
    }
}

/// The result of an invocation.
#[derive(Debug)]
pub struct Handled {
    /// The report, or a function error instead.
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
    /// Reads the environment through `get`. Each invocation reports a bad one.
    pub fn new(get: impl Fn(&str) -> Option<String>, clock: Clock) -> Self {
        let name = get("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|| "local".to_owned());
        let prober = Config::from_vars(&get).map(|config| Prober::new(config, clock.clone()));
        // They are long, so they are read only once.
        let keys = match &prober {
            Ok(prober) => prober.config().keys.environment.clone(),
            Err(_problems) => environment_keys(&get),
        };
        Self {
            prober,
            fails_invocation: fails_invocation(&get),
            function_name: name,
            own: Own { region: get("AWS_REGION").as_deref().and_then(Region::parse), keys },
            connector: OnceLock::new(),
            log_style: LogStyle::from_vars(&get),
            clock,
            is_cold: AtomicBool::new(true),
            resident_kib: || None,
        }
    }

    /// Adds the process's resident memory in KiB to each log line: Lambda stops a process that has
    /// more than the function's memory.
    #[must_use]
    pub fn with_resident(self, resident_kib: fn() -> Option<u64>) -> Self {
        Self { resident_kib, ..self }
    }

    /// Answers stacks and deployments through `connector`, instead of the one that trusts the
    /// machine's roots.
    #[must_use]
    pub fn with_connector(self, connector: SharedHttpConnector) -> Self {
        Self { connector: OnceLock::from(connector), ..self }
    }

    /// Answers one event.
    pub async fn handle(&self, event: &Event, invocation: &Invocation) -> Handled {
        match event.asked() {
            Asked::Probe(request) => self.answer_caller(request, invocation).await,
            Asked::Stack(event) => Box::pin(self.answer_stack(event, invocation)).await,
            Asked::Deployment(hook) => Box::pin(self.answer_deployment(&hook, invocation)).await,
        }
    }

    async fn answer_caller(&self, request: ProbeRequest, invocation: &Invocation) -> Handled {
        let ProbeRequest { shape, options } = request;
        let begun = Instant::now();
        let report = match (&self.prober, options) {
            (Err(problems), _) => not_begun(ConfigFailure::Variables(problems.clone()), begun),
            (Ok(_), Err(problem)) => not_begun(ConfigFailure::Event(problem), begun),
            // Boxed, since the runtime's layers move their futures several times.
            (Ok(prober), Ok(options)) => Box::pin(prober.probe(options, invocation.ends)).await,
        };
        let diagnosis = diagnose(&report, self.config());
        let handled = self.written(&report, diagnosis.as_ref(), shape, invocation);
        match (report.outcome(), diagnosis) {
            (Outcome::Failed(_), Some(diagnosis)) if self.fails_invocation => {
                handled.into_function_error(diagnosis.code.as_str())
            }
            _ => handled,
        }
    }

    /// Writes a report.
    fn written(
        &self,
        report: &Report,
        diagnosis: Option<&Diagnosis>,
        shape: Shape,
        invocation: &Invocation,
    ) -> Handled {
        let answered = Answered {
            report,
            diagnosis,
            config: self.config(),
            invocation: Some(InvocationFacts {
                request_id: &invocation.request_id,
                cold_start: self.is_cold.swap(false, Ordering::Relaxed),
                resident_kib: (self.resident_kib)(),
            }),
        };
        let now = self.clock.now();
        let metrics = answered.metrics(&self.function_name, now).ok();
        let message = answered.message();
        let summary = self.log_style.summary(&answered, &message, now);
        let reply = answered.reply(shape, &message).map_err(|error| Unhealthy::unwritable(&error));
        Handled { reply, lines: metrics.into_iter().chain(summary).collect() }
    }

    fn config(&self) -> Option<&Config> {
        self.prober.as_ref().ok().map(Prober::config)
    }

    fn connector(&self) -> &SharedHttpConnector {
        self.connector.get_or_init(https::connector)
    }
}

fn not_begun(failure: ConfigFailure, begun: Instant) -> Report {
    Report::not_begun(failure, begun.elapsed())
}

impl Handled {
    fn into_function_error(self, code: &str) -> Self {
        let reply = self.reply.and_then(|reply| Err(Unhealthy::new(code, reply.as_json())));
        Self { reply, ..self }
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
