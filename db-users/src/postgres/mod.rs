//! PostgreSQL's part: one transaction, all of it or nothing.

mod plan;
mod state;
mod statement;
mod transaction;

use rds_proxy_probe::session::postgres::Session;

use crate::change::{Fate, NotChanged, Refusal, Wanted};
use crate::statement::Deadline;
use plan::plan;
use state::{State, elsewhere, not_granted, open_schema};
use statement::Step;
use transaction::Transaction;

/// Applies the change.
pub(crate) async fn apply(
    session: &Session,
    wanted: Wanted<'_>,
    deadline: Deadline,
) -> Result<(), NotChanged> {
    let transaction = Transaction::begin(session, deadline).await.map_err(NotChanged::undone)?;
    if let Err(refusal) = change(&transaction, wanted).await {
        transaction.roll_back().await;
        return Err(NotChanged::undone(refusal));
    }
    let committed = transaction.commit().await;
    committed.map_err(|failure| NotChanged { refusal: failure.into(), fate: Fate::Unknown })
}

async fn change(transaction: &Transaction<'_>, wanted: Wanted<'_>) -> Result<(), Refusal> {
    let Wanted { users, database, mark } = wanted;
    if !users.is_empty()
        && let Some(schema) = open_schema(transaction).await?
    {
        return Err(Refusal::OpenSchema { schema });
    }
    let state = State::read(transaction, users, mark).await?;
    let steps = plan(users, &state, mark)?;
    let dropped: Vec<&str> = steps.iter().filter_map(Step::dropped).collect();
    if let Some(found) = elsewhere(transaction, mark, &dropped).await? {
        return Err(Refusal::Elsewhere(found));
    }
    for step in &steps {
        transaction.run(&step.doing(), &step.sql(mark, database)).await?;
    }
    for user in users {
        if let Some(object) = not_granted(transaction, user, database).await? {
            return Err(Refusal::NotGranted { user: user.name.to_string(), object });
        }
    }
    Ok(())
}
