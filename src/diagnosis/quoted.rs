//! What a server's error means when only its text is known, as a driver or a log quotes it.

use tokio_postgres::error::SqlState;

use super::server::{Phase, read};
use super::{Code, Diagnosis, Facts, of_failure};
use crate::health::QueryError;
use crate::probe::{Failure, StepError};
use crate::session::{AuthenticateError, ServerError, WireError};

/// The diagnosis of a server's error by its text and SQLSTATE; `None` if neither is known.
pub fn of_server_error(
    message: &str,
    sqlstate: Option<&str>,
    facts: &Facts<'_>,
) -> Option<Diagnosis> {
    let sqlstate = sqlstate.map(SqlState::from_code);
    let error = ServerError { sqlstate, message: message.to_owned() };
    let code = read(&error, Phase::Statement).code.or_else(|| read(&error, Phase::Login).code)?;
    let refused = WireError::Refused(error);
    // A login does not end with these: a session that was open does.
    let failure = if matches!(code, Code::QueryTimeout | Code::ConnectionLost) {
        Failure::Query(StepError::Failed(QueryError::Wire(refused)))
    } else {
        Failure::Authenticate(StepError::Failed(AuthenticateError::Wire(refused)))
    };
    Some(of_failure(&failure, facts))
}
