//! What a server's error means, and who wrote it: a table for each engine.
//!
//! The text comes first: RDS Proxy puts different refusals under one SQLSTATE or number, and those of
//! some are not documented. Texts are matched from their beginning, without a final stop, since
//! reports from the wire come with and without one.

mod mysql;
#[cfg(test)]
mod mysql_tests;
mod postgres;
#[cfg(test)]
mod tests;
pub(super) mod texts;

pub(super) use postgres::is_missing_role;
#[cfg(test)]
pub(super) use tests::corpus;

use super::Code;
use crate::session::{ErrorCode, ServerError};

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
    /// The database.
    Database,
    /// A pooler, or another provider's proxy.
    Pooler,
    /// The text does not say.
    Unknown,
}

/// An error as it was understood.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'a> {
    /// What it means; `None` when neither text nor code decides.
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
    let reading = match &error.code {
        ErrorCode::PostgreSql(sqlstate) => postgres::read(sqlstate.as_ref(), &error.message, phase),
        ErrorCode::MySql { number, .. } => mysql::read(*number, &error.message, phase),
    };
    Reading { code: reading.code.map(|code| in_phase(code, phase)), ..reading }
}

/// When an error came that says so itself; `None` if neither its text nor its code is known. One that
/// may come at both times is taken for a login's.
pub(super) fn step_of(error: &ServerError) -> Option<Phase> {
    let at_login = read(error, Phase::Login).code;
    let Some(in_session) = read(error, Phase::Statement).code else {
        return at_login.map(|_| Phase::Login);
    };
    let is_another = at_login != Some(in_session);
    // A text that belongs to a login or to a session says so; a code alone does not.
    let of_session = match &error.code {
        ErrorCode::PostgreSql(_) => match postgres::of_text(&error.message) {
            Some((_, code)) => matches!(code, Code::QueryTimeout | Code::ConnectionLost),
            None => is_another,
        },
        ErrorCode::MySql { .. } => is_another,
    };
    Some(if of_session { Phase::Statement } else { Phase::Login })
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

/// Whether the same question may be answered a moment later, whatever else the error means: the
/// proxy's internal fault, and PostgreSQL's requests to try again (class 40).
pub(super) fn asks_to_retry(error: &ServerError, text: &str) -> bool {
    let class_40 = error.code.sqlstate().is_some_and(|it| it.starts_with("40"));
    text.starts_with(texts::UNKNOWN_ERROR) || class_40
}
