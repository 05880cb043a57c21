//! How a client proves who it is.
//!
//! Owns the users that the proxy knows, and which method each is asked for; `exchange` has the
//! messages. Knows nothing of databases.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html>

mod exchange;
mod scheme;
mod scram;

use std::collections::HashMap;
use std::fmt;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use crate::end::End;
use crate::fault::Names;
use crate::options::PasswordUser;
use crate::proxy::Visit;
use crate::socket::Client;
use crate::wire::WireError;
use crate::wire::backend::authentication;

pub use scheme::{AuthScheme, PasswordAuth, SchemeError};

/// The users that the proxy has an entry for.
pub(crate) struct Users(HashMap<String, Entry>);

/// What the proxy knows about a user.
pub(crate) enum Entry {
    /// An IAM user. Where it has a secret, nobody knows its password.
    Iam,
    /// `IAMAuth: DISABLED`, with the secret's password.
    Password { password: String, verifier: Box<scram::Verifier> },
}

/// How a client can be asked to prove itself.
/// <https://www.postgresql.org/docs/current/protocol-message-formats.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// A token, in clear inside TLS.
    Token,
    /// A password, in clear inside TLS.
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
    /// Nothing: it is let in as it is.
    Unasked,
}

impl Users {
    /// The users by name. One that is named as both is an IAM user.
    pub(crate) fn new(iam: &[String], password: &[PasswordUser]) -> Result<Self, NoRandomness> {
        let mut users = HashMap::new();
        for user in password {
            let verifier = Box::new(scram::Verifier::new(user.password())?);
            let password = user.password().to_owned();
            users.insert(user.name.clone(), Entry::Password { password, verifier });
        }
        users.extend(iam.iter().map(|name| (name.clone(), Entry::Iam)));
        Ok(Self(users))
    }

    /// The entry of a user. End to end, the proxy needs no entry for an IAM user.
    pub(crate) fn get(&self, name: &str, scheme: AuthScheme) -> Option<&Entry> {
        match scheme {
            AuthScheme::Secrets | AuthScheme::SecretsIamDisabled => self.0.get(name),
            AuthScheme::Iam => Some(self.0.get(name).unwrap_or(&Entry::Iam)),
        }
    }

    /// Every user's name.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Those as whom the proxy itself logs in by token.
    pub(crate) fn by_token(&self, scheme: AuthScheme) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(_, entry)| entry.is_by_token(scheme)).map(|(name, _)| &**name)
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

    /// Whether the proxy itself logs in to the database by token.
    pub(crate) fn is_by_token(&self, scheme: AuthScheme) -> bool {
        matches!(self, Self::Iam) && scheme == AuthScheme::Iam
    }

    fn method(&self, visit: &Visit) -> Method {
        let options = &visit.proxy.options;
        match self {
            Self::Iam if options.auth_scheme != AuthScheme::SecretsIamDisabled => Method::Token,
            Self::Iam | Self::Password { .. } => options.password_auth.method(),
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

/// Asks the client to prove that it is this user, and says `AuthenticationOk` if it does.
pub(crate) async fn authenticate<C: Client>(
    client: &mut C,
    names: Names<'_>,
    entry: &Entry,
    visit: &Visit,
) -> Result<(), End> {
    let method = visit.method().unwrap_or_else(|| entry.method(visit));
    exchange::Exchange { client: &mut *client, names, entry, visit }.run(method).await?;
    send(client, &authentication::request(authentication::OK, b"")).await
}

/// Sends bytes to the client, all the way.
pub(crate) async fn send<C: AsyncWrite + Unpin>(client: &mut C, bytes: &[u8]) -> Result<(), End> {
    client.write_all(bytes).await.map_err(WireError::from)?;
    client.flush().await.map_err(WireError::from)?;
    Ok(())
}
