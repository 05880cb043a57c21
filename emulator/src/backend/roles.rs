//! The database roles of the proxy's users, in a temporary cluster.
//!
//! Owns making each user an ordinary role that can log in. A role that is there already stays as
//! it is, so that emulators can share a cluster. A server named by URL has its own roles.
//! <https://www.postgresql.org/docs/current/sql-createrole.html>

use std::fmt;

use tokio::io::AsyncWriteExt as _;

use super::{Login, OpenError, Session, Target};
use crate::answers::Refusal;
use crate::wire::backend::{self, tag};
use crate::wire::frontend::read_message;
use crate::wire::startup::Parameters;

/// The cluster's own superuser, as `keeper.sh` names it.
const SUPERUSER: &str = "postgres";

/// "The role exists": said by `CREATE ROLE`, or by its catalog's index when two race.
const EXISTS: [&str; 2] = ["42710", "23505"];

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

/// Makes a role of each name, unless there is one.
pub(crate) async fn create_roles(
    target: &Target,
    names: impl Iterator<Item = &str>,
) -> Result<(), RolesError> {
    let pair = |name: &str| (name.to_owned(), SUPERUSER.to_owned());
    let parameters = Parameters(vec![pair("user"), pair("database")]);
    let login = Login { user: SUPERUSER, password: None, parameters: &parameters };
    let mut session = Session::open(target, &login).await?;
    for name in names {
        let statement = format!("CREATE ROLE \"{}\" LOGIN", name.replace('"', "\"\""));
        match execute(&mut session, &statement).await {
            Err(RolesError::Refused(refusal)) if EXISTS.contains(&&*refusal.sqlstate) => {}
            outcome => outcome?,
        }
    }
    Ok(())
}

async fn execute(session: &mut Session, statement: &str) -> Result<(), RolesError> {
    let query = backend::message(b'Q', format!("{statement}\0").as_bytes());
    session.stream.write_all(&query).await.map_err(OpenError::from)?;
    let mut outcome = Ok(());
    loop {
        let message =
            read_message(&mut session.stream, MAX_MESSAGE).await.map_err(OpenError::from)?;
        match message.tag {
            tag::ERROR_RESPONSE => {
                outcome = Err(RolesError::Refused(backend::parse_error_response(&message.body)));
            }
            tag::READY_FOR_QUERY => return outcome,
            _ => {}
        }
    }
}
