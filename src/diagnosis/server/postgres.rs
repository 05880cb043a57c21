//! PostgreSQL's errors, RDS Proxy's for PostgreSQL, and those of poolers: by their texts, and then by
//! their SQLSTATEs (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).

use tokio_postgres::error::SqlState;

use super::texts::{
    PASSED_ON, POOLERS, POOLERS_WITHIN, POSTGRESQL, POSTGRESQL_WITHIN, PROXY, READERS, TARGETS,
};
use super::{Author, Phase, Reading};
use crate::diagnosis::Code;

/// Reads an error with this SQLSTATE and text.
pub(super) fn read<'a>(sqlstate: Option<&SqlState>, message: &'a str, phase: Phase) -> Reading<'a> {
    let passed_on = message.strip_prefix(PASSED_ON);
    let text = passed_on.unwrap_or(message);
    let by_sqlstate = || sqlstate.and_then(|it| of_sqlstate(it, phase));
    let (author, code) = match of_text(text) {
        Some((author, code)) => (author, Some(code)),
        None if phase == Phase::Statement && is_rejected_by_reader(text) => {
            (Author::Database, Some(Code::RoleMismatch))
        }
        None if passed_on.is_some() => (Author::Database, by_sqlstate()),
        None => (Author::Unknown, by_sqlstate()),
    };
    Reading { code, author, is_passed_on: passed_on.is_some(), text }
}

/// The author and the meaning of a text that is known.
pub(super) fn of_text(text: &str) -> Option<(Author, Code)> {
    let starting = |author, table: &[(&str, Code)]| {
        let found = table.iter().find(|(start, _)| text.starts_with(start));
        found.map(|(_, code)| (author, *code))
    };
    let within = |author, table: &[(&str, Code)]| {
        table.iter().find(|(part, _)| text.contains(part)).map(|(_, code)| (author, *code))
    };
    let database = |code| (Author::Database, code);
    starting(Author::Proxy, PROXY)
        .or_else(|| within(Author::Proxy, TARGETS))
        .or_else(|| within(Author::Database, POSTGRESQL_WITHIN))
        .or_else(|| within(Author::Pooler, POOLERS_WITHIN))
        .or_else(|| starting(Author::Database, POSTGRESQL))
        .or_else(|| starting(Author::Pooler, POOLERS))
        .or_else(|| of_host_rules(text).map(database))
        .or_else(|| is_missing_database(text).then_some(Code::DatabaseNotFound).map(database))
}

/// `pg_hba.conf` texts begin with what they are about and end with whether TLS was on.
fn of_host_rules(text: &str) -> Option<Code> {
    if !text.contains("pg_hba.conf") {
        return None;
    }
    let in_clear = text.ends_with("no encryption") || text.ends_with("SSL off");
    Some(if in_clear { Code::TlsRequired } else { Code::ConnectNotPermitted })
}

fn is_missing_database(text: &str) -> bool {
    text.starts_with("database \"") && text.trim_end_matches('.').ends_with("\" does not exist")
}

/// Whether a text is PostgreSQL's about a role that does not exist. It says so only where no
/// password is asked for; otherwise it says that the password is wrong.
pub(in crate::diagnosis) fn is_missing_role(text: &str) -> bool {
    text.starts_with("role \"") && text.trim_end_matches('.').ends_with("\" does not exist")
}

fn is_rejected_by_reader(text: &str) -> bool {
    let behind = text.split_once("cannot execute ").map(|(_, behind)| behind);
    behind.is_some_and(|behind| READERS.iter().any(|part| behind.contains(part)))
}

fn of_sqlstate(sqlstate: &SqlState, phase: Phase) -> Option<Code> {
    // `28000` is in none of them: it stands for refusals of every kind.
    const ALWAYS: &[(SqlState, Code)] = &[
        (SqlState::INVALID_PASSWORD, Code::PasswordRejected),
        (SqlState::INVALID_CATALOG_NAME, Code::DatabaseNotFound),
        (SqlState::TOO_MANY_CONNECTIONS, Code::TooManyConnections),
        (SqlState::CANNOT_CONNECT_NOW, Code::ServerUnavailable),
        (SqlState::ADMIN_SHUTDOWN, Code::ServerUnavailable),
        (SqlState::CRASH_SHUTDOWN, Code::ServerUnavailable),
        // It passes when others give memory back.
        (SqlState::OUT_OF_MEMORY, Code::ServerUnavailable),
        (SqlState::DATABASE_DROPPED, Code::DatabaseNotFound),
        (SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT, Code::ConnectionLost),
        (SqlState::IDLE_SESSION_TIMEOUT, Code::ConnectionLost),
    ];
    const LOGIN: &[(SqlState, Code)] = &[
        // "canceling authentication due to timeout"
        (SqlState::QUERY_CANCELED, Code::AuthTimeout),
        (SqlState::INSUFFICIENT_PRIVILEGE, Code::ConnectNotPermitted),
        // "database … is not currently accepting connections"
        (SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, Code::ConnectNotPermitted),
        // "unrecognized configuration parameter", from a startup message
        (SqlState::UNDEFINED_OBJECT, Code::StartupParameterUnsupported),
    ];
    const STATEMENT: &[(SqlState, Code)] = &[
        (SqlState::QUERY_CANCELED, Code::QueryTimeout),
        (SqlState::READ_ONLY_SQL_TRANSACTION, Code::RoleMismatch),
    ];
    let of_phase = match phase {
        Phase::Login => LOGIN,
        Phase::Statement => STATEMENT,
    };
    let mut all = ALWAYS.iter().chain(of_phase);
    all.find(|(known, _)| known == sqlstate).map(|(_, code)| *code)
}
