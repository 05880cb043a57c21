//! The emulator in front of MariaDB, met by a client of MySQL's.

mod login;
mod pins;
mod pool;
mod server;
mod session;
mod start;

use rds_proxy_emulator::{Emulator, Engine, Lines, Options, Principal};

use crate::support::mysql::{Login, MySql};
use crate::support::{emulator_of, options_of, sign_for_port, variable};

/// Options for an emulator in front of the shared cluster, and its log.
fn options() -> (Options, Lines) {
    options_of(Engine::MySql)
}

/// A running emulator with the default options.
async fn emulator() -> Emulator {
    emulator_of(Engine::MySql).await
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

/// The same, with other values in the login.
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
