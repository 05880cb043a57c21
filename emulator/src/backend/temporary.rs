//! A PostgreSQL cluster of its own, in a temporary folder.
//!
//! Owns the folder, and what has to be there before the cluster's keeper can begin: programs that it
//! may run, and a user that PostgreSQL accepts. Blocking, without a runtime: usable from a `OnceLock`.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::geteuid;

use super::binaries::{self, Ids};
use super::cluster_error::ClusterError;
use super::keeper::{Keeper, Patience};
use super::removal::Removal;

/// The sockets' file names; PostgreSQL names them after the port.
const PRIMARY_SOCKET: &str = "s/.s.PGSQL.5432";
const STANDBY_SOCKET: &str = "s/.s.PGSQL.5433";

/// The longest path of a Unix socket, less its NUL: 108 bytes on Linux, 104 on macOS
/// (<https://man7.org/linux/man-pages/man7/unix.7.html>).
const MAX_SOCKET_PATH: usize = 103;

/// A running temporary PostgreSQL cluster. Dropping it stops and removes it.
///
/// It listens on a Unix socket in a folder that only its owner can enter, trusts every client that
/// comes through there, and does not wait for disks.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    keeper: Mutex<Keeper>,
    has_standby: AtomicBool,
}

impl Cluster {
    /// Makes and starts a cluster, with the programs that `PG_BIN`, `PATH`, the system's version
    /// folders or `.tools` in the working directory have.
    ///
    /// # Errors
    ///
    /// If there are no programs, no user to run them as, or PostgreSQL does not start.
    pub fn start() -> Result<Arc<Self>, ClusterError> {
        Self::start_by_environment(&Patience::default())
    }

    /// Likewise, for as long as one has patience.
    #[expect(clippy::disallowed_methods, reason = "tests start clusters without a main")]
    pub(crate) fn start_by_environment(patience: &Patience) -> Result<Arc<Self>, ClusterError> {
        let (pg_bin, path) = (std::env::var_os("PG_BIN"), std::env::var_os("PATH"));
        Self::start_within(patience, pg_bin.as_deref(), path.as_deref())
    }

    /// Likewise, with `PG_BIN` and `PATH` handed in.
    ///
    /// # Errors
    ///
    /// As [`Cluster::start`].
    pub fn start_with<S: Into<OsString>>(
        pg_bin: Option<S>,
        path: Option<S>,
    ) -> Result<Arc<Self>, ClusterError> {
        let (pg_bin, path) = (pg_bin.map(S::into), path.map(S::into));
        Self::start_within(&Patience::default(), pg_bin.as_deref(), path.as_deref())
    }

    /// Likewise, for as long as one has patience.
    pub(crate) fn start_within(
        patience: &Patience,
        pg_bin: Option<&OsStr>,
        path: Option<&OsStr>,
    ) -> Result<Arc<Self>, ClusterError> {
        let bin = binaries::locate(pg_bin, path)?;
        let folder = temporary_folder()?;
        // The keeper removes the folder; this one does until there is a keeper.
        let removal = Removal::of(folder.path()).map_err(ClusterError::Folder)?;
        let ids = owner(folder.path())?;
        let bin = reachable(bin, folder.path(), ids)?;
        if let Some(Ids { uid, gid }) = ids {
            chown(folder.path(), Some(uid), Some(gid)).map_err(ClusterError::Folder)?;
        }
        // Passing through is open to all, so that a client of another user can read the CA file.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o711))
            .map_err(ClusterError::Folder)?;
        let mut keeper = Keeper::start(folder.path(), &bin, ids)?;
        removal.release();
        let folder = folder.keep();
        keeper.answer(patience)?;
        let (keeper, has_standby) = (Mutex::new(keeper), AtomicBool::new(false));
        Ok(Arc::new(Self { folder, keeper, has_standby }))
    }

    /// The cluster's folder. It is removed with everything in it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The socket of the primary.
    pub fn socket(&self) -> PathBuf {
        self.folder.join(PRIMARY_SOCKET)
    }

    /// Starts a streaming standby, unless there is one, and returns its socket.
    ///
    /// # Errors
    ///
    /// If the base backup or the start fails; the cluster is then gone.
    pub fn standby(&self) -> Result<PathBuf, ClusterError> {
        self.standby_within(&Patience::default())
    }

    /// Likewise, for as long as one has patience.
    pub(crate) fn standby_within(&self, patience: &Patience) -> Result<PathBuf, ClusterError> {
        let mut keeper = self.keeper();
        if !self.has_standby.load(Ordering::Relaxed) {
            keeper.ask("standby", patience)?;
            self.has_standby.store(true, Ordering::Relaxed);
        }
        Ok(self.folder.join(STANDBY_SOCKET))
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

/// A folder of our own whose sockets' paths are short enough, and that other users can reach if
/// we are root.
fn temporary_folder() -> Result<tempfile::TempDir, ClusterError> {
    let usual = std::env::temp_dir();
    let fits = usual.as_os_str().len() + "/rds-emu-XXXXXX/".len() + PRIMARY_SOCKET.len()
        <= MAX_SOCKET_PATH;
    let is_open = binaries::open_to_all(&usual) && may_remove_there(&usual);
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
fn owner(folder: &Path) -> Result<Option<Ids>, ClusterError> {
    let uid = fs::metadata(folder).map_err(ClusterError::Folder)?.uid();
    if uid != 0 {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd").map_err(ClusterError::Folder)?;
    binaries::unprivileged(&passwd).map(Some).ok_or(ClusterError::NoUser)
}

/// The programs' folder, or a copy of the whole installation if the other user cannot get there.
fn reachable(bin: PathBuf, folder: &Path, ids: Option<Ids>) -> Result<PathBuf, ClusterError> {
    let Some(Ids { uid, gid }) = ids.filter(|_| !binaries::open_to_all(&bin)) else {
        return Ok(bin);
    };
    let copies = folder.join("postgresql");
    let copy = copy_installation(&bin, &copies)?;
    // The keeper runs as that user too, and removes the copy.
    run(Command::new("chown").args(["-R", &format!("{uid}:{gid}")]).arg(&copies))?;
    Ok(copy)
}

/// Copies the installation that `bin` belongs to, and returns the copy's `bin`. In a Python wheel
/// the libraries are in a folder beside the package, which the programs find from where they are:
/// <https://github.com/pypa/auditwheel/blob/main/src/auditwheel/repair.py>.
fn copy_installation(bin: &Path, copies: &Path) -> Result<PathBuf, ClusterError> {
    let installation = bin.parent().unwrap_or(bin);
    let package = installation.parent().unwrap_or(installation);
    let copy = copies.join(package.file_name().unwrap_or_default());
    fs::create_dir_all(&copy).map_err(ClusterError::Folder)?;
    run(Command::new("cp").arg("-RL").args([installation, &copy]))?;
    let mut libraries = OsString::from(package);
    libraries.push(".libs");
    if Path::new(&libraries).is_dir() {
        run(Command::new("cp").arg("-RL").args([Path::new(&libraries), copies]))?;
    }
    Ok(copy.join(installation.file_name().unwrap_or_default()).join("bin"))
}

fn run(command: &mut Command) -> Result<(), ClusterError> {
    let status = command.status().map_err(ClusterError::Folder)?;
    if status.success() {
        Ok(())
    } else {
        Err(ClusterError::Folder(io::Error::other(format!("{command:?}: {status}"))))
    }
}
