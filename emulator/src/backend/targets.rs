//! What an emulator's endpoints stand in front of, started.
//!
//! Owns the backend option, and turning it into a target for each endpoint, with the cluster and
//! the standby that takes. Does not know the endpoints.

use std::ffi::OsString;
use std::os::unix::net::UnixStream;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;

use super::keeper::Patience;
use super::{Cluster, ClusterError, Target, Url, UrlError};
use crate::engine::Engine;

/// What is behind the proxy.
#[derive(Clone, Debug, Default)]
pub enum Backend {
    /// A new PostgreSQL cluster or MariaDB server, removed at the end.
    #[default]
    Temporary,
    /// A server that is there already. Users need their own roles on it.
    Url(Url),
    /// A temporary cluster that is running already and that many emulators may share.
    Cluster(Arc<Cluster>),
    /// Nothing: logins succeed, each query gets the borrow timeout's text. Needs no thread, so it
    /// works under a paused clock.
    Absent,
}

/// `temporary`, or a `postgres://` or `mysql://` URL.
impl FromStr for Backend {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "temporary" { Ok(Self::Temporary) } else { text.parse().map(Self::Url) }
    }
}

/// Targets, and the cluster that they are in.
pub(crate) struct Targets {
    pub(crate) writer: Target,
    pub(crate) reader: Target,
    pub(crate) cluster: Option<Arc<Cluster>>,
}

impl Targets {
    /// Starts what is not running yet.
    pub(crate) async fn start(
        backend: Backend,
        (engine, (bin, path)): (Engine, (Option<OsString>, Option<OsString>)),
        limit: Duration,
        with_reader: bool,
    ) -> Result<Self, ClusterError> {
        let existing = match backend {
            Backend::Absent => {
                return Ok(Self { writer: Target::Absent, reader: Target::Absent, cluster: None });
            }
            // A URL names one server, and a proxy knows no reader of it.
            Backend::Url(url) => {
                let writer = Target::Server(url);
                return Ok(Self { writer, reader: Target::NoReader, cluster: None });
            }
            Backend::Cluster(cluster) => Some(cluster),
            Backend::Temporary => None,
        };
        // Closed when this future is dropped, since the thread cannot be.
        let (_giving_up, given_up) = UnixStream::pair().map_err(ClusterError::Keeper)?;
        let patience = Patience { limit, given_up: Some(given_up) };
        let started = spawn_blocking(move || {
            let cluster = match (existing, (bin, path)) {
                (Some(cluster), _) => cluster,
                (None, (None, None)) => Cluster::start_by_environment(engine, &patience)?,
                (None, (bin, path)) => {
                    Cluster::start_within(engine, &patience, bin.as_deref(), path.as_deref())?
                }
            };
            let standby = if with_reader { Some(cluster.standby_within(&patience)?) } else { None };
            Ok((cluster, standby))
        });
        let started = started.await.unwrap_or_else(|join| Err(ClusterError::Keeper(join.into())));
        let (cluster, standby) = started?;
        Ok(Self {
            writer: Target::Socket(cluster.socket()),
            reader: standby.map_or(Target::NoReader, Target::Socket),
            cluster: Some(cluster),
        })
    }
}
