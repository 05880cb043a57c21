//! What a server's error means when only its text is known, as a driver or a log quotes it.

use tokio_postgres::error::SqlState;

use super::server::{Phase, of_text, read};
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
    // A text that belongs to a login or to a session says so; an SQLSTATE alone does not.
    let at_login = read(&error, Phase::Login).code?;
    let in_session = of_text(message).map_or_else(
        || read(&error, Phase::Statement).code,
        |(_, code)| matches!(code, Code::QueryTimeout | Code::ConnectionLost).then_some(code),
    );
    let refused = WireError::Refused(error);
    let failure = if in_session.is_some_and(|code| code != at_login) {
        Failure::Query(StepError::Failed(QueryError::Wire(refused)))
    } else {
        Failure::Authenticate(StepError::Failed(AuthenticateError::Wire(refused)))
    };
    Some(of_failure(&failure, facts))
}
