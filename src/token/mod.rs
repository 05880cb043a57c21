//! What the function logs in with: a signed token or a secret's password, and the keys for them.
//!
//! A token is a SigV4-presigned request without its scheme. It is valid for 15 minutes, is checked
//! only at login, and we never send it to AWS. `session` logs in with it.

mod assume_role;
mod aws;
mod chain;
mod credentials;
mod encode;
mod error;
#[cfg(test)]
mod golden;
mod login;
mod profile;
#[cfg(test)]
mod property;
mod redact;
mod refusal;
mod secret;
mod secret_engine;
mod secret_text;
mod sign;
mod signed_request;

use std::fmt;
use std::time::Duration;

pub(crate) use aws::offset;
pub use aws::{client_config, refusal};
pub use chain::{KeyService, Provider, ServiceRefusal};
pub use credentials::KeyRing;
pub use error::{CredentialsError, ProviderFailure, SecretError, SignError};
pub use login::Login;
pub use profile::{Profile, ProfileSource};
pub use redact::{Redacted, Secrets};
pub use refusal::{AwsRefusal, PolicyKind, RefusalClass, RefusalKind};
pub use secret::{SecretSource, read_secret};
pub use secret_engine::SecretEngine;
pub use secret_text::{FoundKeys, SecretLogin, SecretProblem};
pub use sign::{Signer, sign_token};

/// How long a token is valid: the most that RDS accepts.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html>
pub const LIFETIME: Duration = Duration::from_mins(15);

/// A signed token. It has neither `Display` nor equality, and its `Debug` shows nothing.
#[derive(Clone)]
pub struct AuthToken {
    text: Redacted<String>,
    secrets: Secrets,
}

impl AuthToken {
    fn new(text: String, signature: String, session_token: Option<&str>) -> Self {
        let mut secrets = Secrets::default();
        // The part before it is no secret: endpoint, user, and the names of the parameters.
        if let Some((_, scope_and_signature)) = text.split_once("&X-Amz-Credential=") {
            secrets.add(scope_and_signature);
        }
        secrets.add(signature);
        if let Some(session_token) = session_token {
            secrets.add(session_token);
            secrets.add(encode::percent_encode(session_token).to_string());
        }
        Self { text: Redacted::new(text), secrets }
    }

    /// The token itself, only for logging in.
    pub(crate) fn expose(&self) -> &str {
        self.text.expose()
    }

    /// The token itself, for the person who asked for it.
    pub fn reveal(self) -> String {
        self.text.into_inner()
    }

    /// Its secret parts, to be redacted everywhere.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }
}

impl fmt::Debug for AuthToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthToken(redacted)")
    }
}
