//! Brings the database to the desired state, as its engine does it.

use rds_proxy_probe::config::Config;
use rds_proxy_probe::session::Session;
use tokio::time::Instant;

use crate::change::{Fate, NotChanged, Wanted};
use crate::failure::RequestFailure;
use crate::mysql;
use crate::postgres;
use crate::statement::Deadline;

/// The change failed.
#[derive(Debug)]
pub(crate) struct NotApplied {
    pub(crate) failure: RequestFailure,
    pub(crate) fate: Fate,
}

impl NotApplied {
    pub(crate) fn undone(failure: RequestFailure) -> Self {
        Self { failure, fate: Fate::Undone }
    }
}

/// Applies the change, by `until` at the latest.
pub(crate) async fn apply(
    session: &mut Session,
    config: &Config,
    wanted: Wanted<'_>,
    until: Instant,
) -> Result<(), NotApplied> {
    let deadline = Deadline::new(until);
    let applied = match session {
        Session::PostgreSql(session) => postgres::apply(session, wanted, deadline).await,
        Session::MySql(session) => Box::pin(mysql::apply(session, wanted, deadline)).await,
    };
    applied.map_err(|NotChanged { refusal, fate }| {
        let config = Box::new(config.clone());
        NotApplied { failure: RequestFailure::Refused { refusal, config }, fate }
    })
}
