//! One request carried out: from what CloudFormation asks to what it is told.
//!
//! Owns which physical id the answer has. It stays the same for as long as the resource lives: a
//! new one would make CloudFormation send a delete for the old one, which would drop the users.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes-update.html>

use std::sync::Arc;
use std::time::Duration;

use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::cloudformation::{Answer, ReplyTo, Request, RequestKind};
use rds_proxy_probe::config::{Config, DbName, SecretArn};
use rds_proxy_probe::diagnosis::diagnose;
use rds_proxy_probe::gate::{Waited, wait};
use rds_proxy_probe::probe::{self, ConfigFailure, Prober, Report};
use rds_proxy_probe::session::Session;
use rds_proxy_probe::token::Secrets;
use serde_json::Map;
use tokio::time::Instant;

use crate::apply::{Fate, NotApplied, Wanted, apply};
use crate::failure::Failure;
use crate::mark::Mark;
use crate::properties::{Properties, User};
use crate::secret::Reader;
use crate::stacks::Stacks;

/// Begins the physical id of a resource of which the database has nothing, so that its delete is
/// done at once, even where the database cannot be reached: CloudFormation sends one after a
/// create that failed. A logical id has letters and digits alone, so no other id begins so.
const NOTHING_MADE: &str = "nothing-made/";

/// Names of the stacks that are served, separated by commas; unset for all of the account's.
const STACK_NAMES: &str = "STACK_NAMES";

/// The AWS SDK's own variable: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
const SECRETS_ENDPOINT: &str = "AWS_ENDPOINT_URL_SECRETS_MANAGER";

/// What an environment variable holds.
pub(crate) type Variables = dyn Fn(&str) -> Option<String> + Send + Sync;

/// The function's surroundings.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) variables: Arc<Variables>,
    pub(crate) clock: Clock,
    /// The ARN of the function.
    pub(crate) function: String,
}

/// What a request comes to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) answer: Answer,
    /// The same in one sentence, for the log.
    pub(crate) summary: String,
}

/// What is to be done.
struct Task {
    database: DbName,
    users: Vec<User<SecretArn>>,
}

/// Carries it out, by `until` at the latest.
pub(crate) async fn carry_out(
    request: Request,
    surroundings: Surroundings,
    until: Instant,
) -> Outcome {
    let Request { kind, reply_to: to, .. } = &request;
    let task = match surroundings.admit(&request).and_then(|()| task(&request)) {
        Ok(Some(task)) => task,
        Ok(None) => return Outcome::done(*kind, to, "nothing had been made"),
        Err(failure) => return Outcome::not_done(*kind, to, Fate::Undone, &failure.to_string()),
    };
    let mark = Mark::new(&to.stack_id, &to.logical_id);
    let what = format!("{} user(s) in database {}", task.users.len(), task.database);
    let mut secrets = Secrets::default();
    match surroundings.perform(task, &mark, until, &mut secrets).await {
        Ok(()) => Outcome::done(*kind, to, &what),
        Err(NotApplied { failure, fate }) => {
            // A server may repeat what it was sent.
            Outcome::not_done(*kind, to, fate, &secrets.strike_out(&failure.to_string()))
        }
    }
}

/// What a request asks for; `None` when there is nothing to do.
fn task(request: &Request) -> Result<Option<Task>, Failure> {
    let database_before = || Properties::database(request.old_properties.as_ref()?);
    match request.kind {
        RequestKind::Create | RequestKind::Update => {
            let Properties { database, users } =
                Properties::parse(&request.properties).map_err(Failure::Properties)?;
            match database_before() {
                Some(before) if before != database => {
                    Err(Failure::DatabaseChanged { from: before, to: database })
                }
                Some(_) | None => Ok(Some(Task { database, users })),
            }
        }
        // Nothing can have been made in a database without a name.
        RequestKind::Delete => Ok(Properties::database(&request.properties)
            .filter(|_| !has_nothing(&request.reply_to))
            .map(|database| Task { database, users: Vec::new() })),
    }
}

impl Surroundings {
    /// Refuses the request of a stack that is not served. What made nothing may be deleted all the
    /// same, since that looks at nothing.
    fn admit(&self, request: &Request) -> Result<(), Failure> {
        if request.kind == RequestKind::Delete && has_nothing(&request.reply_to) {
            return Ok(());
        }
        let names = (self.variables)(STACK_NAMES);
        let served = Stacks::new(&self.function, names.as_deref()).map_err(Failure::NoFunction)?;
        if served.has(&request.reply_to.stack_id) {
            return Ok(());
        }
        Err(Failure::StackNotServed { stack: request.reply_to.stack_id.clone(), served })
    }

    /// `secrets` gets what must not be seen of the passwords.
    async fn perform(
        &self,
        task: Task,
        mark: &Mark,
        until: Instant,
        secrets: &mut Secrets,
    ) -> Result<(), NotApplied> {
        let Task { database, users } = task;
        let config = self.config(&database).map_err(NotApplied::undone)?;
        let endpoint = (self.variables)(SECRETS_ENDPOINT);
        let reader = Reader::new(&config, &self.clock, endpoint, until);
        let users = reader.read(users).await.map_err(|failure| {
            let config = Box::new(config.clone());
            NotApplied::undone(Failure::NoPassword { failure, config })
        })?;
        for user in &users {
            user.hide_in(secrets);
        }
        let session = self.sign_in(&config, until).await.map_err(NotApplied::undone)?;
        let wanted = Wanted { users: &users, database: &database, mark };
        apply(&session, &config, wanted, until).await
    }

    /// The probe's, with the database that the properties name.
    fn config(&self, database: &DbName) -> Result<Config, Failure> {
        let variable = |name: &str| match name {
            "DB_NAME" => Some(database.as_str().to_owned()),
            _ => (self.variables)(name),
        };
        Config::from_vars(variable).map_err(|problems| {
            let report = Report::not_begun(ConfigFailure::Variables(problems), Duration::ZERO);
            Failure::NoSession(diagnose(&report, None).map(Box::new))
        })
    }

    /// A session in that database.
    async fn sign_in(&self, config: &Config, until: Instant) -> Result<Session, Failure> {
        let started = Instant::now();
        let prober = Prober::new(config.clone(), self.clock.clone());
        let ends = Some(self.clock.now() + until.duration_since(started));
        // A new proxy's targets take minutes to be registered.
        let Waited { report, diagnosis, .. } = Box::pin(wait(&prober, &self.clock, ends)).await;
        if let probe::Outcome::Failed(_) = report.outcome() {
            return Err(Failure::NoSession(diagnosis.map(Box::new)));
        }
        prober
            .sign_in(ends)
            .await
            .map_err(|report| Failure::NoSession(diagnose(&report, Some(config)).map(Box::new)))
    }
}

impl Outcome {
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

    /// It failed, for this reason.
    pub(crate) fn not_done(kind: RequestKind, to: &ReplyTo, fate: Fate, reason: &str) -> Self {
        let id = match (&to.physical_id, fate) {
            (Some(id), _) => id.clone(),
            (None, Fate::Undone) => format!("{NOTHING_MADE}{}", to.logical_id),
            (None, Fate::Unknown) => made(to),
        };
        Self {
            answer: Answer::failure(&id, reason),
            summary: format!("{} of {} failed: {reason}", name(kind), to.logical_id),
        }
    }

    /// It was given up by a panic, whose message may hold anything.
    pub(crate) fn panicked(kind: RequestKind, to: &ReplyTo) -> Self {
        Self::not_done(kind, to, Fate::Unknown, &Failure::Panicked.to_string())
    }

    /// The request makes no sense.
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
