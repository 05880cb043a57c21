//! The database users that the proxy knows, and who may sign tokens for them.
//!
//! Owns what is kept of each user, the settings that say how one logs in, and IAM's principals.
//! Knows no messages: how a client is asked is `client`, and what a token must be is `token`.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html>

mod password;
mod plugin;
mod principal;
mod scheme;
mod scram;

use std::collections::HashMap;
use std::fmt;

pub use password::{PasswordUser, PasswordUserError};
pub(crate) use plugin::Plugin;
pub(crate) use principal::dbuser_arn;
pub use principal::{Principal, PrincipalError};
pub(crate) use scheme::Asks;
pub use scheme::{AuthScheme, PasswordAuth, SchemeError};
pub(crate) use scram::{MECHANISM, Verifier, random};

/// The users that the proxy has an entry for.
pub(crate) struct Users {
    entries: HashMap<String, Entry>,
    scheme: AuthScheme,
}

/// What the proxy knows about a user.
pub(crate) enum Entry {
    /// An IAM user. Where it has a secret, its password is not known here.
    Iam,
    /// `IAMAuth: DISABLED`, with the secret's password.
    Password { password: String, verifier: Box<Verifier> },
}

/// How a client can be asked to log in.
/// <https://www.postgresql.org/docs/current/protocol-message-formats.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// A token, as cleartext inside TLS.
    Token,
    /// A password, as cleartext inside TLS.
    Cleartext,
    /// A password by SCRAM-SHA-256.
    Scram,
    /// A password by SCRAM-SHA-256-PLUS, which binds it to TLS, and by nothing else.
    ScramPlus,
    /// A password by MD5.
    Md5,
    /// Kerberos version 5, which no server has asked for since PostgreSQL 9.3.
    Kerberos,
    /// GSSAPI.
    Gss,
    /// Nothing: every client is accepted.
    Unasked,
}

impl Users {
    /// The users by name. One that is named as both is an IAM user.
    pub(crate) fn new(
        iam: &[String],
        password: &[PasswordUser],
        scheme: AuthScheme,
    ) -> Result<Self, NoRandomness> {
        let mut entries = HashMap::new();
        for user in password {
            let verifier = Box::new(Verifier::new(user.password())?);
            let password = user.password().to_owned();
            entries.insert(user.name.clone(), Entry::Password { password, verifier });
        }
        entries.extend(iam.iter().map(|name| (name.clone(), Entry::Iam)));
        Ok(Self { entries, scheme })
    }

    /// The entry of a user. End to end, the proxy needs no entry for an IAM user.
    pub(crate) fn get(&self, name: &str) -> Option<&Entry> {
        match self.scheme {
            AuthScheme::Secrets | AuthScheme::SecretsIamDisabled => self.entries.get(name),
            AuthScheme::Iam => Some(self.entries.get(name).unwrap_or(&Entry::Iam)),
        }
    }

    /// Every user's name.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// The users that the proxy itself logs in to the database as, by token.
    pub(crate) fn by_token(&self) -> impl Iterator<Item = &str> {
        let names = self.entries.keys().map(String::as_str);
        names.filter(|name| self.is_by_token(name))
    }

    /// Whether the proxy itself logs in to the database by token for this user.
    pub(crate) fn is_by_token(&self, name: &str) -> bool {
        self.scheme == AuthScheme::Iam && matches!(self.get(name), Some(Entry::Iam))
    }

    /// Whether a user is asked for a token, rather than for a password.
    pub(crate) fn asks_for_token(&self, entry: &Entry) -> bool {
        match (entry, self.scheme) {
            (Entry::Iam, AuthScheme::Secrets | AuthScheme::Iam) => true,
            (Entry::Iam, AuthScheme::SecretsIamDisabled) | (Entry::Password { .. }, _) => false,
        }
    }
}

impl Entry {
    /// The password that the proxy itself can log in with.
    pub(crate) fn password(&self) -> Option<&str> {
        match self {
            Self::Iam => None,
            Self::Password { password, .. } => Some(password),
        }
    }
}

/// The system has no randomness to give.
#[derive(Clone, Copy, Debug)]
pub struct NoRandomness;

impl fmt::Display for NoRandomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the system has no randomness to give")
    }
}

impl std::error::Error for NoRandomness {}
