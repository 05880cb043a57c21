//! What an emulator is started with.
//!
//! Owns the options and their defaults. Does not know the command line, which is `cli`, nor what
//! becomes of an option.

use std::ffi::OsString;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::backend::{Cluster, Url, UrlError};
use crate::clock::{Clock, SystemClock};
use crate::fault::Fault;
use crate::log::Log;
use crate::login::{AuthScheme, PasswordAuth};
use crate::observer::Observer;
use crate::principal::Principal;
use crate::script::Script;
use crate::tls::Authority;

/// How an emulator behaves. The defaults are those of the command line.
#[derive(Clone)]
pub struct Options {
    /// Where the read/write endpoint listens.
    pub listen: SocketAddr,
    /// Where the read-only endpoint listens, if there is to be one.
    pub reader_listen: Option<SocketAddr>,
    /// The host name that tokens and certificates of the read/write endpoint carry.
    pub endpoint_host: String,
    /// Likewise for the read-only endpoint.
    pub reader_host: String,
    /// The region that signs.
    pub region: String,
    /// The account in `dbuser` ARNs.
    pub account: String,
    /// The `prx-…` id in `dbuser` ARNs.
    pub proxy_id: String,
    /// What is behind the proxy.
    pub backend: Backend,
    /// The database that clients are told of, else that of a backend by URL, else `app`. In a
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
    /// How password users are asked for their passwords.
    pub password_auth: PasswordAuth,
    /// Who signs the certificates; an authority of its own if not given. With the one of an
    /// emulator that has ended, clients that trusted that one trust this one.
    pub authority: Option<Arc<Authority>>,
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
    /// Keeps what a test wants to see of what clients send. Without one nothing is kept.
    pub observer: Option<Observer>,
    /// `PG_BIN` and `PATH`, where a temporary cluster's programs are looked for first.
    pub programs: (Option<OsString>, Option<OsString>),
    /// How long each thing that the start waits for may take, such as PostgreSQL's `initdb`.
    pub start_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            reader_listen: None,
            endpoint_host: "demo.proxy-emulated0001.us-east-1.rds.amazonaws.com".to_owned(),
            reader_host: "demo-ro.endpoint.proxy-emulated0001.us-east-1.rds.amazonaws.com"
                .to_owned(),
            region: "us-east-1".to_owned(),
            account: "123456789012".to_owned(),
            proxy_id: "prx-0123456789abcdef0".to_owned(),
            backend: Backend::Temporary,
            database: None,
            init_sql: None,
            principals: vec![Principal::demo()],
            iam_users: vec!["app".to_owned()],
            password_users: Vec::new(),
            auth_scheme: AuthScheme::default(),
            password_auth: PasswordAuth::default(),
            authority: None,
            ca_out: None,
            env_file: None,
            fault: None,
            clock: Arc::new(SystemClock),
            log: Log::default(),
            observer: None,
            programs: (None, None),
            start_timeout: Duration::from_mins(1),
        }
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

/// What is behind the proxy.
#[derive(Clone, Debug, Default)]
pub enum Backend {
    /// A PostgreSQL cluster of the emulator's own, removed at the end.
    #[default]
    Temporary,
    /// A server that is there already. Users need roles of their own on it.
    Url(Url),
    /// A temporary cluster that is running already and that many emulators may share.
    Cluster(Arc<Cluster>),
    /// Nothing: logins succeed, each query gets the borrow timeout's text. Needs no thread, so it
    /// works under a paused clock.
    Absent,
}

/// `temporary` or a `postgres://` URL.
impl FromStr for Backend {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "temporary" { Ok(Self::Temporary) } else { text.parse().map(Self::Url) }
    }
}

/// A database user that logs in by password.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordUser {
    /// The user's name.
    pub name: String,
    password: String,
}

impl PasswordUser {
    /// A user with this password.
    pub fn new(name: impl Into<String>, password: impl Into<String>) -> Self {
        Self { name: name.into(), password: password.into() }
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }
}

/// Shows no password.
impl fmt::Debug for PasswordUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordUser").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A `--password-user` without a colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordUserError;

impl fmt::Display for PasswordUserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected NAME:PASSWORD")
    }
}

impl std::error::Error for PasswordUserError {}

/// `NAME:PASSWORD`; the password may hold colons, the name none.
impl FromStr for PasswordUser {
    type Err = PasswordUserError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, password) = text.split_once(':').ok_or(PasswordUserError)?;
        if name.is_empty() || password.is_empty() {
            return Err(PasswordUserError);
        }
        Ok(Self::new(name, password))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_may_hold_colons_and_debug_hides_it() {
        let user: PasswordUser = "app:a:b".parse().expect("well formed");
        assert_eq!((user.name.as_str(), user.password()), ("app", "a:b"));
        assert_eq!(format!("{user:?}"), "PasswordUser { name: \"app\", .. }");
        for text in ["app", "app:", ":a", ""] {
            assert_eq!(text.parse::<PasswordUser>(), Err(PasswordUserError), "{text}");
        }
    }
}
