//! Why a request failed, and the reason that its sender gets: a code, a sentence with the facts, and
//! what to do. All sentences are made here.

use std::fmt;

use rds_proxy_probe::clock::human_duration;
use rds_proxy_probe::config::{AuthMethod, Config, Engine};
use rds_proxy_probe::diagnosis::{Code, Diagnosis, Facts, of_failure};
use rds_proxy_probe::health::QueryError;
use rds_proxy_probe::probe::{self, StepError};
use rds_proxy_probe::session::{ErrorCode, ServerError, WireError};
use rds_proxy_probe::token::{RefusalKind, SecretError};
use tokio_postgres::error::SqlState;

use crate::change::{Elsewhere, Foreign, Refusal};
use crate::properties::{Place, Problems};
use crate::secret::{Cause, NoPassword};
use crate::stacks::Stacks;
use crate::statement::{StatementCause, StatementFailure};

/// Why a request failed.
#[derive(Debug)]
pub(crate) enum RequestFailure {
    /// The properties are invalid.
    Properties(Problems),
    /// The function does not serve the stack.
    StackNotServed { stack: String, served: Stacks },
    /// The function serves listed stacks alone, and no stack asked.
    StacksAlone { stacks: String },
    /// The function does not know which stacks it serves.
    NoFunction(String),
    /// A user's password could not be read.
    NoPassword { failure: Box<NoPassword>, config: Box<Config> },
    /// An update names another database than before.
    DatabaseChanged { from: Place, to: Place },
    /// There is no session; with the probe's diagnosis, if there is one.
    NoSession(Option<Box<Diagnosis>>),
    /// The database was not changed.
    Refused { refusal: Refusal, config: Box<Config> },
    /// A dependency panicked.
    Panicked,
}

/// A failure in words.
struct Words {
    code: &'static str,
    summary: String,
    remedy: String,
}

impl Words {
    fn new(code: &'static str, summary: String, remedy: impl Into<String>) -> Self {
        Self { code, summary, remedy: remedy.into() }
    }

    fn of(diagnosis: &Diagnosis) -> Self {
        let remedy = diagnosis.causes.first().map(|cause| cause.remedy.as_str());
        let code = diagnosis.code.as_str();
        Self::new(code, diagnosis.summary.clone(), remedy.unwrap_or_default())
    }
}

impl fmt::Display for RequestFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Words { code, summary, remedy } = self.words();
        write!(f, "{code}: {summary} {remedy}")
    }
}

impl RequestFailure {
    fn words(&self) -> Words {
        match self {
            Self::Properties(problems) => {
                let summary = format!("The properties are invalid: {problems}.");
                Words::new("properties_invalid", summary, "Correct them.")
            }
            Self::StackNotServed { stack, served } => Words::new(
                "stack_not_served",
                format!("The function does not serve the stack \"{stack}\", only {served}."),
                "Deploy the function in the stack's own account and region, and add the stack's \
                 name to StackNames of infra/db-users.yaml if that lists any.",
            ),
            Self::StacksAlone { stacks } => Words::new(
                "stack_not_served",
                format!("The function serves the stacks {stacks:?} alone, and Terraform has none."),
                "Deploy another function for Terraform, without STACK_NAMES.",
            ),
            Self::NoFunction(problem) => {
                let summary = format!("The invocation is invalid: {problem}.");
                Words::new("request_invalid", summary, "Invoke it through AWS Lambda.")
            }
            Self::NoPassword { failure, config } => of_no_password(failure, config),
            Self::DatabaseChanged { from, to } => Words::new(
                "database_changed",
                format!("The users are in {from} and cannot move to {to}."),
                "Remove the resource in one deployment, and add it with the other database in the \
                 next.",
            ),
            Self::NoSession(Some(diagnosis)) => Words::of(diagnosis),
            Self::NoSession(None) => {
                Words::new("no_session", "There is no session.".to_owned(), "Try again.")
            }
            Self::Refused { refusal, config } => of_refusal(refusal, config),
            Self::Panicked => {
                let summary = "The function has a defect.".to_owned();
                Words::new("panicked", summary, "Look at its log, which has the location.")
            }
        }
    }
}

fn of_refusal(refusal: &Refusal, config: &Config) -> Words {
    match refusal {
        Refusal::Statement(failure) => of_statement(failure, config),
        Refusal::Foreign(foreign) => of_foreign(foreign),
        Refusal::OpenSchema { schema } => of_open_schema(schema),
        Refusal::NoSchema { schema } => Words::new(
            "schema_not_found",
            format!(
                "The schema {schema:?} does not exist, and MySQL would grant on it all the same."
            ),
            "Correct Schemas, or create the schema first.",
        ),
        Refusal::NotGranted { user, object } => Words::new(
            "not_granted",
            format!("The master user isn't allowed to grant {user} all privileges on {object}."),
            MEMBERSHIP,
        ),
        Refusal::Elsewhere(Elsewhere { role, database, objects }) => Words::new(
            "objects_elsewhere",
            format!(
                "The user {role:?} owns or may use {objects} object(s) in the database \
                 {database:?}, so it cannot be dropped from here."
            ),
            format!(
                "Run in the database {database:?}: REASSIGN OWNED BY {role:?} TO CURRENT_USER; \
                 DROP OWNED BY {role:?}"
            ),
        ),
        Refusal::Definer { user, object } => Words::new(
            "user_is_definer",
            format!(
                "The user {user:?} is the definer of {object}, which would stop working without it."
            ),
            "Drop that object, or create it again with another definer.",
        ),
    }
}

fn of_open_schema(schema: &str) -> Words {
    let summary =
        format!("Every user may create objects in the schema {schema:?}, whatever its grant.");
    let remedy = format!(
        "Revoke that as the schema's owner, once nothing else needs it: REVOKE CREATE ON SCHEMA \
         {schema:?} FROM PUBLIC"
    );
    Words::new("schema_open", summary, remedy)
}

fn of_no_password(failure: &NoPassword, config: &Config) -> Words {
    let NoPassword { user, secret, cause } = failure;
    let failure = match cause {
        Cause::NotRead(failure) => failure,
        Cause::OtherUser => {
            let summary =
                format!("The secret \"{secret}\" is not for {user}: its username differs.");
            return Words::new(Code::SecretMalformed.as_str(), summary, WRITE_THE_SECRET);
        }
    };
    // The probe's words for a secret, of the user's instead of the function's own.
    let auth = AuthMethod::Secret { secret: secret.clone() };
    let config = Config { auth, ..config.clone() };
    let diagnosis = of_failure(failure, &Facts { config: Some(&config), ..Facts::default() });
    let Some(remedy) = remedy(failure) else { return Words::of(&diagnosis) };
    let summary = format!("The password of {user} can't be read. {}", diagnosis.summary);
    Words::new(diagnosis.code.as_str(), summary, remedy)
}

/// What helps if a secret was not read; `None` if the function's own keys are the problem.
fn remedy(failure: &probe::Failure) -> Option<&'static str> {
    match failure {
        probe::Failure::Secret(StepError::Failed(error)) => match error {
            SecretError::KeysExpired(_) => None,
            SecretError::Denied(_) => Some(ALLOW_THE_SECRET),
            SecretError::NotFound(_) => Some("Correct SecretArn."),
            SecretError::Malformed(_) => Some(WRITE_THE_SECRET),
            SecretError::Failed(refusal) if refusal.kind() == RefusalKind::Unanswered => {
                Some(PATH_TO_SECRETS)
            }
            SecretError::Failed(_) => Some(READ_THE_WORDS),
        },
        probe::Failure::Secret(StepError::TimedOut { .. }) => Some(PATH_TO_SECRETS),
        probe::Failure::Config(_)
        | probe::Failure::Credentials(_)
        | probe::Failure::Sign(_)
        | probe::Failure::Resolve(_)
        | probe::Failure::Connect(_)
        | probe::Failure::Tls(_)
        | probe::Failure::Authenticate(_)
        | probe::Failure::Query(_) => None,
    }
}

/// The permission that the function's role needs for a secret.
const ALLOW_THE_SECRET: &str = "Add the secret to SecretArns of infra/db-users.yaml, and its key \
                                to SecretKeyArn if it is one of your own.";

/// The form that RDS Proxy reads:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-secrets-arns.html>.
const WRITE_THE_SECRET: &str =
    "Make it JSON with the user's name as \"username\", and \"password\".";

/// What a function in private subnets needs.
const PATH_TO_SECRETS: &str = "Give the function's subnets an interface endpoint of Secrets \
                              Manager with private DNS, or NAT.";

/// What to do after any other answer.
const READ_THE_WORDS: &str =
    "Correct what the message of AWS Secrets Manager says; after a temporary fault, deploy again.";

/// What a master user, which is not a superuser, needs to grant on other users' objects.
const MEMBERSHIP: &str = "Make the master user its owner, or a member of the owner: GRANT owner TO \
                          master";

fn of_foreign(Foreign { name, owner }: &Foreign) -> Words {
    let (whose, remedy) = match owner {
        Some(owner) => (
            format!("was made by {owner}"),
            "Choose another name, or list the user in only one resource. If the stack no longer \
             exists, drop the user.",
        ),
        None => (
            "was not made by this resource".to_owned(),
            "Choose another name, or drop the user if nothing needs it.",
        ),
    };
    let summary =
        format!("The user {name:?} exists already and {whose}: it is neither changed nor dropped.");
    Words::new("user_exists", summary, remedy)
}

fn of_statement(failure: &StatementFailure, config: &Config) -> Words {
    let doing = &failure.doing;
    match &failure.cause {
        StatementCause::Statement(WireError::Refused(server)) => of_error(doing, server, config),
        StatementCause::Statement(WireError::Lost { .. }) => Words::new(
            Code::ConnectionLost.as_str(),
            format!("The connection was lost while {doing}."),
            "Try again.",
        ),
        StatementCause::Statement(WireError::Protocol(problem))
        | StatementCause::Foreign(problem) => Words::new(
            "statement_failed",
            format!("The server broke the protocol while {doing}: {problem}."),
            format!("Check that DB_HOST leads to a {} server.", config.engine),
        ),
        StatementCause::TimedOut { after } => {
            let locks = match config.engine {
                Engine::PostgreSql => "pg_stat_activity",
                Engine::MySql => "SHOW PROCESSLIST",
            };
            Words::new(
                "statement_timeout",
                format!("The time ran out after {} while {doing}.", human_duration(*after)),
                format!("Look for a lock in {locks}, or give the function a longer timeout."),
            )
        }
    }
}

/// An error that the probe knows has its diagnosis, unless it means something else in a statement
/// about users; of all others only the server's message is known.
fn of_error(doing: &str, server: &ServerError, config: &Config) -> Words {
    let ServerError { code, message } = server;
    let remedy = match code {
        ErrorCode::PostgreSql(Some(SqlState::INSUFFICIENT_PRIVILEGE)) => Some(MEMBERSHIP),
        ErrorCode::PostgreSql(_) => None,
        ErrorCode::MySql { number, .. } => remedy_of_mysql(*number),
    };
    let facts = Facts { config: Some(config), ..Facts::default() };
    let failure = probe::Failure::Query(StepError::Failed(QueryError::Wire(WireError::Refused(
        server.clone(),
    ))));
    let diagnosis = of_failure(&failure, &facts);
    if remedy.is_none() && diagnosis.code != Code::QueryFailed {
        return Words::of(&diagnosis);
    }
    let summary = format!("The database rejected {doing}: {message} ({code}).");
    let remedy = remedy.unwrap_or("Correct what the message says, and deploy again.");
    Words::new("statement_refused", summary, remedy)
}

/// What helps after an error of MySQL's in a statement about users, by its number.
/// <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html>
fn remedy_of_mysql(number: u16) -> Option<&'static str> {
    match number {
        // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.DBAccounts.html
        1524 => Some(
            "Enable IAM database authentication on the cluster or instance: it has no plugin for it \
             until then.",
        ),
        1044 | 1142 | 1227 | 1410 => Some(
            "Give the master user that privilege WITH GRANT OPTION, or log in as one that has it.",
        ),
        1396 => Some(
            "Look for an object whose definer has that name: MySQL creates and drops no such user.",
        ),
        _ => None,
    }
}
