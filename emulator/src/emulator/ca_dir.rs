//! A folder with a certificate authority that outlives its emulators.
//!
//! Owns its two files: the root's certificate, for clients, and the root's key, for emulators, which
//! only its owner may read. What is missing is made, what is there is never changed, and emulators
//! that start side by side agree. Each emulator has its own intermediate below the root.

use std::fs::{self, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::SystemTime;

use tempfile::Builder;

use super::StartError;
use crate::tls::Authority;

/// The root's certificate.
pub(super) const ROOT: &str = "ca.pem";
const ROOT_MODE: u32 = 0o644;

/// The root's key.
const KEY: &str = "ca-key.pem";
const KEY_MODE: u32 = 0o600;

/// The authority in this folder.
pub(crate) fn authority(folder: &Path, now: SystemTime) -> Result<Authority, StartError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| StartError::CaDir(path, error)
    };
    let unusable = |why: String| StartError::CaDirUnusable(folder.to_owned(), why);
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let (key, root) = (folder.join(KEY), folder.join(ROOT));
    let pem = keep(&key, &Authority::root_key()?, KEY_MODE).map_err(failed(&key))?;
    let authority = Authority::with_root_key(&pem, now);
    let authority =
        authority.map_err(|_no_key| unusable(format!("{KEY} holds no key of an authority")))?;
    let pem = keep(&root, &authority.pem(), ROOT_MODE).map_err(failed(&root))?;
    if !authority.is_trusted_with(&pem)? {
        return Err(unusable(format!("{ROOT} is not the certificate of the key in {KEY}")));
    }
    Ok(authority.with_root(pem))
}

/// The text of a file, which is this one if the file is new. It appears at once and whole.
fn keep(path: &Path, text: &str, mode: u32) -> Result<String, std::io::Error> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        read => return read,
    }
    let folder = path.parent().unwrap_or(path);
    let mut file = Builder::new().prefix(".rds-proxy-emulator-").tempfile_in(folder)?;
    file.as_file().set_permissions(Permissions::from_mode(mode))?;
    file.write_all(text.as_bytes())?;
    match file.persist_noclobber(path) {
        Ok(_file) => Ok(text.to_owned()),
        // Another emulator was faster.
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => fs::read_to_string(path),
        Err(error) => Err(error.error),
    }
}
