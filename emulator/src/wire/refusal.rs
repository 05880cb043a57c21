//! What an `ErrorResponse` of a proxy carries.
//!
//! Owns the three fields that a proxy's errors are known to have. Their bytes are `backend`'s, the
//! texts `crate::texts`'.

use std::borrow::Cow;

/// An `ErrorResponse` of the proxy's: it carries nothing beyond these fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `FATAL` or `ERROR`.
    pub severity: Cow<'static, str>,
    /// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    pub sqlstate: Cow<'static, str>,
    /// The text.
    pub message: Cow<'static, str>,
}

impl Refusal {
    /// The text and the SQLSTATE in one line, for the log.
    pub(crate) fn cited(&self) -> String {
        format!("{} ({})", self.message.replace(char::is_control, " "), self.sqlstate)
    }
}
