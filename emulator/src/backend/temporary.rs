//! A temporary database server, in its own folder: PostgreSQL or MariaDB.
//!
//! Owns the folder, and what has to be there before the cluster's keeper can begin: programs that it
//! may run, and a user that the server accepts. Blocking, without a runtime: usable from a `OnceLock`.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::geteuid;

use super::cluster_error::ClusterError;
use super::keeper::{Keeper, Patience};
use super::programs::{Ids, Programs, open_to_all, unprivileged};
use super::removal::Removal;
use crate::engine::Engine;

/// The longest path of a Unix socket, less its NUL: 108 bytes on Linux, 104 on macOS
/// (<https://man7.org/linux/man-pages/man7/unix.7.html>).
const MAX_SOCKET_PATH: usize = 103;

/// A running temporary cluster. Dropping it stops and removes it.
///
/// It listens on a Unix socket in a folder that only its owner can enter, and does not wait for
/// disks. PostgreSQL trusts every client that connects there, MariaDB the users without a password.
#[derive(Debug)]
pub struct Cluster {
    engine: Engine,
    folder: PathBuf,
    keeper: Mutex<Keeper>,
    has_standby: AtomicBool,
}

impl Cluster {
    /// Makes and starts a cluster of PostgreSQL, with the programs that `PG_BIN`, `PATH`, the
    /// system's version folders or `.tools` in the working directory have.
    ///
    /// # Errors
    ///
    /// If there are no programs, no user to run them as, or PostgreSQL does not start.
    pub fn start() -> Result<Arc<Self>, ClusterError> {
        Self::start_of(Engine::PostgreSql)
    }

    /// Starts one of this engine. For MySQL it is MariaDB, by `MARIADB_BIN`.
    ///
    /// # Errors
    ///
    /// As [`Cluster::start`].
    pub fn start_of(engine: Engine) -> Result<Arc<Self>, ClusterError> {
        Self::start_by_environment(engine, &Patience::default())
    }

    /// Starts one, and waits no longer than this.
    #[expect(clippy::disallowed_methods, reason = "tests start clusters without a main")]
    pub(crate) fn start_by_environment(
        engine: Engine,
        patience: &Patience,
    ) -> Result<Arc<Self>, ClusterError> {
        let (bin, path) = (std::env::var_os(engine.bin_variable()), std::env::var_os("PATH"));
        Self::start_within(engine, patience, bin.as_deref(), path.as_deref())
    }

    /// A cluster of PostgreSQL, with `PG_BIN` and `PATH` handed in.
    ///
    /// # Errors
    ///
    /// As [`Cluster::start`].
    pub fn start_with<S: Into<OsString>>(
        pg_bin: Option<S>,
        path: Option<S>,
    ) -> Result<Arc<Self>, ClusterError> {
        let (pg_bin, path) = (pg_bin.map(S::into), path.map(S::into));
        let patience = Patience::default();
        Self::start_within(Engine::PostgreSql, &patience, pg_bin.as_deref(), path.as_deref())
    }

    /// A cluster of this engine, with its variable and `PATH` handed in, for as long as one has
    /// patience.
    pub(crate) fn start_within(
        engine: Engine,
        patience: &Patience,
        bin: Option<&OsStr>,
        path: Option<&OsStr>,
    ) -> Result<Arc<Self>, ClusterError> {
        let programs = Programs::locate(engine, bin, path)?;
        let folder = temporary_folder(engine)?;
        // The keeper removes the folder; this one does until there is a keeper.
        let removal = Removal::of(folder.path()).map_err(ClusterError::Folder)?;
        let ids = owner(engine, folder.path())?;
        let programs = programs.reachable(folder.path(), ids)?;
        if let Some(Ids { uid, gid }) = ids {
            chown(folder.path(), Some(uid), Some(gid)).map_err(ClusterError::Folder)?;
        }
        // Passing through is open to all, so that a client of another user can read the CA file.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o711))
            .map_err(ClusterError::Folder)?;
        let mut keeper = Keeper::start(folder.path(), &programs, ids)?;
        removal.release();
        let folder = folder.keep();
        keeper.answer(patience)?;
        let (keeper, has_standby) = (Mutex::new(keeper), AtomicBool::new(false));
        Ok(Arc::new(Self { engine, folder, keeper, has_standby }))
    }

    /// Whose server it is.
    pub(crate) fn engine(&self) -> Engine {
        self.engine
    }

    /// The cluster's folder. It is removed with everything in it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The socket of the primary.
    pub fn socket(&self) -> PathBuf {
        self.folder.join(sockets(self.engine).0)
    }

    /// Starts a standby that follows the primary, unless there is one, and returns its socket.
    /// MariaDB's primary starts again for it.
    ///
    /// # Errors
    ///
    /// If the base backup or the start fails; the cluster is then gone.
    pub fn standby(&self) -> Result<PathBuf, ClusterError> {
        self.standby_within(&Patience::default())
    }

    /// Starts it, and waits no longer than this.
    pub(crate) fn standby_within(&self, patience: &Patience) -> Result<PathBuf, ClusterError> {
        let mut keeper = self.keeper();
        if !self.has_standby.load(Ordering::Relaxed) {
            let request = match self.engine {
                Engine::PostgreSql => "standby".to_owned(),
                Engine::MySql => format!("standby {}", free_port()?),
            };
            keeper.ask(&request, patience)?;
            self.has_standby.store(true, Ordering::Relaxed);
        }
        Ok(self.folder.join(sockets(self.engine).1))
    }

    /// Ends the primary at once, as a crash does: its sessions are cut, and no client can connect
    /// until [`Cluster::recover`].
    /// <https://www.postgresql.org/docs/current/server-shutdown.html>
    ///
    /// # Errors
    ///
    /// If the keeper cannot be asked, or the server does not end; the cluster is then gone.
    pub fn crash(&self) -> Result<(), ClusterError> {
        self.keeper().ask("crash", &Patience::default())
    }

    /// Starts the primary again after [`Cluster::crash`], and waits until it takes clients.
    ///
    /// # Errors
    ///
    /// If it does not start; the cluster is then gone.
    pub fn recover(&self) -> Result<(), ClusterError> {
        self.keeper().ask("recover", &Patience::default())
    }

    fn keeper(&self) -> MutexGuard<'_, Keeper> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sockets' file names, the primary's and the standby's. PostgreSQL names them after the port.
fn sockets(engine: Engine) -> (&'static str, &'static str) {
    match engine {
        Engine::PostgreSql => ("s/.s.PGSQL.5432", "s/.s.PGSQL.5433"),
        Engine::MySql => ("s/primary.sock", "s/standby.sock"),
    }
}

/// A port for MariaDB's replication, which has no other way. Another program may take it in between,
/// and the start fails then.
fn free_port() -> Result<u16, ClusterError> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
    Ok(bound.map_err(ClusterError::Keeper)?.port())
}

/// A folder of our own whose sockets' paths are short enough, and that other users can reach if
/// we are root.
fn temporary_folder(engine: Engine) -> Result<tempfile::TempDir, ClusterError> {
    let usual = std::env::temp_dir();
    let fits = usual.as_os_str().len() + "/rds-emu-XXXXXX/".len() + sockets(engine).0.len()
        <= MAX_SOCKET_PATH;
    let is_open = open_to_all(&usual) && may_remove_there(&usual);
    let parent = if fits && is_open { usual } else { PathBuf::from("/tmp") };
    tempfile::Builder::new().prefix("rds-emu-").tempdir_in(parent).map_err(ClusterError::Folder)
}

/// Whether the keeper may remove its folder there: under another user only if all may.
fn may_remove_there(parent: &Path) -> bool {
    const WRITABLE_BY_OTHERS: u32 = 0o002;
    !geteuid().is_root()
        || fs::metadata(parent).is_ok_and(|parent| parent.mode() & WRITABLE_BY_OTHERS != 0)
}

/// The user that the cluster has to run as: ours, unless we are root. The new folder tells who we
/// are.
fn owner(engine: Engine, folder: &Path) -> Result<Option<Ids>, ClusterError> {
    let uid = fs::metadata(folder).map_err(ClusterError::Folder)?.uid();
    if uid != 0 {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd").map_err(ClusterError::Folder)?;
    unprivileged(engine, &passwd).map(Some).ok_or(ClusterError::NoUser(engine))
}
