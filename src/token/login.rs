//! What the function logs in with: a signed token, or a secret's password.

use super::AuthToken;
use super::redact::Secrets;
use super::secret_text::SecretLogin;
use crate::config::DbUser;

/// What the function logs in with. Its `Debug` shows neither token nor password.
#[derive(Clone, Debug)]
pub enum Login {
    /// A token, in cleartext and only inside TLS.
    Token {
        /// The user that it was signed for.
        user: DbUser,
        /// The token.
        token: AuthToken,
    },
    /// A password, by whichever method the server asks for.
    Password(SecretLogin),
}

impl Login {
    /// Who logs in.
    pub fn user(&self) -> &DbUser {
        match self {
            Self::Token { user, .. } => user,
            Self::Password(login) => &login.user,
        }
    }

    /// The token or the password itself, only for logging in.
    pub(crate) fn expose(&self) -> &str {
        match self {
            Self::Token { token, .. } => token.expose(),
            Self::Password(login) => login.expose(),
        }
    }

    /// Its secret parts, to be redacted everywhere.
    pub(crate) fn secrets(&self) -> Secrets {
        match self {
            Self::Token { token, .. } => token.secrets().clone(),
            Self::Password(login) => login.secrets(),
        }
    }
}
