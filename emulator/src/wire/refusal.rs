//! What an error of a proxy carries, for either engine.
//!
//! Owns the fields that a proxy's errors are known to have. Their bytes are `backend`'s and
//! `mysql::answer`'s, the texts `crate::texts`'.

use std::borrow::Cow;

/// An error of the proxy's: it carries nothing beyond these fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `FATAL`, which ends the connection, or `ERROR`. MySQL's protocol does not carry it.
    pub severity: Cow<'static, str>,
    /// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    pub sqlstate: Cow<'static, str>,
    /// The text.
    pub message: Cow<'static, str>,
    /// MySQL's number of the error; PostgreSQL has none.
    pub number: Option<u16>,
}

impl Refusal {
    /// The text and the SQLSTATE in one line, for the log.
    pub(crate) fn cited(&self) -> String {
        format!("{} ({})", self.message.replace(char::is_control, " "), self.sqlstate)
    }
}
