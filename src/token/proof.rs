//! What a login shows to be let in: a signed token, or a secret's password.

use super::AuthToken;
use super::redact::Secrets;
use super::secret_text::SecretLogin;
use crate::config::DbUser;

/// What a login shows to be let in. Its `Debug` shows neither token nor password.
#[derive(Clone, Debug)]
pub enum Proof {
    /// A token, in clear and inside TLS alone.
    Token {
        /// The user that it was signed for.
        user: DbUser,
        /// The token.
        token: AuthToken,
    },
    /// A password, in whatever way the server asks for it.
    Password(SecretLogin),
}

impl Proof {
    /// Who signs in.
    pub fn user(&self) -> &DbUser {
        match self {
            Self::Token { user, .. } => user,
            Self::Password(login) => &login.user,
        }
    }

    /// The token or the password itself: for the startup of a session, and for nothing else.
    pub(crate) fn expose(&self) -> &str {
        match self {
            Self::Token { token, .. } => token.expose(),
            Self::Password(login) => login.expose(),
        }
    }

    /// What must not be seen of it, wherever it turns up.
    pub(crate) fn secrets(&self) -> Secrets {
        match self {
            Self::Token { token, .. } => token.secrets().clone(),
            Self::Password(login) => login.secrets(),
        }
    }
}
