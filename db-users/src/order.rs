//! An order: which users there should be in a database. CloudFormation and Terraform ask for the same
//! in different words, and it is carried out here.

use std::sync::Arc;
use std::time::Duration;

use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::cloudformation::RequestKind;
use rds_proxy_probe::config::{Config, SecretArn};
use rds_proxy_probe::diagnosis::diagnose;
use rds_proxy_probe::gate::{Waited, time_to_probe, wait};
use rds_proxy_probe::probe::{self, ConfigFailure, Prober, Report};
use rds_proxy_probe::session::Session;
use rds_proxy_probe::token::Secrets;
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::apply::{NotApplied, apply};
use crate::change::{Fate, Wanted};
use crate::failure::RequestFailure;
use crate::mark::Mark;
use crate::properties::{Place, Properties, User};
use crate::secret::Reader;

/// Why a failed update is to be followed by another request.
const PARTLY_CHANGED: &str =
    " Users that existed before have some of the changes: MySQL commits each statement.";

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

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) kind: RequestKind,
    pub(crate) properties: Map<String, Value>,
    /// Those of before; only with an update.
    pub(crate) old_properties: Option<Map<String, Value>>,
    /// What is kept with the users.
    pub(crate) mark: Mark,
}

/// Why it was not carried out.
#[derive(Debug)]
pub(crate) struct NotDone {
    /// A code, a sentence, and what to do.
    pub(crate) reason: String,
    pub(crate) fate: Fate,
}

/// What to do.
struct Task {
    place: Place,
    users: Vec<User<SecretArn>>,
}

impl Order {
    /// Carries it out, by `until` at the latest; returns what was done.
    pub(crate) async fn carry_out(
        self,
        surroundings: &Surroundings,
        until: Instant,
    ) -> Result<String, NotDone> {
        let Some(task) = self.task()? else { return Ok("there was nothing to drop".to_owned()) };
        let what = format!("{} user(s) in {}", task.users.len(), task.place);
        let mut secrets = Secrets::default();
        match surroundings.perform(task, &self.mark, until, &mut secrets).await {
            Ok(()) => Ok(what),
            Err(NotApplied { failure, fate }) => {
                let kept = match fate {
                    Fate::Partly => PARTLY_CHANGED,
                    Fate::Undone | Fate::Unknown => "",
                };
                // A server may repeat what it was sent.
                let reason = secrets.strike_out(&failure.to_string());
                Err(NotDone { reason: format!("{reason}{kept}"), fate })
            }
        }
    }

    /// `None` when there is nothing to do.
    fn task(&self) -> Result<Option<Task>, RequestFailure> {
        let place_before = || Place::of(self.old_properties.as_ref()?);
        match self.kind {
            RequestKind::Create | RequestKind::Update => {
                let Properties { place, users } =
                    Properties::parse(&self.properties).map_err(RequestFailure::Properties)?;
                match place_before() {
                    Some(before) if before != place => {
                        Err(RequestFailure::DatabaseChanged { from: before, to: place })
                    }
                    Some(_) | None => Ok(Some(Task { place, users })),
                }
            }
            // Without a database's name nothing was made.
            RequestKind::Delete => {
                Ok(Place::of(&self.properties).map(|place| Task { place, users: Vec::new() }))
            }
        }
    }
}

/// A failure before the database is used.
impl From<RequestFailure> for NotDone {
    fn from(failure: RequestFailure) -> Self {
        Self { reason: failure.to_string(), fate: Fate::Undone }
    }
}

impl Surroundings {
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
