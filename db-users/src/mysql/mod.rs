//! MySQL's part, and MariaDB's.
//!
//! Both commit each statement about users at once, so there is no transaction: one request at a
//! time changes users, what can be undone comes first, and after a failure it is undone.
//! <https://dev.mysql.com/doc/refman/8.4/en/implicit-commit.html>

mod marks;
mod plan;
mod quote;
mod state;
mod statement;
mod turn;

use rds_proxy_probe::session::mysql::Session;

use crate::change::{Fate, NotChanged, Refusal, Wanted};
use crate::statement::{Deadline, StatementFailure};
use marks::Marks;
use plan::plan;
use state::{State, definer, missing_schema};
use statement::Step;
use turn::Turn;

/// Applies the change.
pub(crate) async fn apply(
    session: &mut Session,
    wanted: Wanted<'_>,
    deadline: Deadline,
) -> Result<(), NotChanged> {
    let mut turn = Turn::begin(session, deadline).await.map_err(NotChanged::undone)?;
    let changed = change(&mut turn, wanted).await;
    if changed.as_ref().err().is_none_or(|failed| failed.fate != Fate::Unknown) {
        turn.end().await;
    }
    changed
}

async fn change(turn: &mut Turn<'_>, wanted: Wanted<'_>) -> Result<(), NotChanged> {
    let Wanted { users, database, mark } = wanted;
    let marks = Marks::find(turn).await.map_err(NotChanged::undone)?;
    let state = State::read(turn, marks, users, mark).await.map_err(NotChanged::undone)?;
    let steps = plan(users, &state, database, mark).map_err(NotChanged::undone)?;
    check(turn, wanted, &steps).await.map_err(NotChanged::undone)?;
    if steps.iter().any(|step| matches!(step, Step::Note { .. })) {
        marks.prepare(turn).await.map_err(NotChanged::undone)?;
    }
    let mut done = Vec::new();
    for step in &steps {
        if let Err(failure) = run(turn, step, marks, wanted).await {
            let fate = undo(turn, &failure, &done, marks, wanted).await;
            return Err(NotChanged { refusal: failure.into(), fate });
        }
        done.push(step);
    }
    // The users are as they should be: what is left over would not make the request a failure.
    drop(marks.tidy(turn).await);
    Ok(())
}

/// What MySQL itself would not refuse.
async fn check(turn: &mut Turn<'_>, wanted: Wanted<'_>, steps: &[Step<'_>]) -> Result<(), Refusal> {
    if let Some(schema) = missing_schema(turn, wanted.users).await? {
        return Err(Refusal::NoSchema { schema });
    }
    for user in steps.iter().filter_map(Step::dropped) {
        if let Some(object) = definer(turn, user).await? {
            return Err(Refusal::Definer { user: user.to_owned(), object });
        }
    }
    Ok(())
}

async fn run(
    turn: &mut Turn<'_>,
    step: &Step<'_>,
    marks: Marks,
    wanted: Wanted<'_>,
) -> Result<(), StatementFailure> {
    turn.run(&step.doing(), &step.sql(marks, wanted.mark)).await
}

/// Undoes what was done, the last first, as far as it can be undone.
async fn undo(
    turn: &mut Turn<'_>,
    failure: &StatementFailure,
    done: &[&Step<'_>],
    marks: Marks,
    wanted: Wanted<'_>,
) -> Fate {
    if !failure.was_answered() {
        return Fate::Unknown;
    }
    let mut fate = Fate::Undone;
    for step in done.iter().rev() {
        let Some(inverse) = step.inverse() else {
            fate = Fate::Partly;
            continue;
        };
        if run(turn, &inverse, marks, wanted).await.is_err() {
            return Fate::Unknown;
        }
    }
    match marks.tidy(turn).await {
        Ok(()) => fate,
        Err(_left_over) => Fate::Unknown,
    }
}
