//! Database sessions for clients that have logged in to the proxy.
//!
//! Owns opening one, at the login or later, and what the client hears if the database refuses. A
//! database that is unavailable is not a refusal.

use std::time::Duration;

use tokio::time::timeout;

use super::{Login, OpenError, Session, check_rds_iam};
use crate::answers;
use crate::end::End;
use crate::fault::Names;
use crate::login::Entry;
use crate::proxy::Visit;
use crate::wire::startup::Parameters;

/// How long a login at the database may take. After that the database counts as unavailable: a
/// proxy's client would wait for its `ConnectionBorrowTimeout`.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens sessions for one client.
#[derive(Clone, Copy)]
pub(crate) struct Lender<'a> {
    /// What the client logged in with.
    pub(crate) parameters: &'a Parameters,
    pub(crate) visit: &'a Visit,
}

impl Lender<'_> {
    /// A session; none if the database is unavailable.
    pub(crate) async fn lend(&self) -> Result<Option<Session>, End> {
        let user = Names::from(self.parameters).user;
        let opened = timeout(OPEN_TIMEOUT, self.open(user)).await.unwrap_or_else(|_elapsed| {
            Err(OpenError::Unavailable("the database does not answer".to_owned()))
        });
        match opened {
            Ok(session) => Ok(Some(session)),
            Err(OpenError::Refused(error)) => {
                let why = format!("the database refused the session: {}", error.cited());
                Err(End::Refused { refusal: answers::request_returned(&error), why })
            }
            Err(OpenError::NoReader) => {
                let why = "the endpoint has no reader".to_owned();
                Err(End::Refused { refusal: answers::no_reader(), why })
            }
            Err(error @ (OpenError::Unavailable(_) | OpenError::Method(_))) => {
                self.visit.log(&format_args!("no database connection for {user:?}: {error}"));
                Ok(None)
            }
        }
    }

    async fn open(&self, user: &str) -> Result<Session, OpenError> {
        let Self { parameters, visit } = self;
        let (target, scheme) = (&visit.endpoint.target, visit.proxy.options.auth_scheme);
        let entry = visit.proxy.users.get(user, scheme);
        if entry.is_some_and(|entry| entry.is_by_token(scheme)) {
            check_rds_iam(target, user).await?;
        }
        let login = Login { user, password: entry.and_then(Entry::password), parameters };
        Session::open(target, &login).await
    }
}
