//! The password of an IAM login: a signed token, and the keys that sign it.
//!
//! A token is a SigV4-presigned request whose scheme is cut off. It lives for 15 minutes, is
//! checked at login only and is never sent to AWS by us. What it opens is `session`'s matter.

mod credentials;
mod encode;
mod error;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod property;
mod redact;
mod sign;

use std::fmt;
use std::time::Duration;

pub use credentials::load_credentials;
pub use error::{CredentialsError, SignError};
pub use redact::{Redacted, Secrets};
pub use sign::sign_token;

/// How long a token is good for: the most that RDS accepts.
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
        secrets.add(text.as_str());
        secrets.add(signature);
        if let Some(session_token) = session_token {
            secrets.add(session_token);
            secrets.add(encode::percent_encode(session_token).to_string());
        }
        Self { text: Redacted::new(text), secrets }
    }

    /// The token itself: for the startup of a session, and for nothing else.
    pub(crate) fn expose(&self) -> &str {
        self.text.expose()
    }

    /// What must not be seen of it, wherever it turns up.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }
}

impl fmt::Debug for AuthToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthToken(redacted)")
    }
}
