//! What an emulator is started with.
//!
//! Owns the options and their defaults. Does not know the command line, which is `cli`, nor what
//! becomes of an option.

#[cfg(test)]
mod cancellation;
mod database;
mod environment;
mod protocol;
mod start;

use std::ffi::OsString;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::backend::Backend;
use crate::client::OnPin;
use crate::clock::{Clock, SystemClock};
use crate::engine::Engine;
use crate::fault::Fault;
use crate::observe::{Log, LogDetail, Observer};
use crate::pool::PoolSettings;
use crate::script::Script;
use crate::tls::Authority;
use crate::users::{AuthScheme, PasswordAuth, PasswordUser, Principal};

pub use crate::emulator::StartError;
pub(crate) use protocol::fitting;
pub use start::start;

/// What becomes of users who have no role at a backend by URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingRoles {
    /// Their sessions are refused.
    #[default]
    Leave,
    /// They get one, made as the URL's user.
    Make,
}

/// How an emulator behaves. The defaults are those of the command line.
#[derive(Clone)]
pub struct Options {
    /// Which engine is behind the proxy, and so which protocol clients speak.
    pub engine: Engine,
    /// Where the read/write endpoint listens.
    pub listen: SocketAddr,
    /// Where the read-only endpoint listens, if there is to be one.
    pub reader_listen: Option<SocketAddr>,
    /// The host name that tokens and certificates of the read/write endpoint have.
    pub endpoint_host: String,
    /// The host name of the read-only endpoint.
    pub reader_host: String,
    /// The port that tokens are for, whatever port the emulator listens on; if not given, that of
    /// every RDS Proxy endpoint for the engine.
    pub endpoint_port: Option<u16>,
    /// The region that signs.
    pub region: String,
    /// The account in `dbuser` ARNs.
    pub account: String,
    /// The `prx-…` id in `dbuser` ARNs.
    pub proxy_id: String,
    /// What is behind the proxy.
    pub backend: Backend,
    /// What becomes of users who have no role at a backend by URL.
    pub missing_roles: MissingRoles,
    /// The database that clients connect to, else that of a backend by URL, else `app`. In a
    /// cluster of ours it is made, and belongs to the first user.
    pub database: Option<String>,
    /// What is run in that database before the first client comes.
    pub init_sql: Option<Script>,
    /// Who may sign tokens, and for which users.
    pub principals: Vec<Principal>,
    /// Database users that log in by IAM.
    pub iam_users: Vec<String>,
    /// Database users that log in by password.
    pub password_users: Vec<PasswordUser>,
    /// Where credentials come from.
    pub auth_scheme: AuthScheme,
    /// How password users are asked for their passwords; if not given, as is usual for the engine.
    pub password_auth: Option<PasswordAuth>,
    /// How many database connections clients share, and how long they wait for one.
    pub pool: PoolSettings,
    /// What happens at a statement that pins its session.
    pub on_pin: OnPin,
    /// Where the page about sessions, pool and pins is served, if it is to be.
    pub admin: Option<SocketAddr>,
    /// How long a client may ask for nothing: `IdleClientTimeout`.
    pub idle_client_timeout: Duration,
    /// How long a client's connection lives.
    pub client_life: Duration,
    /// Who signs the certificates; a new authority if not given. With the one of an
    /// earlier emulator, clients that trusted that one trust this one.
    pub authority: Option<Arc<Authority>>,
    /// A folder for an authority that outlives its emulators, unless one is given. What is not there
    /// yet is made; nothing in it is removed.
    pub ca_dir: Option<PathBuf>,
    /// Where the certificate authority is written; a temporary file if not named. It is removed at
    /// the end in either case. An existing file is not overwritten, unless an earlier emulator left
    /// it behind: the start fails.
    pub ca_out: Option<PathBuf>,
    /// Where the environment is written for other programs, once connections are accepted. As with
    /// `ca_out`, the file is removed at the end, and no other is overwritten.
    pub env_file: Option<PathBuf>,
    /// A way to misbehave, if it is to.
    pub fault: Option<Fault>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where refusals are explained.
    pub log: Log,
    /// How much is logged.
    pub log_detail: LogDetail,
    /// Keeps what a test wants to see of what clients send. Without one nothing is kept.
    pub observer: Option<Observer>,
    /// `PG_BIN` or, for MySQL, `MARIADB_BIN`, and `PATH`, where a temporary cluster's programs are looked for first.
    pub programs: (Option<OsString>, Option<OsString>),
    /// How long each thing that the start waits for may take, such as PostgreSQL's `initdb`.
    pub start_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            engine: Engine::default(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            reader_listen: None,
            endpoint_host: "demo.proxy-emulated0001.us-east-1.rds.amazonaws.com".to_owned(),
            reader_host: "demo-ro.endpoint.proxy-emulated0001.us-east-1.rds.amazonaws.com"
                .to_owned(),
            endpoint_port: None,
            region: "us-east-1".to_owned(),
            account: "123456789012".to_owned(),
            proxy_id: "prx-0123456789abcdef0".to_owned(),
            backend: Backend::Temporary,
            missing_roles: MissingRoles::default(),
            database: None,
            init_sql: None,
            principals: vec![Principal::demo()],
            iam_users: vec!["app".to_owned()],
            password_users: Vec::new(),
            auth_scheme: AuthScheme::default(),
            password_auth: None,
            pool: PoolSettings::default(),
            on_pin: OnPin::default(),
            admin: None,
            idle_client_timeout: Duration::from_mins(30),
            client_life: Duration::from_hours(24),
            authority: None,
            ca_dir: None,
            ca_out: None,
            env_file: None,
            fault: None,
            clock: Arc::new(SystemClock),
            log: Log::default(),
            log_detail: LogDetail::default(),
            observer: None,
            programs: (None, None),
            start_timeout: Duration::from_mins(1),
        }
    }
}

impl Options {
    /// The port that tokens are for.
    pub(crate) fn port(&self) -> u16 {
        self.endpoint_port.unwrap_or_else(|| self.engine.port())
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("endpoint_host", &self.endpoint_host)
            .field("backend", &self.backend)
            .field("database", &self.database)
            .field("principals", &self.principals)
            .field("iam_users", &self.iam_users)
            .field("password_users", &self.password_users)
            .finish_non_exhaustive()
    }
}
