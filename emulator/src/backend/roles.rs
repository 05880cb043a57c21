//! The database roles of the proxy's users, in a temporary cluster.
//!
//! Owns making each user an ordinary role that can log in. A role that is there already stays as
//! it is, so that emulators can share a cluster. A server named by URL has its own roles.
//! <https://www.postgresql.org/docs/current/sql-createrole.html>

use std::fmt;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;

use super::{Login, OpenError, Session, Target};
use crate::answers::{Refusal, rare};
use crate::wire::backend::{self, tag};
use crate::wire::frontend::read_message;
use crate::wire::startup::Parameters;

/// The cluster's own superuser, as `keeper.sh` names it.
const SUPERUSER: &str = "postgres";

/// "The role exists": said by `CREATE ROLE`, or by its catalog's index when two race.
const EXISTS: [&str; 2] = ["42710", "23505"];

/// The group role whose members log in by IAM.
const RDS_IAM: &str = "rds_iam";

/// How often and how many times a standby is looked at: for ten seconds.
const PAUSE: Duration = Duration::from_millis(10);
const LOOKS: u32 = 1_000;

const MAX_MESSAGE: u32 = 1024 * 1024;

/// Why a role could not be made.
#[derive(Debug)]
pub enum RolesError {
    /// The cluster does not let us in.
    Login(String),
    /// The cluster refused the statement.
    Refused(Refusal),
}

impl fmt::Display for RolesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Login(why) => write!(f, "cannot log in to the cluster: {why}"),
            Self::Refused(refusal) => write!(f, "cannot create a role: {}", refusal.message),
        }
    }
}

impl std::error::Error for RolesError {}

impl From<OpenError> for RolesError {
    fn from(error: OpenError) -> Self {
        Self::Login(error.to_string())
    }
}

/// Makes a role of each name, unless there is one. Those of `holders` get `rds_iam`, as a database
/// needs it for logins by IAM:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.DBAccounts.html>.
pub(crate) async fn create_roles<'a>(
    target: &Target,
    names: impl Iterator<Item = &'a str>,
    holders: impl Iterator<Item = &'a str>,
) -> Result<(), RolesError> {
    let roles = names.map(|name| format!("CREATE ROLE {} LOGIN", identifier(name)));
    let group = std::iter::once(format!("CREATE ROLE {RDS_IAM} NOLOGIN"));
    let grants = holders.map(|name| format!("GRANT {RDS_IAM} TO {}", identifier(name)));
    let mut session = log_in(target).await?;
    for statement in roles.chain(group).chain(grants) {
        match execute(&mut session, &statement).await {
            Err(RolesError::Refused(refusal)) if EXISTS.contains(&&*refusal.sqlstate) => {}
            outcome => drop(outcome?),
        }
    }
    Ok(())
}

/// Waits until a standby has every role too: it follows the primary a moment later, and a login
/// there must not fail for coming early.
pub(crate) async fn wait_for_roles<'a>(
    standby: &Target,
    names: impl Iterator<Item = &'a str>,
) -> Result<(), RolesError> {
    let mut session = log_in(standby).await?;
    for name in names {
        let name = name.replace('\'', "''");
        let statement = format!("SELECT FROM pg_roles WHERE rolname = '{name}'");
        let mut looks = 0;
        while execute(&mut session, &statement).await? == 0 {
            looks += 1;
            if looks == LOOKS {
                return Err(RolesError::Login("the standby does not follow".to_owned()));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(())
}

/// Refuses a user whose role does not hold `rds_iam`, itself or through another role, as a database
/// of RDS does when a token comes for it. A superuser holds every role; RDS has no superusers. Only a
/// cluster of our own is asked; a server by URL judges for itself.
/// <https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-ACCESS>
pub(crate) async fn check_rds_iam(target: &Target, user: &str) -> Result<(), OpenError> {
    if !matches!(target, Target::Socket(_)) {
        return Ok(());
    }
    let unavailable = |error: RolesError| OpenError::Unavailable(error.to_string());
    let mut session = log_in(target).await.map_err(unavailable)?;
    let statement = format!(
        "SELECT FROM pg_roles AS held, pg_roles AS holder \
         WHERE held.rolname = '{RDS_IAM}' AND holder.rolname = '{}' \
         AND pg_has_role(holder.oid, held.oid, 'MEMBER')",
        user.replace('\'', "''")
    );
    match execute(&mut session, &statement).await.map_err(unavailable)? {
        0 => Err(OpenError::Refused(rare::pam_failed(user))),
        _ => Ok(()),
    }
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

async fn log_in(target: &Target) -> Result<Session, RolesError> {
    let pair = |name: &str| (name.to_owned(), SUPERUSER.to_owned());
    let parameters = Parameters(vec![pair("user"), pair("database")]);
    let login = Login { user: SUPERUSER, password: None, parameters: &parameters };
    Ok(Session::open(target, &login).await?)
}

/// Runs a statement; returns its number of rows.
async fn execute(session: &mut Session, statement: &str) -> Result<usize, RolesError> {
    let query = backend::message(b'Q', format!("{statement}\0").as_bytes());
    session.stream.write_all(&query).await.map_err(OpenError::from)?;
    let mut outcome = Ok(0);
    loop {
        let message =
            read_message(&mut session.stream, MAX_MESSAGE).await.map_err(OpenError::from)?;
        match message.tag {
            tag::DATA_ROW => outcome = outcome.map(|rows| rows + 1),
            tag::ERROR_RESPONSE => {
                outcome = Err(RolesError::Refused(backend::parse_error_response(&message.body)));
            }
            tag::READY_FOR_QUERY => return outcome,
            _ => {}
        }
    }
}
