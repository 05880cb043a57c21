//! Handles one request: from CloudFormation's request to the answer.
//!
//! It chooses the answer's physical id, which stays the same as long as the resource exists: after a
//! new one CloudFormation would send a delete for the old one, which would drop the users.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes-update.html>

use std::sync::Arc;
use std::time::Duration;

use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::cloudformation::{Answer, ReplyTo, Request, RequestKind};
use rds_proxy_probe::config::{Config, SecretArn};
use rds_proxy_probe::diagnosis::diagnose;
use rds_proxy_probe::gate::{Waited, time_to_probe, wait};
use rds_proxy_probe::probe::{self, ConfigFailure, Prober, Report};
use rds_proxy_probe::session::Session;
use rds_proxy_probe::token::Secrets;
use serde_json::Map;
use tokio::time::Instant;

use crate::apply::{NotApplied, apply};
use crate::change::{Fate, Wanted};
use crate::failure::RequestFailure;
use crate::mark::Mark;
use crate::properties::{Place, Properties, User};
use crate::secret::Reader;
use crate::stacks::Stacks;

/// Begins the physical id of a resource that has made nothing, so that its delete succeeds at once,
/// even if the database is unreachable: CloudFormation sends one after a failed create. A logical id
/// has only letters and digits, so no other id begins like this.
const NOTHING_MADE: &str = "nothing-made/";

/// What CloudFormation repairs when it rolls back, by a request with the old properties.
const PARTLY_CHANGED: &str =
    " Users that existed before have some of the changes: MySQL commits each statement.";

/// Names of the stacks that are served, separated by commas; unset: all of the account.
const STACK_NAMES: &str = "STACK_NAMES";

/// The AWS SDK's own variable: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
const SECRETS_ENDPOINT: &str = "AWS_ENDPOINT_URL_SECRETS_MANAGER";

/// Looks up an environment variable.
pub(crate) type Variables = dyn Fn(&str) -> Option<String> + Send + Sync;

/// What the function gets from its process.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) variables: Arc<Variables>,
    pub(crate) clock: Clock,
    /// The ARN of the function.
    pub(crate) function: String,
}

/// The result of a request.
#[derive(Debug)]
pub(crate) struct RequestOutcome {
    pub(crate) answer: Answer,
    /// The same in one sentence, for the log.
    pub(crate) summary: String,
}

/// What to do.
struct Task {
    place: Place,
    users: Vec<User<SecretArn>>,
}

/// Handles a request, by `until` at the latest.
pub(crate) async fn carry_out(
    request: Request,
    surroundings: Surroundings,
    until: Instant,
) -> RequestOutcome {
    let Request { kind, reply_to: to, .. } = &request;
    let task = match surroundings.admit(&request).and_then(|()| task(&request)) {
        Ok(Some(task)) => task,
        Ok(None) => return RequestOutcome::done(*kind, to, "there was nothing to drop"),
        Err(failure) => {
            return RequestOutcome::not_done(*kind, to, Fate::Undone, &failure.to_string());
        }
    };
    let mark = Mark::new(&to.stack_id, &to.logical_id);
    let what = format!("{} user(s) in {}", task.users.len(), task.place);
    let mut secrets = Secrets::default();
    match surroundings.perform(task, &mark, until, &mut secrets).await {
        Ok(()) => RequestOutcome::done(*kind, to, &what),
        Err(NotApplied { failure, fate }) => {
            // A server may repeat what it was sent.
            RequestOutcome::not_done(*kind, to, fate, &secrets.strike_out(&failure.to_string()))
        }
    }
}

/// What a request asks for; `None` when there is nothing to do.
fn task(request: &Request) -> Result<Option<Task>, RequestFailure> {
    let place_before = || Place::of(request.old_properties.as_ref()?);
    match request.kind {
        RequestKind::Create | RequestKind::Update => {
            let Properties { place, users } =
                Properties::parse(&request.properties).map_err(RequestFailure::Properties)?;
            match place_before() {
                Some(before) if before != place => {
                    Err(RequestFailure::DatabaseChanged { from: before, to: place })
                }
                Some(_) | None => Ok(Some(Task { place, users })),
            }
        }
        // Without a database's name nothing was made.
        RequestKind::Delete => Ok(Place::of(&request.properties)
            .filter(|_| !has_nothing(&request.reply_to))
            .map(|place| Task { place, users: Vec::new() })),
    }
}

impl Surroundings {
    /// Rejects the request of a stack that is not served. A resource that made nothing may still be
    /// deleted, since that does not use the database.
    fn admit(&self, request: &Request) -> Result<(), RequestFailure> {
        if request.kind == RequestKind::Delete && has_nothing(&request.reply_to) {
            return Ok(());
        }
        let names = (self.variables)(STACK_NAMES);
        let served =
            Stacks::new(&self.function, names.as_deref()).map_err(RequestFailure::NoFunction)?;
        if served.has(&request.reply_to.stack_id) {
            return Ok(());
        }
        Err(RequestFailure::StackNotServed { stack: request.reply_to.stack_id.clone(), served })
    }

    /// The passwords' secrets are added to `secrets`.
    async fn perform(
        &self,
        task: Task,
        mark: &Mark,
        until: Instant,
        secrets: &mut Secrets,
    ) -> Result<(), NotApplied> {
        let Task { place, users } = task;
        let config = self.config(&place).map_err(NotApplied::undone)?;
        let endpoint = (self.variables)(SECRETS_ENDPOINT);
        let reader = Reader::new(&config, &self.clock, endpoint, until);
        let users = reader.read(users).await.map_err(|failure| {
            let config = Box::new(config.clone());
            NotApplied::undone(RequestFailure::NoPassword { failure, config })
        })?;
        for user in &users {
            user.hide_in(secrets);
        }
        let mut session = self.log_in(&config, until).await.map_err(NotApplied::undone)?;
        let wanted = Wanted { users: &users, database: &place.database, mark };
        apply(&mut session, &config, wanted, until).await
    }

    /// The probe's, with the engine and the database that the properties name.
    fn config(&self, place: &Place) -> Result<Config, RequestFailure> {
        let variable = |name: &str| match name {
            "DB_NAME" => Some(place.database.as_str().to_owned()),
            "DB_ENGINE" => Some(place.engine.as_str().to_owned()),
            _ => (self.variables)(name),
        };
        Config::from_vars(variable).map_err(|problems| {
            let report = Report::not_begun(ConfigFailure::Variables(problems), Duration::ZERO);
            RequestFailure::NoSession(diagnose(&report, None).map(Box::new))
        })
    }

    /// A session in that database.
    async fn log_in(&self, config: &Config, until: Instant) -> Result<Session, RequestFailure> {
        let started = Instant::now();
        let prober = Prober::new(config.clone(), self.clock.clone());
        let ends = Some(self.clock.now() + until.duration_since(started));
        // A new proxy's targets take minutes to be registered.
        let Waited { report, diagnosis, .. } = {
            let left = time_to_probe(self.clock.now(), ends);
            Box::pin(wait(&prober, &self.clock, left)).await
        };
        if let probe::Outcome::Failed(_) = report.outcome() {
            return Err(RequestFailure::NoSession(diagnosis.map(Box::new)));
        }
        let opened = prober.open_session(ends).await;
        opened.map_err(|report| {
            RequestFailure::NoSession(diagnose(&report, Some(config)).map(Box::new))
        })
    }
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
        let kept = match fate {
            Fate::Partly => PARTLY_CHANGED,
            Fate::Undone | Fate::Unknown => "",
        };
        let reason = &format!("{reason}{kept}");
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
