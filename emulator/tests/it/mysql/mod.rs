//! The emulator in front of MariaDB, met by a client of MySQL's.

mod login;
mod pins;
mod pool;
mod server;
mod session;
mod start;

use std::sync::{Arc, OnceLock};

use rds_proxy_emulator::{
    Backend, Cluster, Emulator, Engine, Lines, Log, Observer, Options, Principal, start,
};

use crate::support::mysql::{Login, MySql};
use crate::support::{sign_for_port, variable};

/// The cluster of this test binary.
fn cluster() -> Arc<Cluster> {
    static CLUSTER: OnceLock<Arc<Cluster>> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(|| Cluster::start_of(Engine::MySql).expect("mariadbd"));
    Arc::clone(cluster)
}

/// Options for an emulator in front of the shared cluster, and its log.
pub(crate) fn options() -> (Options, Lines) {
    let log = Lines::default();
    let options = Options {
        engine: Engine::MySql,
        backend: Backend::Cluster(cluster()),
        log: Log::Lines(log.clone()),
        observer: Some(Observer::default()),
        ..Options::default()
    };
    (options, log)
}

/// A running emulator with the default options.
async fn emulator() -> Emulator {
    start(options().0).await.expect("an emulator")
}

/// A token of the demo principal's.
fn token(emulator: &Emulator, user: &str) -> String {
    let now = std::time::SystemTime::now();
    sign_for_port(&Principal::demo(), (&variable(emulator, "DB_HOST"), 3306), user, now)
}

/// A session as `app`.
pub(crate) async fn session(emulator: &Emulator) -> MySql {
    session_with(emulator, |_| {}).await
}

/// Likewise, with other values in the login.
pub(crate) async fn session_with(
    emulator: &Emulator,
    change: impl FnOnce(&mut Login<'_>),
) -> MySql {
    let token = token(emulator, "app");
    let mut login = Login::new("app", &token);
    change(&mut login);
    MySql::log_in(emulator, &login).await.expect("a session")
}

/// Which database connection a session has just now.
async fn connection(session: &mut MySql) -> String {
    session.value("SELECT CONNECTION_ID()").await.expect("a number")
}
