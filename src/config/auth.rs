//! How the function signs in, and with whose keys it may sign.

use aws_credential_types::Credentials;

use super::user::DbUser;

/// How the function signs in to the database.
#[derive(Clone, Debug)]
pub enum AuthMethod {
    /// An IAM token in the place of a password.
    Iam(IamLogin),
}

/// What signing in by IAM needs.
#[derive(Clone, Debug)]
pub struct IamLogin {
    /// The database user, who stands in the token and in the startup message.
    pub user: DbUser,
    /// The keys that Lambda puts into the environment; without them the SDK's default chain is
    /// asked. Their `Debug` shows no secret.
    pub keys: Option<Credentials>,
}

impl AuthMethod {
    /// The contract's word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Iam(_) => "iam",
        }
    }

    /// The database user, as far as the configuration knows.
    pub fn user(&self) -> &DbUser {
        match self {
            Self::Iam(login) => &login.user,
        }
    }
}
