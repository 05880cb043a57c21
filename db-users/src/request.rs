//! CloudFormation's requests, and the answers to them.
//!
//! It chooses the answer's physical id, which stays the same as long as the resource exists: after a
//! new one CloudFormation would send a delete for the old one, which would drop the users.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes-update.html>

use rds_proxy_probe::cloudformation::{Answer, ReplyTo, Request, RequestKind};
use serde_json::Map;
use tokio::time::Instant;

use crate::change::Fate;
use crate::failure::RequestFailure;
use crate::mark::Mark;
use crate::order::{NotDone, Order, Surroundings};
use crate::stacks::Stacks;

/// Begins the physical id of a resource that has made nothing, so that its delete succeeds at once,
/// even if the database is unreachable: CloudFormation sends one after a failed create. A logical id
/// has only letters and digits, so no other id begins like this.
const NOTHING_MADE: &str = "nothing-made/";

/// Names of the stacks that are served, separated by commas; unset: all of the account.
pub(crate) const STACK_NAMES: &str = "STACK_NAMES";

/// The result of a request.
#[derive(Debug)]
pub(crate) struct RequestOutcome {
    pub(crate) answer: Answer,
    /// The same in one sentence, for the log.
    pub(crate) summary: String,
}

/// Handles a request, by `until` at the latest.
pub(crate) async fn carry_out(
    request: Request,
    surroundings: Surroundings,
    until: Instant,
) -> RequestOutcome {
    let Request { kind, properties, old_properties, reply_to: to } = request;
    // A resource that made nothing may be deleted whatever its stack, since that uses no database.
    if kind == RequestKind::Delete && has_nothing(&to) {
        return RequestOutcome::done(kind, &to, "there was nothing to drop");
    }
    let mark = Mark::of_cloudformation(&to.stack_id, &to.logical_id);
    let order = Order { kind, properties, old_properties, mark };
    let done = match admit(&to, &surroundings) {
        Ok(()) => order.carry_out(&surroundings, until).await,
        Err(failure) => Err(failure.into()),
    };
    match done {
        Ok(what) => RequestOutcome::done(kind, &to, &what),
        Err(NotDone { reason, fate }) => RequestOutcome::not_done(kind, &to, fate, &reason),
    }
}

/// Rejects the request of a stack that is not served.
fn admit(to: &ReplyTo, surroundings: &Surroundings) -> Result<(), RequestFailure> {
    let names = (surroundings.variables)(STACK_NAMES);
    let served = Stacks::new(&surroundings.function, names.as_deref())
        .map_err(RequestFailure::NoFunction)?;
    if served.has(&to.stack_id) {
        return Ok(());
    }
    Err(RequestFailure::StackNotServed { stack: to.stack_id.clone(), served })
}

impl RequestOutcome {
    fn done(kind: RequestKind, to: &ReplyTo, what: &str) -> Self {
        let id = match (&to.physical_id, kind) {
            (Some(id), RequestKind::Delete) => id.clone(),
            (Some(id), RequestKind::Update) if !has_nothing(to) => id.clone(),
            (_, RequestKind::Create | RequestKind::Update | RequestKind::Delete) => made(to),
        };
        Self {
            answer: Answer::success(&id, Map::new()),
            summary: format!("{} of {}: {what}.", name(kind), to.logical_id),
        }
    }

    /// The answer after a failure.
    pub(crate) fn not_done(kind: RequestKind, to: &ReplyTo, fate: Fate, reason: &str) -> Self {
        let id = match (&to.physical_id, fate) {
            (Some(id), _) => id.clone(),
            (None, Fate::Undone) => format!("{NOTHING_MADE}{}", to.logical_id),
            (None, Fate::Partly | Fate::Unknown) => made(to),
        };
        Self {
            answer: Answer::failure(&id, reason),
            summary: format!("{} of {} failed: {reason}", name(kind), to.logical_id),
        }
    }

    /// The answer after a panic, whose message may hold anything.
    pub(crate) fn panicked(kind: RequestKind, to: &ReplyTo) -> Self {
        Self::not_done(kind, to, Fate::Unknown, &RequestFailure::Panicked.to_string())
    }

    /// The answer to an invalid request.
    pub(crate) fn refused(to: &ReplyTo, problem: &str) -> Self {
        let reason = format!("request_invalid: {problem}");
        Self::not_done(RequestKind::Create, to, Fate::Undone, &reason)
    }
}

fn made(to: &ReplyTo) -> String {
    format!("database-users/{}", to.logical_id)
}

fn has_nothing(to: &ReplyTo) -> bool {
    to.physical_id.as_ref().is_some_and(|id| id.starts_with(NOTHING_MADE))
}

fn name(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Create => "Create",
        RequestKind::Update => "Update",
        RequestKind::Delete => "Delete",
    }
}
