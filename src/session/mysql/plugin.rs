//! MySQL's authentication plugins.
//! <https://dev.mysql.com/doc/refman/8.4/en/authentication-plugins.html>

use std::borrow::Cow;

use crate::token::Secrets;

/// How a MySQL asks its client to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plugin {
    /// The password in cleartext, which is how RDS takes a token.
    ClearPassword,
    /// SHA-256 of the password and a nonce, or the password itself inside TLS.
    CachingSha2,
    /// SHA-1 of the password and a nonce.
    Native,
    /// Any other, by its name, cleaned and bounded.
    Other(Box<str>),
}

/// The longest name that is kept, in characters.
const NAME_LIMIT: usize = 64;

impl Plugin {
    /// The plugin that the server names.
    pub(super) fn named(name: &[u8], secrets: &Secrets) -> Self {
        let known = [Self::ClearPassword, Self::CachingSha2, Self::Native];
        let found = known.into_iter().find(|plugin| plugin.as_str().as_bytes() == name);
        found.unwrap_or_else(|| {
            Self::Other(secrets.clean(&String::from_utf8_lossy(name), NAME_LIMIT).into())
        })
    }

    /// Its name, which is the contract's word for it.
    pub fn as_str(&self) -> Cow<'_, str> {
        match self {
            Self::ClearPassword => "mysql_clear_password".into(),
            Self::CachingSha2 => "caching_sha2_password".into(),
            Self::Native => "mysql_native_password".into(),
            Self::Other(name) => (&**name).into(),
        }
    }
}
