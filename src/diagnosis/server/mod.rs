//! What a server's error means, by its text and then by its SQLSTATE, and who wrote it.
//!
//! The text comes first: RDS Proxy puts different refusals under one SQLSTATE, and the SQLSTATEs
//! of some are not documented. Texts are matched from their beginning, without a final stop, since
//! reports from the wire come with and without one. SQLSTATEs:
//! <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

#[cfg(test)]
mod tests;
pub(super) mod texts;

use tokio_postgres::error::SqlState;

#[cfg(test)]
pub(super) use tests::corpus;

use super::Code;
use crate::session::{ErrorCode, ServerError};
use texts::{PASSED_ON, POOLERS, POOLERS_WITHIN, POSTGRESQL, POSTGRESQL_WITHIN, PROXY, TARGETS};

/// When the error came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Before the session was ready.
    Login,
    /// In answer to a statement.
    Statement,
}

/// Who wrote an error, as far as its text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Author {
    /// RDS Proxy.
    Proxy,
    /// PostgreSQL.
    Database,
    /// A pooler, or another provider's proxy.
    Pooler,
    /// The text does not say.
    Unknown,
}

/// An error as it was understood.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'a> {
    /// What it means; `None` when neither text nor SQLSTATE decides.
    pub(super) code: Option<Code>,
    /// Who wrote it.
    pub(super) author: Author,
    /// Whether the proxy passed it on from the database.
    pub(super) is_passed_on: bool,
    /// Its text, without what the proxy puts before it.
    pub(super) text: &'a str,
}

/// Reads an error.
pub(super) fn read(error: &ServerError, phase: Phase) -> Reading<'_> {
    let passed_on = error.message.strip_prefix(PASSED_ON);
    let text = passed_on.unwrap_or(&error.message);
    let by_text = of_text(text);
    let by_sqlstate = || match &error.code {
        ErrorCode::PostgreSql(sqlstate) => sqlstate.as_ref().and_then(|it| of_sqlstate(it, phase)),
    };
    let (author, code) = match by_text {
        Some((author, code)) => (author, Some(code)),
        None if passed_on.is_some() => (Author::Database, by_sqlstate()),
        None => (Author::Unknown, by_sqlstate()),
    };
    let code = code.map(|code| in_phase(code, phase));
    Reading { code, author, is_passed_on: passed_on.is_some(), text }
}

/// The author and the meaning of a text that is known.
fn of_text(text: &str) -> Option<(Author, Code)> {
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
pub(super) fn is_missing_role(text: &str) -> bool {
    text.starts_with("role \"") && text.trim_end_matches('.').ends_with("\" does not exist")
}

/// The name in the double quotes that follow a word, as in `database "app"`.
pub(super) fn quoted_after<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(word)?;
    rest.strip_prefix(" \"")?.split('"').next()
}

/// A session that ends, and a time that is over, have a code for each step.
fn in_phase(code: Code, phase: Phase) -> Code {
    match (phase, code) {
        (Phase::Login, Code::ConnectionLost) => Code::AuthConnectionLost,
        (Phase::Login, Code::QueryTimeout) => Code::AuthTimeout,
        (Phase::Statement, Code::AuthTimeout) => Code::QueryTimeout,
        (Phase::Login | Phase::Statement, code) => code,
    }
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
    const STATEMENT: &[(SqlState, Code)] = &[(SqlState::QUERY_CANCELED, Code::QueryTimeout)];
    let of_phase = match phase {
        Phase::Login => LOGIN,
        Phase::Statement => STATEMENT,
    };
    let mut all = ALWAYS.iter().chain(of_phase);
    all.find(|(known, _)| known == sqlstate).map(|(_, code)| *code)
}

/// Whether the same question may be answered a moment later, whatever else the error means: the
/// proxy's internal fault, and PostgreSQL's requests to try again (class 40).
pub(super) fn asks_to_retry(error: &ServerError, text: &str) -> bool {
    let class_40 = error.code.sqlstate().is_some_and(|it| it.starts_with("40"));
    text.starts_with(texts::UNKNOWN_ERROR) || class_40
}
