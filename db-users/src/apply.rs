//! Brings the database to the desired state, in one transaction: all of it or nothing.

use rds_proxy_probe::config::{Config, DbName};
use rds_proxy_probe::session::postgres::Session;
use tokio::time::Instant;

use crate::failure::RequestFailure;
use crate::mark::Mark;
use crate::plan::plan;
use crate::properties::User;
use crate::state::{State, elsewhere, not_granted, open_schema};
use crate::statement::Step;
use crate::transaction::{StatementFailure, Transaction};

/// The desired users, and where. Without users, all that the resource made are dropped.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) users: &'a [User],
    pub(crate) database: &'a DbName,
    pub(crate) mark: &'a Mark,
}

/// The change failed.
#[derive(Debug)]
pub(crate) struct NotApplied {
    pub(crate) failure: RequestFailure,
    pub(crate) fate: Fate,
}

/// What happened to the changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The database is unchanged.
    Undone,
    /// The commit was sent, but not answered.
    Unknown,
}

impl NotApplied {
    pub(crate) fn undone(failure: RequestFailure) -> Self {
        Self { failure, fate: Fate::Undone }
    }
}

/// Applies the change, by `until` at the latest.
pub(crate) async fn apply(
    session: &Session,
    config: &Config,
    wanted: Wanted<'_>,
    until: Instant,
) -> Result<(), NotApplied> {
    let of_statement =
        |failure| RequestFailure::Statement { failure, config: Box::new(config.clone()) };
    let transaction = Transaction::begin(session, until)
        .await
        .map_err(|failure| NotApplied::undone(of_statement(failure)))?;
    if let Err(error) = change(&transaction, wanted).await {
        transaction.roll_back().await;
        return Err(NotApplied::undone(match error {
            NotChanged::Statement(failure) => of_statement(failure),
            NotChanged::Refused(failure) => failure,
        }));
    }
    transaction
        .commit()
        .await
        .map_err(|failure| NotApplied { failure: of_statement(failure), fate: Fate::Unknown })
}

enum NotChanged {
    Statement(StatementFailure),
    Refused(RequestFailure),
}

impl From<StatementFailure> for NotChanged {
    fn from(failure: StatementFailure) -> Self {
        Self::Statement(failure)
    }
}

async fn change(transaction: &Transaction<'_>, wanted: Wanted<'_>) -> Result<(), NotChanged> {
    let Wanted { users, database, mark } = wanted;
    let refused = |failure| Err(NotChanged::Refused(failure));
    if !users.is_empty()
        && let Some(schema) = open_schema(transaction).await?
    {
        return refused(RequestFailure::OpenSchema { schema });
    }
    let state = State::read(transaction, users, mark).await?;
    let steps = match plan(users, &state, mark) {
        Ok(steps) => steps,
        Err(foreign) => return refused(RequestFailure::Foreign(foreign)),
    };
    let dropped: Vec<&str> = steps.iter().filter_map(Step::dropped).collect();
    if let Some(found) = elsewhere(transaction, mark, &dropped).await? {
        return refused(RequestFailure::Elsewhere(found));
    }
    for step in &steps {
        transaction.run(&step.doing(), &step.sql(mark, database)).await?;
    }
    for user in users {
        if let Some(object) = not_granted(transaction, user, database).await? {
            return refused(RequestFailure::NotGranted { user: user.name.to_string(), object });
        }
    }
    Ok(())
}
