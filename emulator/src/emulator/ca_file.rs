//! The file that tells clients whom to trust.
//!
//! Owns where it is and that everyone may read it: it holds a certificate, no key. Removing it is
//! the path's own doing when it is dropped.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::{Builder, TempPath};

use crate::backend::Cluster;

/// Writes the root where it is wanted, else beside the cluster, whose folder is removed however
/// this process ends, else in the system's folder for temporary files.
pub(super) fn write(
    wanted: Option<&Path>,
    pem: &str,
    cluster: Option<&Cluster>,
) -> io::Result<TempPath> {
    const READABLE: u32 = 0o644;
    if let Some(path) = wanted {
        fs::write(path, pem)?;
        return TempPath::try_from_path(path);
    }
    let folder = cluster.map_or_else(std::env::temp_dir, |cluster| cluster.folder().to_owned());
    let name = Builder::new().prefix("rds-proxy-emulator-ca-").suffix(".pem").tempfile_in(folder);
    let mut file = name?;
    file.write_all(pem.as_bytes())?;
    file.as_file().set_permissions(Permissions::from_mode(READABLE))?;
    Ok(file.into_temp_path())
}
