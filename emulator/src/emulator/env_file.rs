//! The file with the environment of a client, as `docker run --env-file` reads it.
//!
//! Owns that it appears at once and whole, for others may wait for it, and that only its owner may
//! read it: it holds keys. Its lines are made in `environment`.

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use tempfile::{Builder, TempPath};

use super::StartError;
use super::environment::is_of_an_emulator;
use super::own_file::{OutputFile, OwnFile};

/// Writes the file, in place of nothing or of one that an emulator has left behind.
pub(crate) fn write(path: &Path, lines: &str) -> Result<OwnFile, StartError> {
    let failed = OutputFile::Env.failed(path);
    let path = std::path::absolute(path).map_err(failed)?;
    let folder = path.parent().unwrap_or(&path);
    let made = Builder::new().prefix(".rds-proxy-emulator-").tempfile_in(folder);
    let mut new = made.map_err(failed)?;
    new.write_all(lines.as_bytes()).map_err(failed)?;
    OutputFile::Env.lock(new.as_file(), &path)?;
    let file = match new.persist_noclobber(&path) {
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
            let old = OutputFile::Env.left_behind(&path, is_of_an_emulator)?;
            OutputFile::Env.lock(&old, &path)?;
            error.file.persist(&path).map_err(|error| failed(error.error))?
        }
        persisted => persisted.map_err(|error| failed(error.error))?,
    };
    // It is removed if the rest fails.
    let written = TempPath::try_from_path(&path).map_err(failed)?;
    OwnFile::watch(file, written).map_err(failed)
}
