//! A local stand-in for Amazon RDS Proxy in front of a real PostgreSQL.
//!
//! [`start`] runs one inside the caller's own runtime; the binary of the same name does it from the
//! command line. It terminates TLS under a certificate authority of its own, verifies IAM tokens
//! and passwords for real, refuses in RDS Proxy's own words, and hands sessions on to PostgreSQL.
//! It shares no code with any client: two implementations that agree are the proof.
//! What it emulates: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html>.

mod answers;
mod backend;
pub mod cli;
mod clock;
mod conversation;
mod emulator;
mod end;
mod environment;
mod fault;
mod log;
mod login;
mod observer;
mod options;
mod principal;
mod proxy;
mod removal;
mod script;
mod serve;
mod socket;
mod tls;
mod token;
mod wire;

pub use answers::Refusal;
pub use backend::{AdminError, Cluster, ClusterError, InitSqlError, ServerError, Url, UrlError};
pub use clock::{Clock, SystemClock};
pub use emulator::{Emulator, OutputFile, StartError, start};
pub use environment::{not_to_inherit, shell_block};
pub use fault::{Fault, FaultError};
pub use log::{Lines, Log, Writer};
pub use login::{AuthScheme, NoRandomness, PasswordAuth, SchemeError};
pub use observer::Observer;
pub use options::{Backend, Options, PasswordUser, PasswordUserError};
pub use principal::{Principal, PrincipalError};
pub use script::{Script, ScriptError};
pub use tls::{Authority, TlsError};
