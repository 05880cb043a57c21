//! SQL texts, as far as RDS Proxy looks into them: what pins a session, and how its log shows it.
//!
//! [`judge`] says what a text does to a session's pinning, [`digest`] writes it with its constants
//! as `$1`, `$2` and so on. Both read the text once with a lexer of PostgreSQL's tokens and hold no
//! tables of a grammar: they know leading keywords, the names of functions, and the clauses of a
//! query. They never fail: a text that PostgreSQL rejects gets an answer too, which does not
//! matter, because it runs nothing.
//! `make sql-oracle` compares them with PostgreSQL's own parser; the headers of `judge` and
//! `digest` list the differences that are left.
//! Knows nothing of sessions, messages and logs.

mod digest;
mod explain;
mod judge;
pub(crate) mod lexer;
pub(crate) mod mysql;
#[cfg(test)]
mod property;
mod statement;

pub(crate) use digest::digest;
pub(crate) use judge::{Cause, Verdict, judge};
pub(crate) use statement::Statement;

/// The longest text, in bytes without bind values, that RDS Proxy looks into; a longer one pins.
/// `The connection ran a SQL query which exceeded the 16384 byte limit.`, seen in
/// <https://github.com/getlago/lago-api/pull/6062>.
pub(crate) const LIMIT: usize = 16384;
