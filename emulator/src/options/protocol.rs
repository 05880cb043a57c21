//! What clients of an emulator speak.
//!
//! Owns that the options fit the engine, and with MySQL what the proxy shows of the database before a
//! client logs in.

use std::time::Duration;

use tokio::time::timeout;

use super::Options;
use crate::backend::mysql::greeting;
use crate::backend::{Backend, Target};
use crate::client::{MySqlServer, Protocol};
use crate::emulator::StartError;
use crate::engine::Engine;
use crate::users::{Asks, PasswordAuth};
use crate::wire::mysql::capability::{SHARED, offered};

/// How long a database may take for its greeting; a start does not depend on it.
const GREETS_WITHIN: Duration = Duration::from_secs(5);

/// The version that is shown without a database, as one was seen through a real proxy:
/// <https://github.com/mysql-net/MySqlConnector/issues/1526>.
const VERSION: &str = "8.0.28";

/// How password users are asked, if that and the backend are the engine's.
pub(super) fn checked(options: &Options) -> Result<Asks, StartError> {
    fitting(options.engine, &options.backend, options.password_auth)
}

/// The same, from what it depends on alone.
pub(crate) fn fitting(
    engine: Engine,
    backend: &Backend,
    password_auth: Option<PasswordAuth>,
) -> Result<Asks, StartError> {
    let of_backend = match backend {
        Backend::Url(url) => url.engine,
        Backend::Cluster(cluster) => cluster.engine(),
        Backend::Temporary | Backend::Absent => engine,
    };
    if of_backend != engine {
        return Err(StartError::Backend { is: of_backend, wanted: engine });
    }
    let is = password_auth.unwrap_or_else(|| PasswordAuth::usual(engine));
    let asks = is.asks();
    match (&asks, engine) {
        (Asks::PostgreSql(_), Engine::PostgreSql) | (Asks::MySql(_), Engine::MySql) => Ok(asks),
        (Asks::PostgreSql(_), Engine::MySql) | (Asks::MySql(_), Engine::PostgreSql) => {
            Err(StartError::PasswordAuth { is, engine })
        }
    }
}

/// The protocol in front of this database.
pub(super) async fn of(asks: Asks, target: &Target) -> Protocol {
    let passwords = match asks {
        Asks::PostgreSql(passwords) => return Protocol::PostgreSql { passwords },
        Asks::MySql(passwords) => passwords,
    };
    let (version, capabilities) = match timeout(GREETS_WITHIN, greeting(target)).await {
        Ok(Ok(greeting)) => (greeting.version, greeting.capabilities),
        Ok(Err(_)) | Err(_) => (VERSION.to_owned(), SHARED),
    };
    Protocol::MySql(MySqlServer { passwords, version, capabilities: offered(capabilities) })
}
