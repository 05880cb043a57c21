//! The file that tells clients which authority to trust.
//!
//! Owns its place and its mode: everyone may read it, since it holds a certificate and no key. How
//! it is claimed and removed is in `own_file`.

use std::fs::{File, Permissions};
use std::io::{self, Seek as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::{Builder, TempPath};

use super::StartError;
use super::ca_dir;
use super::own_file::{OutputFile, OwnFile};
use crate::backend::Cluster;
use crate::tls::is_root_of_an_emulator;

const READABLE: u32 = 0o644;

/// The file. Dropping this removes it, unless it stays.
#[derive(Debug)]
pub(crate) enum CaFile {
    /// In the folder of a cluster, which removes it along with the folder if we are killed.
    InCluster { path: TempPath, _file: File },
    /// In a folder that outlives us.
    Kept(PathBuf),
    /// Anywhere else.
    Own(OwnFile),
}

impl CaFile {
    /// Writes the root where it is wanted, else beside the cluster, whose folder is removed however
    /// this process ends, else in the system's folder for temporary files.
    pub(crate) fn write(
        wanted: Option<&Path>,
        pem: &str,
        cluster: Option<&Cluster>,
    ) -> Result<Self, StartError> {
        match (wanted, cluster) {
            (Some(path), _) => {
                let failed = OutputFile::Ca.failed(path);
                let path = std::path::absolute(path).map_err(failed)?;
                let file = claim(&path)?;
                // It is ours from here on, and is removed if the rest fails.
                let path = TempPath::try_from_path(path).map_err(failed)?;
                fill(&file, pem).map_err(failed)?;
                OwnFile::watch(file, path).map(Self::Own).map_err(failed)
            }
            (None, Some(cluster)) => {
                let (file, path) = temporary(cluster.folder(), pem)?;
                Ok(Self::InCluster { path, _file: file })
            }
            (None, None) => {
                let folder = std::env::temp_dir();
                let (file, path) = temporary(&folder, pem)?;
                let watched = OwnFile::watch(file, path).map(Self::Own);
                watched.map_err(OutputFile::Ca.failed(&folder))
            }
        }
    }

    /// The one in a folder with an authority.
    pub(crate) fn kept(folder: &Path) -> Result<Self, StartError> {
        let path = folder.join(ca_dir::ROOT);
        std::path::absolute(&path).map(Self::Kept).map_err(OutputFile::Ca.failed(&path))
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::InCluster { path, .. } => path,
            Self::Own(file) => file.path(),
        }
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
    made().map_err(OutputFile::Ca.failed(folder))
}

fn fill(mut file: &File, pem: &str) -> io::Result<()> {
    file.write_all(pem.as_bytes())?;
    file.set_permissions(Permissions::from_mode(READABLE))
}

/// The file that is wanted, empty: a new one, or one that an emulator has left behind.
fn claim(path: &Path) -> Result<File, StartError> {
    let failed = OutputFile::Ca.failed(path);
    let opened = File::options().read(true).write(true).create_new(true).open(path);
    let (mut file, is_new) = match opened {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            (OutputFile::Ca.left_behind(path, is_root_of_an_emulator)?, false)
        }
        opened => (opened.map_err(failed)?, true),
    };
    OutputFile::Ca.lock(&file, path)?;
    if !is_new {
        file.set_len(0).and_then(|()| file.rewind()).map_err(failed)?;
    }
    Ok(file)
}
