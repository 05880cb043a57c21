//! The file that tells clients whom to trust.
//!
//! Owns its place, its mode (everyone may read it: it holds a certificate, no key) and its removal.
//! A file that the emulator did not write is neither overwritten nor removed.

use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::{Builder, TempPath};

use super::StartError;
use crate::backend::Cluster;
use crate::removal::Removal;
use crate::tls::is_root_of_an_emulator;

const READABLE: u32 = 0o644;

/// No file with an emulator's authority is as long.
const LONG: u64 = 64 * 1024;

/// The file. Dropping this removes it.
#[derive(Debug)]
pub(super) struct CaFile {
    path: PathBuf,
    _in_cluster: Option<TempPath>,
    _removal: Option<Removal>,
    /// Locked, so that another emulator can tell that this one is running.
    _file: File,
}

impl CaFile {
    /// Writes the root where it is wanted, else beside the cluster, whose folder is removed however
    /// this process ends, else in the system's folder for temporary files.
    pub(super) fn write(
        wanted: Option<&Path>,
        pem: &str,
        cluster: Option<&Cluster>,
    ) -> Result<Self, StartError> {
        match (wanted, cluster) {
            (Some(path), _) => {
                let failed = |error| StartError::CaFile(path.to_owned(), error);
                let path = std::path::absolute(path).map_err(failed)?;
                let file = claim(&path)?;
                // It is ours from here on, and is removed if the rest fails.
                let path = TempPath::try_from_path(path).map_err(failed)?;
                fill(&file, pem).map_err(failed)?;
                Self::watched(file, path).map_err(failed)
            }
            (None, Some(cluster)) => {
                let (file, path) = temporary(cluster.folder(), pem)?;
                Ok(Self {
                    path: path.to_path_buf(),
                    _in_cluster: Some(path),
                    _removal: None,
                    _file: file,
                })
            }
            (None, None) => {
                let folder = std::env::temp_dir();
                let (file, path) = temporary(&folder, pem)?;
                Self::watched(file, path).map_err(|error| StartError::CaFile(folder, error))
            }
        }
    }

    /// A file that no cluster's folder takes along.
    fn watched(file: File, path: TempPath) -> io::Result<Self> {
        let removal = Removal::of(&path)?;
        let path = path.keep().map_err(|error| error.error)?;
        Ok(Self { path, _in_cluster: None, _removal: Some(removal), _file: file })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

fn temporary(folder: &Path, pem: &str) -> Result<(File, TempPath), StartError> {
    let made = || {
        let mut name = Builder::new();
        name.prefix("rds-proxy-emulator-ca-").suffix(".pem");
        let (file, path) = name.tempfile_in(folder)?.into_parts();
        fill(&file, pem)?;
        Ok((file, path))
    };
    made().map_err(|error| StartError::CaFile(folder.to_owned(), error))
}

fn fill(mut file: &File, pem: &str) -> io::Result<()> {
    file.write_all(pem.as_bytes())?;
    file.set_permissions(Permissions::from_mode(READABLE))
}

/// The file that is wanted, empty: a new one, or one that an emulator has left behind.
fn claim(path: &Path) -> Result<File, StartError> {
    let failed = |error| StartError::CaFile(path.to_owned(), error);
    let taken = |found: &str| StartError::CaFileTaken(path.to_owned(), found.to_owned());
    let opened = File::options().read(true).write(true).create_new(true).open(path);
    let (mut file, is_new) = match opened {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => (left_behind(path)?, false),
        opened => (opened.map_err(failed)?, true),
    };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            return Err(taken("the CA file of a running emulator"));
        }
        // Some file systems have no locks.
        Err(TryLockError::Error(_)) | Ok(()) => {}
    }
    if !is_new {
        file.set_len(0).and_then(|()| file.rewind()).map_err(failed)?;
    }
    Ok(file)
}

/// An existing file, if an emulator left it behind.
fn left_behind(path: &Path) -> Result<File, StartError> {
    let failed = |error| StartError::CaFile(path.to_owned(), error);
    let taken = |found: String| StartError::CaFileTaken(path.to_owned(), found);
    let kind = fs::symlink_metadata(path).map_err(failed)?.file_type();
    if !kind.is_file() {
        let found = if kind.is_dir() {
            "a folder"
        } else if kind.is_symlink() {
            "a symbolic link"
        } else {
            "not a regular file"
        };
        return Err(taken(found.to_owned()));
    }
    let length = fs::metadata(path).map_err(failed)?.len();
    let found = || taken(format!("a file of {length} bytes that no emulator wrote"));
    let mut text = Vec::new();
    File::open(path).and_then(|file| file.take(LONG).read_to_end(&mut text)).map_err(failed)?;
    if !is_root_of_an_emulator(&text) {
        return Err(found());
    }
    File::options().read(true).write(true).open(path).map_err(failed)
}
