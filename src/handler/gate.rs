//! A stack or a deployment that waits for a verdict: it gets its answer at its own address, and the
//! reply is the report, for the function's records.

use std::sync::atomic::Ordering;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{Handled, Handler, Invocation, Unhealthy, not_begun};
use crate::cloudformation::{self, ReplyTo, Request, RequestError, RequestKind};
use crate::codedeploy::{self, Hook, SigningContext, Verdict};
use crate::diagnosis::diagnose;
use crate::gate::{self, Waited, time_to_answer, time_to_probe};
use crate::https::SendError;
use crate::probe::{ConfigFailure, Outcome};
use crate::response::{LogLevel, Reply, Shape};

/// The type of the function error if the answer could not be delivered. Lambda would then retry the
/// event twice, but the template turns that off: the deployment would no longer wait
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>).
const NOT_DELIVERED: &str = "answer_not_taken";

impl Handler {
    pub(super) async fn answer_stack(
        &self,
        event: &Map<String, Value>,
        invocation: &Invocation,
    ) -> Handled {
        let begun = Instant::now();
        let Some(region) = &self.own.region else {
            let problem = "AWS_REGION is not set: a stack can only be answered in its own region";
            return self.undeliverable(problem.to_owned(), begun, invocation);
        };
        let until = time_to_answer(self.clock.now(), invocation.ends);
        let Request { kind, reply_to: to, .. } = match Request::parse(event, region) {
            Ok(request) => request,
            Err(RequestError { problem, reply_to: None }) => {
                return self.undeliverable(problem, begun, invocation);
            }
            Err(RequestError { problem, reply_to: Some(to) }) => {
                let answer = cloudformation::Answer::failure(&physical_id(&to), &problem);
                let delivered = self.deliver_to_stack(&to, &answer, until).await;
                return self.with_delivery(delivered, self.refused(problem, begun, invocation));
            }
        };
        let id = physical_id(&to);
        match kind {
            RequestKind::Create | RequestKind::Update => {
                let waited = self.wait(begun, invocation).await;
                let answer = gate::answer(&id, self.config(), &waited);
                let delivered = self.deliver_to_stack(&to, &answer, until).await;
                self.with_delivery(delivered, self.reported(&waited, invocation))
            }
            RequestKind::Delete => {
                self.is_cold.store(false, Ordering::Relaxed);
                let answer = cloudformation::Answer::success(&id, Map::new());
                let delivered = self.deliver_to_stack(&to, &answer, until).await;
                self.with_delivery(
                    delivered,
                    Handled { reply: Ok(Reply::nothing()), lines: vec![] },
                )
            }
        }
    }

    pub(super) async fn answer_deployment(&self, hook: &Hook, invocation: &Invocation) -> Handled {
        let begun = Instant::now();
        let (Some(region), Some(keys)) = (&self.own.region, &self.own.keys) else {
            let problem = "AWS_REGION or the function's own keys are not set: \
                           a deployment can only be answered with them";
            return self.undeliverable(problem.to_owned(), begun, invocation);
        };
        let until = time_to_answer(self.clock.now(), invocation.ends);
        let waited = self.wait(begun, invocation).await;
        let verdict = match waited.report.outcome() {
            Outcome::Healthy | Outcome::Degraded(_) => Verdict::Succeeded,
            Outcome::Failed(_) => Verdict::Failed,
        };
        let context = SigningContext { region, keys, clock: &self.clock };
        let delivered = codedeploy::report(self.connector(), context, hook, verdict, until).await;
        let what = format!("the deployment got the answer {verdict:?}");
        self.with_delivery(delivered.map(|()| what), self.reported(&waited, invocation))
    }

    /// Probes as long as that can help; a bad configuration does not improve.
    async fn wait(&self, begun: Instant, invocation: &Invocation) -> Waited {
        match &self.prober {
            Ok(prober) => {
                let left = time_to_probe(self.clock.now(), invocation.ends);
                gate::wait(prober, &self.clock, left).await
            }
            Err(problems) => {
                let report = not_begun(ConfigFailure::Variables(problems.clone()), begun);
                let diagnosis = diagnose(&report, None);
                Waited { report, diagnosis, probes: 0, elapsed: begun.elapsed() }
            }
        }
    }

    async fn deliver_to_stack(
        &self,
        to: &ReplyTo,
        answer: &cloudformation::Answer,
        until: Instant,
    ) -> Result<String, SendError> {
        cloudformation::respond(self.connector(), to, answer, until).await?;
        Ok(match answer.reason() {
            None => "the stack got the answer SUCCESS".to_owned(),
            Some(reason) => format!("the stack got the answer FAILED: {reason}"),
        })
    }

    /// The reply, with a log line on what was delivered; a function error if nothing was.
    fn with_delivery(&self, delivered: Result<String, SendError>, mut handled: Handled) -> Handled {
        let is_delivered = delivered.is_ok();
        let (level, message) = match delivered {
            Ok(what) => (LogLevel::Info, what),
            Err(error) => (LogLevel::Error, format!("the answer could not be delivered: {error}")),
        };
        handled.lines.extend(self.log_style.line(level, &message, self.clock.now()));
        if !is_delivered {
            handled.reply = Err(Unhealthy::new(NOT_DELIVERED, &message));
        }
        handled
    }

    fn reported(&self, waited: &Waited, invocation: &Invocation) -> Handled {
        self.written(&waited.report, waited.diagnosis.as_ref(), Shape::Direct, invocation)
    }

    /// An event without an address for its answer, or that cannot be answered there: a function
    /// error, since a stack or a deployment would otherwise wait without a reason anywhere.
    fn undeliverable(&self, problem: String, begun: Instant, invocation: &Invocation) -> Handled {
        self.refused(problem, begun, invocation).into_function_error(NOT_DELIVERED)
    }

    /// The report of an invalid event.
    fn refused(&self, problem: String, begun: Instant, invocation: &Invocation) -> Handled {
        let report = not_begun(ConfigFailure::Event(problem), begun);
        let diagnosis = diagnose(&report, self.config());
        self.written(&report, diagnosis.as_ref(), Shape::Direct, invocation)
    }
}

/// The same name as long as the resource exists: CloudFormation treats another one as a replacement.
fn physical_id(to: &ReplyTo) -> String {
    let first = || format!("healthy-database-path-{}", to.logical_id);
    to.physical_id.clone().unwrap_or_else(first)
}
