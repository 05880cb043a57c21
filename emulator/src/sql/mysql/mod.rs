//! MySQL's texts, as far as RDS Proxy looks into them: what pins a session, which of its tracked
//! variables and databases change, and how the proxy's log shows a text.
//!
//! As in [`crate::sql`], a lexer reads the text once, and no grammar is held. The session's
//! `sql_mode` is not known here: the texts are read as with the default one, so that double quotes
//! hold strings and a backslash escapes.

mod digest;
mod judge;
mod keywords;
mod lexer;
#[cfg(test)]
mod property;
mod set;
mod statement;

pub(crate) use digest::digest;
pub(crate) use judge::{Cause, Verdict, judge};
pub(crate) use set::Change;
pub(crate) use statement::split;
