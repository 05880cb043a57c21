//! A user's password, as far as the database needs it.

use std::fmt;

use postgres_protocol::password::scram_sha_256;
use rds_proxy_probe::token::{SecretLogin, Secrets};

/// A password's SCRAM-SHA-256 verifier, which alone goes into SQL: statements may be logged.
/// `Debug` shows nothing of either.
/// <https://www.postgresql.org/docs/current/catalog-pg-authid.html>
#[derive(Clone)]
pub(crate) struct Password {
    verifier: String,
    secrets: Secrets,
}

impl Password {
    pub(crate) fn of(login: &SecretLogin) -> Self {
        let verifier = login.with_password(|password| scram_sha_256(password.as_bytes()));
        let mut secrets = login.secrets();
        secrets.add(verifier.as_str());
        Self { verifier, secrets }
    }

    pub(crate) fn verifier(&self) -> &str {
        &self.verifier
    }

    /// Adds its secrets.
    pub(crate) fn hide_in(&self, secrets: &mut Secrets) {
        secrets.extend(&self.secrets);
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(redacted)")
    }
}
