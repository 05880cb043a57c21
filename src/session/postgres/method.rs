//! PostgreSQL's authentication methods.

use std::borrow::Cow;

/// How a PostgreSQL asks its client to log in.
/// <https://www.postgresql.org/docs/current/protocol-message-formats.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The password in cleartext (code 3).
    Cleartext,
    /// The password's MD5 (code 5).
    Md5,
    /// SASL, which is SCRAM-SHA-256 (code 10).
    Scram,
    /// Any other, by its code: Kerberos 2, SCM 6, GSS 7, SSPI 9.
    Other(i32),
}

impl Method {
    /// The contract's word for it.
    pub(in crate::session) fn as_str(self) -> Cow<'static, str> {
        match self {
            Self::Cleartext => "cleartext".into(),
            Self::Md5 => "md5".into(),
            Self::Scram => "scram-sha-256".into(),
            Self::Other(code) => format!("method {code}").into(),
        }
    }

    /// What the protocol calls it.
    pub(in crate::session) fn name(self) -> String {
        match self {
            Self::Cleartext => "a cleartext password".to_owned(),
            Self::Md5 => "an MD5 password".to_owned(),
            Self::Scram => "SCRAM-SHA-256".to_owned(),
            Self::Other(code) => format!("authentication method {code}"),
        }
    }
}
