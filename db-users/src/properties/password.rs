//! A user's password, and what the database keeps of it.

use std::fmt;

use postgres_protocol::password::scram_sha_256;
use rds_proxy_probe::token::Secrets;

/// A password with its SCRAM-SHA-256 verifier, which alone goes into SQL: statements may be
/// logged. `Debug` shows nothing of either.
/// <https://www.postgresql.org/docs/current/catalog-pg-authid.html>
#[derive(Clone)]
pub(crate) struct Password {
    clear: String,
    verifier: String,
}

impl Password {
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() || text.contains('\0') {
            return Err("its password is empty or contains a NUL byte");
        }
        Ok(Self { clear: text.to_owned(), verifier: scram_sha_256(text.as_bytes()) })
    }

    pub(crate) fn verifier(&self) -> &str {
        &self.verifier
    }

    /// Adds what must not be seen.
    pub(crate) fn hide_in(&self, secrets: &mut Secrets) {
        secrets.add(self.clear.as_str());
        secrets.add(self.verifier.as_str());
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(redacted)")
    }
}
