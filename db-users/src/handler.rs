//! One invocation: CloudFormation's request in, the answer to CloudFormation out; or Terraform's event
//! in, and the invocation's own answer out. It prints nothing and does not read the system's clock:
//! `main` passes everything in and writes what it returns.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use lambda_runtime::Diagnostic;
use rds_proxy_probe::clock::{Clock, time_left_or_assumed};
use rds_proxy_probe::cloudformation::{Request, RequestError, respond};
use rds_proxy_probe::config::Region;
use rds_proxy_probe::https::delivery_time;
use rds_proxy_probe::response::{LogLevel, LogStyle};
use serde_json::{Map, Value};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use crate::failure::RequestFailure;
use crate::order::{Surroundings, Variables};
use crate::request::{RequestOutcome, carry_out};
use crate::terraform;

/// What Lambda tells about an invocation.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// When it ends.
    pub ends: Option<SystemTime>,
    /// The ARN of the function, which names its account and region.
    pub function: String,
}

impl From<lambda_runtime::Context> for Invocation {
    fn from(context: lambda_runtime::Context) -> Self {
        Self { ends: Some(context.deadline()), function: context.invoked_function_arn }
    }
}

/// Serves an execution environment's invocations.
pub struct Handler {
    variables: Arc<Variables>,
    clock: Clock,
    connector: SharedHttpConnector,
    log_style: LogStyle,
}

/// The result of an invocation.
#[derive(Debug)]
pub struct Handled {
    /// The invocation's answer: for Terraform what was done, for CloudFormation nothing, since it has
    /// its answer already, whatever it is.
    pub result: Result<Value, InvocationError>,
    /// What goes to standard output.
    pub lines: Vec<String>,
}

/// A function error: CloudFormation got no answer, or Terraform's event was not carried out.
/// Lambda is not to retry, as the templates tell it: a second create could not tell what the first
/// one made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvocationError {
    /// `request_invalid`, `answer_not_taken` or `request_failed`.
    pub code: &'static str,
    /// Why.
    pub reason: String,
}

impl Handler {
    /// A handler that reads the environment through `variables`, for each request again, and answers
    /// through `connector`.
    pub fn new(
        variables: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
        clock: Clock,
        connector: SharedHttpConnector,
    ) -> Self {
        let log_style = LogStyle::from_vars(&variables);
        Self { variables: Arc::new(variables), clock, connector, log_style }
    }

    /// Handles a request and answers it.
    pub async fn handle(&self, event: &Value, invocation: &Invocation) -> Handled {
        let begun = Instant::now();
        let left = time_left_or_assumed(self.clock.now(), invocation.ends);
        let ends = begun + left;
        let until = begun + left.saturating_sub(delivery_time(left));
        match event.as_object() {
            Some(event) if terraform::is_event(event) => {
                self.serve_terraform(event, invocation, until).await
            }
            Some(event) => self.serve_cloudformation(event, invocation, (until, ends)).await,
            None => self.failed("request_invalid", "the event is not a JSON object".to_owned()),
        }
    }

    async fn serve_terraform(
        &self,
        event: &Map<String, Value>,
        invocation: &Invocation,
        until: Instant,
    ) -> Handled {
        let event = match terraform::Event::parse(event) {
            Ok(event) => event,
            Err(problem) => return self.failed("request_invalid", problem),
        };
        let surroundings = self.surroundings(invocation);
        let panicked = || Err(RequestFailure::Panicked.to_string());
        let done = guarded(event.carry_out(surroundings, until)).await;
        match done.unwrap_or_else(panicked) {
            Ok(answer) => {
                let lines = self.lines(LogLevel::Info, &answer.to_string());
                Handled { result: Ok(answer), lines }
            }
            Err(reason) => self.failed("request_failed", reason),
        }
    }

    async fn serve_cloudformation(
        &self,
        event: &Map<String, Value>,
        invocation: &Invocation,
        (until, ends): (Instant, Instant),
    ) -> Handled {
        let (to, outcome) = match self.read(event) {
            Ok(request) => {
                let (kind, to) = (request.kind, request.reply_to.clone());
                let done = guarded(carry_out(request, self.surroundings(invocation), until)).await;
                let outcome = done.unwrap_or_else(|| RequestOutcome::panicked(kind, &to));
                (to, outcome)
            }
            Err(RequestError { problem, reply_to: Some(to) }) => {
                let outcome = RequestOutcome::refused(&to, &problem);
                (*to, outcome)
            }
            Err(RequestError { problem, reply_to: None }) => {
                return self.failed("request_invalid", problem);
            }
        };
        let RequestOutcome { answer, summary } = outcome;
        match respond(&self.connector, &to, &answer, ends).await {
            Ok(()) => {
                let level = match answer.reason() {
                    Some(_) => LogLevel::Error,
                    None => LogLevel::Info,
                };
                Handled { result: Ok(Value::Null), lines: self.lines(level, &summary) }
            }
            Err(error) => {
                let reason = format!("CloudFormation got no answer: {error}. {summary}");
                self.failed("answer_not_taken", reason)
            }
        }
    }

    fn read(&self, event: &Map<String, Value>) -> Result<Request, RequestError> {
        let region = (self.variables)("AWS_REGION").as_deref().and_then(Region::parse);
        let region = region.ok_or_else(|| RequestError {
            problem: "AWS_REGION is not set to a region".to_owned(),
            reply_to: None,
        })?;
        Request::parse(event, &region)
    }

    fn surroundings(&self, invocation: &Invocation) -> Surroundings {
        Surroundings {
            variables: Arc::clone(&self.variables),
            clock: self.clock.clone(),
            function: invocation.function.clone(),
        }
    }

    fn failed(&self, code: &'static str, reason: String) -> Handled {
        let lines = self.lines(LogLevel::Error, &reason);
        Handled { result: Err(InvocationError { code, reason }), lines }
    }

    fn lines(&self, level: LogLevel, message: &str) -> Vec<String> {
        self.log_style.line(level, message, self.clock.now()).into_iter().collect()
    }
}

/// Does the work as a separate task, so that there is an answer after a panic too; `None` is a panic.
async fn guarded<T: 'static>(work: impl Future<Output = T> + 'static) -> Option<T> {
    let local = LocalSet::new();
    let mut task = JoinSet::new();
    task.spawn_local_on(work, &local);
    local.run_until(task.join_next()).await?.ok()
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handler").field("log_style", &self.log_style).finish_non_exhaustive()
    }
}

impl fmt::Display for InvocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.reason)
    }
}

impl From<InvocationError> for Diagnostic {
    fn from(InvocationError { code, reason }: InvocationError) -> Self {
        Self { error_type: code.to_owned(), error_message: reason }
    }
}
