//! A script, run in the database before the first client comes.
//!
//! Owns as which user it runs, statement by statement as `psql` does it, and where in the file one
//! failed. Does not know where a statement ends: that is `script`.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::timeout;

use super::admin::{Admin, AdminError, identifier};
use super::{Target, mysql};
use crate::script::{Script, Statement};

/// Why a script did not come to its end.
#[derive(Debug)]
pub struct InitSqlError {
    path: PathBuf,
    problem: Box<Problem>,
}

#[derive(Debug)]
enum Problem {
    /// There is no session to run it in.
    Session(AdminError),
    /// The backend's URL names no user.
    NoUser,
    /// A statement failed.
    Statement { line: usize, error: AdminError },
    /// A statement took too long.
    TimedOut { line: usize, limit: Duration },
    /// It is for `psql`.
    PsqlCommand { line: usize, name: String },
}

impl fmt::Display for InitSqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &*self.problem {
            Problem::Session(error) => write!(f, "cannot run {path}: {error}"),
            Problem::NoUser => write!(
                f,
                "cannot run {path}: expected a user in --backend to run it as: \
                 postgres://USER[:PASSWORD]@HOST, or mysql://"
            ),
            Problem::Statement { line, error } => write!(f, "{path}:{line}: {error}"),
            Problem::TimedOut { line, limit } => {
                write!(f, "{path}:{line}: the statement did not finish within {limit:?}")
            }
            Problem::PsqlCommand { line, name } => write!(
                f,
                "{path}:{line}: {name} is a command of psql's: expected SQL, which may include \
                 COPY FROM STDIN"
            ),
        }
    }
}

impl std::error::Error for InitSqlError {}

/// Runs it. In a cluster of our own the session is a superuser's that has become the `owner` by
/// `SET ROLE`, so that what is made belongs to the owner and `RESET ROLE` allows everything. A server
/// by URL is logged in to as its URL's user. No statement may take longer than the limit.
pub(crate) async fn run_script(
    script: &Script,
    target: &Target,
    database: &str,
    owner: Option<&str>,
    limit: Duration,
) -> Result<(), InitSqlError> {
    let failed =
        |problem| InitSqlError { path: script.path().to_owned(), problem: Box::new(problem) };
    let session = timeout(limit, log_in(target, database, owner)).await;
    let session = session.unwrap_or_else(|_elapsed| {
        Err(Problem::Session(AdminError::Lost("the database does not answer".to_owned())))
    });
    let mut admin = session.map_err(failed)?;
    let mut statements = script.statements();
    loop {
        let statement = statements.next().map_err(|command| {
            failed(Problem::PsqlCommand { line: command.line, name: command.name })
        })?;
        let Some(Statement { text, line }) = statement else { return Ok(()) };
        match timeout(limit, admin.run_with_data(text, || statements.copy_data())).await {
            Ok(Ok(_rows)) => {}
            Ok(Err(error)) => {
                let line = line + lines_before_error(text, &error);
                return Err(failed(Problem::Statement { line, error }));
            }
            Err(_elapsed) => return Err(failed(Problem::TimedOut { line, limit })),
        }
    }
}

/// Runs a script of MySQL's statements. In a cluster of our own the session is a superuser's.
pub(crate) async fn run_mysql_script(
    script: &Script,
    target: &Target,
    database: &str,
    limit: Duration,
) -> Result<(), InitSqlError> {
    let failed =
        |problem| InitSqlError { path: script.path().to_owned(), problem: Box::new(problem) };
    let session = timeout(limit, log_in_to_mysql(target, database)).await;
    let session = session.unwrap_or_else(|_elapsed| {
        Err(Problem::Session(AdminError::Lost("the database does not answer".to_owned())))
    });
    let mut admin = session.map_err(failed)?;
    for Statement { text, line } in script.mysql_statements() {
        match timeout(limit, admin.run(text)).await {
            Ok(Ok(_rows)) => {}
            Ok(Err(error)) => return Err(failed(Problem::Statement { line, error })),
            Err(_elapsed) => return Err(failed(Problem::TimedOut { line, limit })),
        }
    }
    Ok(())
}

async fn log_in_to_mysql(target: &Target, database: &str) -> Result<mysql::Admin, Problem> {
    let session = match target {
        Target::Server(url) => {
            let user = url.user.as_deref().ok_or(Problem::NoUser)?;
            mysql::Admin::log_in_as(target, user, database).await
        }
        Target::Socket(_) | Target::Absent | Target::NoReader => {
            mysql::Admin::log_in_to(target, database).await
        }
    };
    session.map_err(Problem::Session)
}

async fn log_in(target: &Target, database: &str, owner: Option<&str>) -> Result<Admin, Problem> {
    match target {
        Target::Server(url) => {
            let user = url.user.as_deref().ok_or(Problem::NoUser)?;
            Admin::log_in_as(target, user, database).await.map_err(Problem::Session)
        }
        Target::Socket(_) | Target::Absent | Target::NoReader => {
            let session = Admin::log_in(target, Some(database)).await;
            let mut admin = session.map_err(Problem::Session)?;
            if let Some(owner) = owner {
                let become_owner = format!("SET ROLE {}", identifier(owner));
                admin.run(&become_owner).await.map_err(Problem::Session)?;
            }
            Ok(admin)
        }
    }
}

/// How many lines of the statement come before what the error is about, if it says where that is.
fn lines_before_error(statement: &str, error: &AdminError) -> usize {
    let position = match error {
        AdminError::Statement(error) => error.position,
        AdminError::Login(_) | AdminError::Lost(_) => None,
    };
    let before = position.map_or(0, |position| position.saturating_sub(1));
    statement.chars().take(before).filter(|character| *character == '\n').count()
}
