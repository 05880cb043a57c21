//! A running emulator: its handle and its end, and what it leaves for others while it runs.
//!
//! Owns accepting clients, the files and the page, and the order in which things go down. Runs on the
//! caller's runtime; nothing of it outlives the [`Emulator`]. How it comes up is `options`.

pub(crate) mod admin;
pub(crate) mod ca_dir;
pub(crate) mod ca_file;
pub(crate) mod env_file;
pub(crate) mod environment;
pub(crate) mod own_file;
pub(crate) mod serve;
mod start_error;

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};

use crate::backend::Cluster;
use crate::client::Proxy;
use crate::observe::{Observer, Pin};
use crate::pool::Pool;
use crate::tls::Authority;

use ca_file::CaFile;
use environment::Variables;
pub use environment::{not_to_inherit, shell_block};
pub use own_file::OutputFile;
use own_file::OwnFile;
pub use start_error::StartError;

/// A running emulator. Dropping it stops it.
///
/// # Panics
///
/// When it is dropped or stopped after a connection's task has panicked, so that no test passes
/// over that. The log has the panic's message.
pub struct Emulator {
    // In the order of their end: connections first, the cluster last.
    pub(crate) tasks: JoinSet<()>,
    pub(crate) housekeeping: JoinSet<()>,
    pub(crate) stop: watch::Sender<()>,
    pub(crate) proxy: Arc<Proxy>,
    pub(crate) pools: [Arc<Pool>; 2],
    pub(crate) address: SocketAddr,
    pub(crate) reader_address: Option<SocketAddr>,
    pub(crate) admin_address: Option<SocketAddr>,
    pub(crate) authority: Arc<Authority>,
    pub(crate) ca_pem: String,
    pub(crate) ca_file: CaFile,
    pub(crate) environment: Variables,
    pub(crate) env_file: Option<OwnFile>,
    pub(crate) cluster: Option<Arc<Cluster>>,
}

impl Emulator {
    /// Where the read/write endpoint listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the read-only endpoint listens, if there is one.
    pub fn reader_address(&self) -> Option<SocketAddr> {
        self.reader_address
    }

    /// Where its page is served, if it is.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin_address
    }

    /// Who signed its certificates.
    pub fn authority(&self) -> Arc<Authority> {
        Arc::clone(&self.authority)
    }

    /// The root of the emulator's certificate authority, as PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The file that holds it, removed at the end unless it is in a folder that stays.
    pub fn ca_file(&self) -> &Path {
        self.ca_file.path()
    }

    /// The environment that makes the function talk to this emulator.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        self.environment.clone()
    }

    /// The passwords and tokens that arrived in clear, in order of arrival.
    ///
    /// # Panics
    ///
    /// Without an [`crate::Options::observer`], which has to be there for them to be kept.
    pub fn passwords_received(&self) -> Vec<String> {
        let observer = self.proxy.settings.observer.as_ref();
        assert!(observer.is_some(), "without Options::observer no password is kept");
        observer.map(Observer::passwords).unwrap_or_default()
    }

    /// The statements that pinned a session, or may have, after the one with this id, oldest first;
    /// 0 is before the first. The latest 10,000 are kept.
    pub fn pins_since(&self, id: u64) -> Vec<Pin> {
        self.proxy.pins.since(id).1
    }

    /// How many connections to the database are open, and how many of them are idle.
    pub fn database_connections(&self) -> (usize, usize) {
        let both = self.pools.iter().map(|pool| pool.connections());
        both.fold((0, 0), |(open, idle), (more, free)| (open + more, idle + free))
    }

    /// How many connections were accepted, whatever became of them.
    pub fn connections_accepted(&self) -> usize {
        self.proxy.connections_accepted()
    }

    /// Stops it and waits until nothing of it is left.
    pub async fn stop(mut self) {
        drop(self.env_file.take());
        self.stop.send_replace(());
        while self.tasks.join_next().await.is_some() {}
        self.housekeeping.shutdown().await;
        self.pools.iter().for_each(Pool::close_idle);
        let cluster = self.cluster.take();
        // Stopping a cluster blocks. It cannot fail; a panic there is already on stderr.
        drop(spawn_blocking(move || drop(cluster)).await);
    }
}

impl Drop for Emulator {
    /// Passes a connection's panic on, as the end of a scoped thread does.
    fn drop(&mut self) {
        let is_sound = thread::panicking() || !self.proxy.has_panicked();
        assert!(is_sound, "the task of an emulator's connection panicked; its log says why");
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("address", &self.address)
            .field("reader_address", &self.reader_address)
            .finish_non_exhaustive()
    }
}
