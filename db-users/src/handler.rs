//! One invocation: CloudFormation's request in, the answer to CloudFormation out. It prints nothing
//! and does not read the system's clock: `main` passes everything in and writes what it returns.

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
use serde_json::Value;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use crate::request::{RequestOutcome, Surroundings, Variables, carry_out};

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
    /// Whether CloudFormation got an answer, whatever it is.
    pub result: Result<(), Unanswered>,
    /// What goes to standard output.
    pub lines: Vec<String>,
}

/// CloudFormation got no answer, which is a function error. The template tells Lambda not to retry: a
/// second create could not tell what the first one made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// `request_invalid` or `answer_not_taken`.
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
        let (to, outcome) = match self.read(event) {
            Ok(request) => {
                let to = request.reply_to.clone();
                let until = begun + left.saturating_sub(delivery_time(left));
                (to, self.outcome(request, invocation, until).await)
            }
            Err(RequestError { problem, reply_to: Some(to) }) => {
                let outcome = RequestOutcome::refused(&to, &problem);
                (*to, outcome)
            }
            Err(RequestError { problem, reply_to: None }) => {
                return self.unanswered("request_invalid", problem);
            }
        };
        let RequestOutcome { answer, summary } = outcome;
        match respond(&self.connector, &to, &answer, begun + left).await {
            Ok(()) => {
                let level = match answer.reason() {
                    Some(_) => LogLevel::Error,
                    None => LogLevel::Info,
                };
                Handled { result: Ok(()), lines: self.lines(level, &summary) }
            }
            Err(error) => {
                let reason = format!("CloudFormation got no answer: {error}. {summary}");
                self.unanswered("answer_not_taken", reason)
            }
        }
    }

    fn read(&self, event: &Value) -> Result<Request, RequestError> {
        let invalid = |problem: &str| RequestError { problem: problem.to_owned(), reply_to: None };
        let region = (self.variables)("AWS_REGION").as_deref().and_then(Region::parse);
        let region = region.ok_or_else(|| invalid("AWS_REGION is not set to a region"))?;
        let event = event.as_object().ok_or_else(|| invalid("the event is not a JSON object"))?;
        Request::parse(event, &region)
    }

    /// The work is a separate task, so that CloudFormation gets an answer after a panic too.
    async fn outcome(
        &self,
        request: Request,
        invocation: &Invocation,
        until: Instant,
    ) -> RequestOutcome {
        let (kind, to) = (request.kind, request.reply_to.clone());
        let surroundings = Surroundings {
            variables: Arc::clone(&self.variables),
            clock: self.clock.clone(),
            function: invocation.function.clone(),
        };
        let local = LocalSet::new();
        let mut task = JoinSet::new();
        task.spawn_local_on(carry_out(request, surroundings, until), &local);
        match local.run_until(task.join_next()).await {
            Some(Ok(outcome)) => outcome,
            Some(Err(_)) | None => RequestOutcome::panicked(kind, &to),
        }
    }

    fn unanswered(&self, code: &'static str, reason: String) -> Handled {
        let lines = self.lines(LogLevel::Error, &reason);
        Handled { result: Err(Unanswered { code, reason }), lines }
    }

    fn lines(&self, level: LogLevel, message: &str) -> Vec<String> {
        self.log_style.line(level, message, self.clock.now()).into_iter().collect()
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handler").field("log_style", &self.log_style).finish_non_exhaustive()
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.reason)
    }
}

impl From<Unanswered> for Diagnostic {
    fn from(Unanswered { code, reason }: Unanswered) -> Self {
        Self { error_type: code.to_owned(), error_message: reason }
    }
}
