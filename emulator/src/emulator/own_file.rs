//! A file that the emulator writes where it is asked to.
//!
//! Owns its removal, the lock by which another emulator can tell that this one runs, and the rule
//! that what the emulator did not write is neither overwritten nor removed. Does not know what is in
//! the file.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::StartError;
use crate::backend::Removal;

/// No file of an emulator's is as long.
const LONG: u64 = 64 * 1024;

/// Which file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFile {
    /// The one with the certificate authority, `--ca-out`.
    Ca,
    /// The one with the environment, `--env-file`.
    Env,
}

impl OutputFile {
    /// The option that names it.
    pub(super) fn option(self) -> &'static str {
        match self {
            Self::Ca => "--ca-out",
            Self::Env => "--env-file",
        }
    }

    pub(super) fn failed(self, path: &Path) -> impl Fn(io::Error) -> StartError + Copy {
        move |error| StartError::File(self, path.to_owned(), error)
    }

    fn taken(self, path: &Path, found: impl Into<String>) -> StartError {
        StartError::FileTaken(self, path.to_owned(), found.into())
    }

    /// Locks a file of ours, or finds that a running emulator has.
    pub(super) fn lock(self, file: &File, path: &Path) -> Result<(), StartError> {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                Err(self.taken(path, format!("{self} of a running emulator")))
            }
            // Some file systems have no locks.
            Err(TryLockError::Error(_)) | Ok(()) => Ok(()),
        }
    }

    /// An existing file, if an emulator left it behind.
    pub(super) fn left_behind(
        self,
        path: &Path,
        is_ours: fn(&[u8]) -> bool,
    ) -> Result<File, StartError> {
        let failed = self.failed(path);
        let kind = fs::symlink_metadata(path).map_err(failed)?.file_type();
        if !kind.is_file() {
            let found = if kind.is_dir() {
                "a folder"
            } else if kind.is_symlink() {
                "a symbolic link"
            } else {
                "not a regular file"
            };
            return Err(self.taken(path, found));
        }
        let length = fs::metadata(path).map_err(failed)?.len();
        let mut text = Vec::new();
        File::open(path).and_then(|file| file.take(LONG).read_to_end(&mut text)).map_err(failed)?;
        if !is_ours(&text) {
            let found = format!("a file of {length} bytes that no emulator wrote");
            return Err(self.taken(path, found));
        }
        File::options().read(true).write(true).open(path).map_err(failed)
    }
}

/// As it follows "cannot write" in a sentence.
impl fmt::Display for OutputFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ca => "the CA file",
            Self::Env => "the env file",
        })
    }
}

/// The file. Dropping this removes it.
#[derive(Debug)]
pub(crate) struct OwnFile {
    path: PathBuf,
    _removal: Removal,
    /// Locked.
    _file: File,
}

impl OwnFile {
    /// Has a file that we have just made removed at the end.
    pub(super) fn watch(file: File, path: TempPath) -> io::Result<Self> {
        let removal = Removal::of(&path)?;
        let path = path.keep().map_err(|error| error.error)?;
        Ok(Self { path, _removal: removal, _file: file })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}
