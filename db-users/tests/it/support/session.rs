//! Sessions with both engines, and statements in them.

use std::time::SystemTime;

use rds_proxy_emulator::{Backend, Emulator, Options};
use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::config::{Config, Engine};
use rds_proxy_probe::probe::Prober;
use rds_proxy_probe::session::postgres::Session as PgSession;
use rds_proxy_probe::session::{ErrorCode, Session, WireError};

use super::{Vars, cluster, vars_of};

pub(crate) async fn emulator(change: impl FnOnce(&mut Options)) -> Emulator {
    let mut options = Options { backend: Backend::Cluster(cluster()), ..Options::default() };
    options.iam_users = Vec::new();
    change(&mut options);
    rds_proxy_emulator::start(options).await.unwrap()
}

pub(crate) async fn sign_in(emulator: &Emulator, user: &str, database: &str) -> PgSession {
    let session = try_sign_in(&vars_of(emulator), Engine::PostgreSql, user, database).await;
    match session.unwrap() {
        Session::PostgreSql(session) => session,
        Session::MySql(_) => panic!("the emulator is a PostgreSQL"),
    }
}

/// A session as this user, or the diagnosis in its place.
pub(crate) async fn try_sign_in(
    vars: &Vars,
    engine: Engine,
    user: &str,
    database: &str,
) -> Result<Session, String> {
    let variable = |name: &str| match name {
        "DB_ENGINE" => Some(engine.as_str().to_owned()),
        "DB_USER" => Some(user.to_owned()),
        "DB_NAME" => Some(database.to_owned()),
        _ => vars.get(name).cloned(),
    };
    let config = Config::from_vars(variable).unwrap();
    let prober = Prober::new(config, Clock::new(SystemTime::now));
    prober.open_session(None).await.map_err(|report| {
        let config = Some(prober.config());
        rds_proxy_probe::diagnosis::diagnose(&report, config).unwrap().code.as_str().to_owned()
    })
}

/// The first column of each row, as text.
pub(crate) async fn rows(session: &PgSession, sql: &str) -> Vec<String> {
    let rows = session.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Whether a user lacks a privilege, for a table, a database or the whole server.
pub(super) fn is_denied(code: &ErrorCode) -> bool {
    match code {
        ErrorCode::PostgreSql(_) => code.sqlstate() == Some("42501"),
        ErrorCode::MySql { number, .. } => [1044, 1142, 1227].contains(number),
    }
}

/// Runs a statement.
pub(crate) async fn run(session: &mut Session, sql: &str) -> Result<(), WireError> {
    match session {
        Session::PostgreSql(session) => session.batch(sql).await,
        Session::MySql(session) if sql.starts_with("SELECT") => session.query(sql).await.map(drop),
        Session::MySql(session) => session.execute(sql).await,
    }
}

/// Runs statements, separated by semicolons.
pub(super) async fn run_all(session: &mut Session, sql: &str) {
    match session {
        Session::PostgreSql(session) => session.batch(sql).await.unwrap(),
        // It takes one at a time.
        Session::MySql(session) => {
            for statement in sql.split("; ") {
                session.execute(statement).await.unwrap();
            }
        }
    }
}
