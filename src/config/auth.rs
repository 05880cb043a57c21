//! How the function signs in, and with whose keys it may ask or sign.

use aws_credential_types::Credentials;

use super::arn::{RoleArn, SecretArn};
use super::keys::KeyProblem;
use super::user::DbUser;

/// How the function signs in to the database.
#[derive(Clone, Debug)]
pub enum AuthMethod {
    /// An IAM token instead of a password.
    Iam {
        /// The database user, which is in the token and in the startup message.
        user: DbUser,
    },
    /// User and password out of a secret.
    Secret {
        /// The secret.
        secret: SecretArn,
    },
}

/// Where the keys come from that sign tokens and ask AWS.
#[derive(Clone, Debug)]
pub struct KeySource {
    /// The keys that Lambda puts into the environment; without them the SDK's default chain is
    /// asked. Their `Debug` shows no secret.
    pub environment: Option<Credentials>,
    /// `AWS_PROFILE`, if the chain is asked.
    pub profile: Option<String>,
    /// A role to assume with them first.
    pub role: Option<RoleToAssume>,
    /// The variables that name a provider of the chain, if the chain is asked.
    pub providers: Vec<&'static str>,
    /// What is odd about the variables that keys are in, or may have been meant to be in.
    pub problems: Vec<KeyProblem>,
}

impl KeySource {
    /// Where they come from, in words.
    pub fn origin(&self) -> &'static str {
        match (&self.role, &self.environment) {
            (Some(_), _) => "the assumed role",
            (None, Some(_)) => "the environment",
            (None, None) => "the SDK's default chain",
        }
    }
}

/// A role in another account, whose keys are used instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleToAssume {
    /// The role.
    pub arn: RoleArn,
    /// The external id that its trust policy asks for.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html>
    pub external_id: Option<String>,
    /// What the session is called in the other account's CloudTrail: the function's name.
    pub session_name: String,
}

impl AuthMethod {
    /// The contract's word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Iam { .. } => "iam",
            Self::Secret { .. } => "secret",
        }
    }
}
