//! A PostgreSQL cluster of its own, in a temporary folder.
//!
//! Owns the folder and the keeper, a small shell process (`keeper.sh`) that makes, starts, stops
//! and removes the cluster. The keeper lives until the pipe to it closes, so a panic or SIGKILL
//! here removes the cluster all the same. Blocking, without a runtime: usable from a `OnceLock`.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use super::binaries::{self, Ids};
use super::cluster_error::ClusterError;

const KEEPER: &str = include_str!("keeper.sh");

/// The sockets' file names; PostgreSQL names them after the port.
const PRIMARY_SOCKET: &str = "s/.s.PGSQL.5432";
const STANDBY_SOCKET: &str = "s/.s.PGSQL.5433";

/// The longest path of a Unix socket, less its NUL: 108 bytes on Linux, 104 on macOS
/// (<https://man7.org/linux/man-pages/man7/unix.7.html>).
const MAX_SOCKET_PATH: usize = 103;

/// A running temporary PostgreSQL cluster. Dropping it stops and removes it.
///
/// It listens on a Unix socket in a folder that only its owner can enter, trusts whoever comes
/// through there, and does not wait for disks.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    keeper: Mutex<Keeper>,
}

/// The keeper and what it has been asked for.
#[derive(Debug)]
struct Keeper {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    has_standby: bool,
}

impl Cluster {
    /// Makes and starts a cluster, with the programs that `PG_BIN`, `PATH`, the system's version
    /// folders or `.tools` in the working directory have.
    ///
    /// # Errors
    ///
    /// If there are no programs, no user to run them as, or PostgreSQL does not start.
    #[expect(clippy::disallowed_methods, reason = "tests start clusters without a main")]
    pub fn start() -> Result<Arc<Self>, ClusterError> {
        Self::start_with(std::env::var_os("PG_BIN"), std::env::var_os("PATH"))
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
        let bin = binaries::locate(pg_bin.as_deref(), path.as_deref())?;
        // The keeper removes the folder; this guard does until there is a keeper.
        let guard = temporary_folder()?;
        let ids = owner(guard.path())?;
        let bin = reachable(bin, guard.path(), ids)?;
        if let Some(Ids { uid, gid }) = ids {
            chown(guard.path(), Some(uid), Some(gid)).map_err(ClusterError::Folder)?;
        }
        // Passing through is open to all, so that a client of another user can read the CA file.
        fs::set_permissions(guard.path(), Permissions::from_mode(0o711))
            .map_err(ClusterError::Folder)?;
        let mut keeper = Keeper::start(guard.path(), &bin, ids)?;
        let folder = guard.keep();
        keeper.answer()?;
        Ok(Arc::new(Self { folder, keeper: Mutex::new(keeper) }))
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
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        if !keeper.has_standby {
            keeper.ask("standby")?;
            keeper.has_standby = true;
        }
        Ok(self.folder.join(STANDBY_SOCKET))
    }

    /// Ends the primary at once, as a crash does: its sessions are cut, and nobody can connect
    /// until [`Cluster::recover`].
    /// <https://www.postgresql.org/docs/current/server-shutdown.html>
    ///
    /// # Errors
    ///
    /// If the keeper cannot be asked.
    pub fn crash(&self) -> Result<(), ClusterError> {
        self.ask("crash")
    }

    /// Starts the primary again after [`Cluster::crash`], and waits until it takes clients.
    ///
    /// # Errors
    ///
    /// If it does not start; the cluster is then gone.
    pub fn recover(&self) -> Result<(), ClusterError> {
        self.ask("recover")
    }

    fn ask(&self, request: &str) -> Result<(), ClusterError> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner).ask(request)
    }
}

impl Keeper {
    fn start(folder: &Path, bin: &Path, ids: Option<Ids>) -> Result<Self, ClusterError> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", KEEPER, "keeper"]).args([folder, bin]).current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C in a terminal goes to a process group: ours may end, the keeper must still clean.
        command.process_group(0);
        if let Some(Ids { uid, gid }) = ids {
            command.uid(uid).gid(gid);
        }
        let mut child = command.spawn().map_err(ClusterError::Keeper)?;
        let answers = child.stdout.take().ok_or_else(|| ClusterError::Keeper(no_pipe()))?;
        let requests = child.stdin.take();
        Ok(Self { child, requests, answers: BufReader::new(answers), has_standby: false })
    }

    fn ask(&mut self, request: &str) -> Result<(), ClusterError> {
        let requests = self.requests.as_mut().ok_or_else(|| ClusterError::Keeper(no_pipe()))?;
        writeln!(requests, "{request}").map_err(ClusterError::Keeper)?;
        self.answer()
    }

    fn answer(&mut self) -> Result<(), ClusterError> {
        let mut answer = String::new();
        self.answers.read_line(&mut answer).map_err(ClusterError::Keeper)?;
        if answer.trim_end() == "ready" {
            return Ok(());
        }
        let mut log = String::new();
        if let Some(errors) = self.child.stderr.as_mut() {
            errors.take(4096).read_to_string(&mut log).map_err(ClusterError::Keeper)?;
        }
        Err(ClusterError::PostgreSql { answer: answer.trim_end().to_owned(), log })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.requests.take());
        // Waiting makes "dropped" mean "gone". There is no one to tell if it fails.
        drop(self.child.wait());
    }
}

fn no_pipe() -> io::Error {
    io::Error::from(io::ErrorKind::BrokenPipe)
}

/// A folder of our own whose sockets' paths are short enough, and that other users can reach if
/// we are root.
fn temporary_folder() -> Result<tempfile::TempDir, ClusterError> {
    let usual = std::env::temp_dir();
    let fits = usual.as_os_str().len() + "/rds-emu-XXXXXX/".len() + PRIMARY_SOCKET.len()
        <= MAX_SOCKET_PATH;
    let parent = if fits && binaries::open_to_all(&usual) { usual } else { PathBuf::from("/tmp") };
    tempfile::Builder::new().prefix("rds-emu-").tempdir_in(parent).map_err(ClusterError::Folder)
}

/// Whom the cluster has to run as: nobody else, unless we are root. The new folder tells who we
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
