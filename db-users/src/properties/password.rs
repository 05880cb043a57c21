//! A user's password, as far as the database needs it.

use std::fmt;

use postgres_protocol::password::scram_sha_256;
use rds_proxy_probe::config::Engine;
use rds_proxy_probe::token::{SecretLogin, Secrets};

/// A password as it goes into SQL. `Debug` shows nothing of it.
#[derive(Clone)]
pub(crate) struct Password {
    in_sql: String,
    secrets: Secrets,
}

impl Password {
    /// With PostgreSQL it is a SCRAM-SHA-256 verifier, since statements may be logged. With MySQL it is
    /// the password itself: which verifier a server takes depends on its default plugin, and MySQL
    /// leaves passwords out of its logs.
    /// <https://www.postgresql.org/docs/current/catalog-pg-authid.html>,
    /// <https://dev.mysql.com/doc/refman/8.4/en/password-logging.html>
    pub(crate) fn of(engine: Engine, login: &SecretLogin) -> Self {
        let in_sql = login.with_password(|password| match engine {
            Engine::PostgreSql => scram_sha_256(password.as_bytes()),
            Engine::MySql => password.to_owned(),
        });
        let mut secrets = login.secrets();
        secrets.add(in_sql.as_str());
        // As it stands within quotes.
        secrets.add(in_sql.replace('\'', "''"));
        Self { in_sql, secrets }
    }

    pub(crate) fn in_sql(&self) -> &str {
        &self.in_sql
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
