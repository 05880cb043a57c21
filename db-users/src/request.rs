//! One request carried out: from what CloudFormation asks to what it is told.
//!
//! Owns which physical id the answer has. It stays the same for as long as the resource lives: a
//! new one would make CloudFormation send a delete for the old one, which would drop the users.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes-update.html>

use std::sync::Arc;

use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::cloudformation::{Answer, ReplyTo, Request, RequestKind};
use rds_proxy_probe::config::Config;
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
use crate::properties::{DatabaseName, Properties, User};

/// Begins the physical id of a resource of which the database has nothing, so that its delete is
/// done at once, even where the database cannot be reached: CloudFormation sends one after a
/// create that failed. A logical id has letters and digits alone, so no other id begins so.
const NOTHING_MADE: &str = "nothing-made/";

/// What an environment variable holds.
pub(crate) type Variables = dyn Fn(&str) -> Option<String> + Send + Sync;

/// The function's surroundings.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) variables: Arc<Variables>,
    pub(crate) clock: Clock,
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
    database: DatabaseName,
    users: Vec<User>,
}

/// Carries it out, by `until` at the latest.
pub(crate) async fn carry_out(
    request: Request,
    surroundings: Surroundings,
    until: Instant,
) -> Outcome {
    let Request { kind, reply_to: to, .. } = &request;
    let task = match task(&request) {
        Ok(Some(task)) => task,
        Ok(None) => return Outcome::done(*kind, to, "nothing had been made"),
        Err(failure) => return Outcome::not_done(*kind, to, Fate::Undone, &failure.to_string()),
    };
    let mark = Mark::new(&to.stack_id, &to.logical_id);
    match surroundings.perform(&task, &mark, until).await {
        Ok(()) => {
            let Task { users, database } = &task;
            let what = format!("{} user(s) in database {database}", users.len());
            Outcome::done(*kind, to, &what)
        }
        Err(NotApplied { failure, fate }) => {
            // A server may repeat what it was sent.
            let mut secrets = Secrets::default();
            task.users.iter().for_each(|user| user.hide_in(&mut secrets));
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
    async fn perform(&self, task: &Task, mark: &Mark, until: Instant) -> Result<(), NotApplied> {
        let Task { database, users } = task;
        let (config, session) = self.sign_in(database, until).await.map_err(NotApplied::undone)?;
        apply(&session, &config, Wanted { users, database, mark }, until).await
    }

    /// A session in the database that the properties name.
    async fn sign_in(
        &self,
        database: &DatabaseName,
        until: Instant,
    ) -> Result<(Config, Session), Failure> {
        let variable = |name: &str| match name {
            "DB_NAME" => Some(database.as_str().to_owned()),
            _ => (self.variables)(name),
        };
        let no_session = |report: &Report, config: Option<&Config>| {
            Failure::NoSession(diagnose(report, config).map(Box::new))
        };
        let started = Instant::now();
        let config = Config::from_vars(variable).map_err(|problems| {
            let failure = ConfigFailure::Variables(problems);
            no_session(&Report::not_begun(failure, started.elapsed()), None)
        })?;
        let prober = Prober::new(config.clone(), self.clock.clone());
        let ends = Some(self.clock.now() + until.duration_since(started));
        // A new proxy's targets take minutes to be registered.
        let Waited { report, diagnosis, .. } = Box::pin(wait(&prober, &self.clock, ends)).await;
        if let probe::Outcome::Failed(_) = report.outcome() {
            return Err(Failure::NoSession(diagnosis.map(Box::new)));
        }
        match prober.sign_in(ends).await {
            Ok(session) => Ok((config, session)),
            Err(report) => Err(no_session(&report, Some(&config))),
        }
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
