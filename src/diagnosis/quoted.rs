//! What a server's error means when only its text is known, as a driver or a log quotes it.

use super::server::{Phase, step_of};
use super::{Diagnosis, Facts, of_failure};
use crate::health::QueryError;
use crate::probe::{Failure, StepError};
use crate::session::{AuthenticateError, ServerError, WireError};

/// The diagnosis of a server's error by its text and code; `None` if neither is known.
pub fn of_server_error(error: ServerError, facts: &Facts<'_>) -> Option<Diagnosis> {
    let failure = match step_of(&error)? {
        Phase::Login => Failure::Authenticate(StepError::Failed(AuthenticateError::Wire(
            WireError::Refused(error),
        ))),
        Phase::Statement => {
            Failure::Query(StepError::Failed(QueryError::Wire(WireError::Refused(error))))
        }
    };
    Some(of_failure(&failure, facts))
}
