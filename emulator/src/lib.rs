//! A local stand-in for Amazon RDS Proxy in front of a real PostgreSQL or MariaDB.
//!
//! [`start`] runs one inside the caller's own runtime; the binary of the same name does it from the
//! command line. It terminates TLS with its own certificate authority, verifies IAM tokens and
//! passwords for real, refuses in RDS Proxy's own words, and relays sessions to the database.
//! It shares no code with any client: two implementations that agree are the proof.
//! What it emulates: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html>.
//!
//! Modules import only from their left:
//! `clock` → `engine` → `wire` → `sql` → `script` → `texts` → `users` → `token` → `tls` → `observe` →
//! `backend` → `pool` → `fault` → `client` → `emulator` → `options` → `cli` → `descriptors` →
//! `signals` → `exec`.

mod backend;
pub mod cli;
mod client;
mod clock;
mod emulator;
mod engine;
mod fault;
mod observe;
mod options;
mod pool;
mod script;
mod sql;
mod texts;
mod tls;
mod token;
mod users;
mod wire;

pub use backend::{
    AdminError, Backend, Cluster, ClusterError, InitSqlError, ServerError, Url, UrlError,
};
pub use client::OnPin;
pub use clock::{Clock, SystemClock};
pub use emulator::{Emulator, OutputFile, not_to_inherit, shell_block};
pub use engine::Engine;
pub use fault::{Fault, FaultError};
pub use observe::{Lines, Log, LogDetail, Observer, Pin, Writer};
pub use options::{MissingRoles, Options, StartError, start};
pub use pool::PoolSettings;
pub use script::{Script, ScriptError};
pub use tls::{Authority, TlsError};
pub use users::{
    AuthScheme, NoRandomness, PasswordAuth, PasswordUser, PasswordUserError, Principal,
    PrincipalError, SchemeError,
};
pub use wire::Refusal;
