//! What an emulator's endpoints stand in front of, started.
//!
//! Owns turning the backend option into a target for each endpoint, with the cluster and the
//! standby that takes. Does not know the endpoints.

use std::ffi::OsString;
use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::{Cluster, ClusterError, Target};
use crate::options::Backend;

/// Targets, and the cluster that they are in.
pub(crate) struct Behind {
    pub(crate) writer: Target,
    pub(crate) reader: Target,
    pub(crate) cluster: Option<Arc<Cluster>>,
}

impl Behind {
    /// Starts what is not running yet.
    pub(crate) async fn start(
        backend: Backend,
        programs: (Option<OsString>, Option<OsString>),
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
        let started = spawn_blocking(move || {
            let cluster = match (existing, programs) {
                (Some(cluster), _) => cluster,
                (None, (None, None)) => Cluster::start()?,
                (None, (pg_bin, path)) => Cluster::start_with(pg_bin, path)?,
            };
            let standby = if with_reader { Some(cluster.standby()?) } else { None };
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
