//! The programs of a temporary cluster, and as which user they run.
//!
//! Owns what is the same for both engines: neither server runs as root, so a root caller gets
//! another user's id, and a copy of the programs where that user can't reach them. Where an engine's
//! programs are is for `binaries` and `mariadb` to say.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cluster_error::ClusterError;
use super::{binaries, mariadb};
use crate::engine::Engine;

/// An engine's programs, found.
#[derive(Debug)]
pub(super) struct Programs {
    pub(super) engine: Engine,
    pub(super) bin: PathBuf,
    /// The folder of MariaDB's messages and scripts. PostgreSQL finds its own.
    pub(super) share: PathBuf,
}

/// A user and group id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ids {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Programs {
    /// Where they are. `bin` is the value of `PG_BIN` or `MARIADB_BIN`.
    pub(super) fn locate(
        engine: Engine,
        bin: Option<&OsStr>,
        path: Option<&OsStr>,
    ) -> Result<Self, ClusterError> {
        let (bin, share) = match engine {
            Engine::PostgreSql => (binaries::locate(bin, path)?, PathBuf::new()),
            Engine::MySql => mariadb::locate(bin, path)?,
        };
        Ok(Self { engine, bin, share })
    }

    /// These, or a copy in the folder if the other user can't get there.
    pub(super) fn reachable(self, folder: &Path, ids: Option<Ids>) -> Result<Self, ClusterError> {
        let is_open = open_to_all(&self.bin)
            && (self.engine == Engine::PostgreSql || open_to_all(&self.share));
        let Some(Ids { uid, gid }) = ids.filter(|_| !is_open) else { return Ok(self) };
        let copies = folder.join("programs");
        let copy = match self.engine {
            Engine::PostgreSql => Self { bin: copy_installation(&self.bin, &copies)?, ..self },
            Engine::MySql => {
                let (bin, share) = (copies.join("bin"), copies.join("share"));
                fs::create_dir_all(&bin).map_err(ClusterError::Folder)?;
                run(Command::new("cp").arg(self.bin.join(mariadb::PROGRAM)).arg(&bin))?;
                run(Command::new("cp").arg("-RL").args([&self.share, &share]))?;
                Self { bin, share, ..self }
            }
        };
        // The keeper runs as that user too, and removes the copy.
        run(Command::new("chown").args(["-R", &format!("{uid}:{gid}")]).arg(&copies))?;
        Ok(copy)
    }
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

/// The user that the server runs as if we are root: the engine's own if there is one, else `nobody`.
pub(super) fn unprivileged(engine: Engine, passwd: &str) -> Option<Ids> {
    [own_user(engine), "nobody"].iter().find_map(|name| {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            if fields.next() != Some(name) {
                return None;
            }
            let mut fields = fields.skip(1).map(str::parse);
            Some(Ids { uid: fields.next()?.ok()?, gid: fields.next()?.ok()? })
        })
    })
}

/// The user that an engine's packages make.
pub(super) fn own_user(engine: Engine) -> &'static str {
    match engine {
        Engine::PostgreSql => "postgres",
        Engine::MySql => "mysql",
    }
}

/// Whether every user may pass through all folders down to this one.
pub(super) fn open_to_all(folder: &Path) -> bool {
    const SEARCH_BY_OTHERS: u32 = 0o001;
    folder.ancestors().all(|folder| {
        fs::metadata(folder).is_ok_and(|metadata| metadata.mode() & SEARCH_BY_OTHERS != 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_user_comes_before_nobody() {
        let (postgres, mysql) = (Engine::PostgreSql, Engine::MySql);
        let passwd = "root:x:0:0::/root:/bin/sh\nnobody:x:9:8::/:/bin/false\n";
        assert_eq!(unprivileged(postgres, passwd), Some(Ids { uid: 9, gid: 8 }));
        let passwd = format!("{passwd}postgres:x:101:104:,,,:/var:/bin/sh\n");
        assert_eq!(unprivileged(postgres, &passwd), Some(Ids { uid: 101, gid: 104 }));
        assert_eq!(unprivileged(mysql, &passwd), Some(Ids { uid: 9, gid: 8 }));
        assert_eq!(unprivileged(mysql, ""), None);
    }
}
