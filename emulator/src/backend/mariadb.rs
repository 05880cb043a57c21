//! Where MariaDB's server is on this machine.
//!
//! Owns the search order: `MARIADB_BIN`, and if that names nothing, `PATH`, the folders that are on
//! no user's path, `.tools`; and the folder of its messages and scripts, which lies beside it. Starts
//! nothing.
//! <https://mariadb.com/kb/en/installation-system-tables-mariadb-install-db/>

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::cluster_error::ClusterError;
use crate::engine::Engine;

/// The server.
pub(super) const PROGRAM: &str = "mariadbd";

/// Where packagers put it.
const FOLDERS: [&str; 5] = [
    "/usr/sbin",
    "/usr/libexec",
    "/usr/local/sbin",
    "/opt/homebrew/opt/mariadb/bin",
    "/usr/local/opt/mariadb/bin",
];

/// Where an installer of this project unpacks it, below the working directory.
const TOOLS: &str = ".tools/mariadb/usr/sbin";

/// Where its messages and scripts are, seen from its own folder.
const SHARES: [&str; 3] = ["../share/mysql", "../share/mariadb", "../share"];

/// What has to be in there: error messages, character sets, system tables.
const FILES: [&str; 4] = [
    "english/errmsg.sys",
    "charsets/Index.xml",
    "mysql_system_tables.sql",
    "mysql_performance_tables.sql",
];

/// The folder of the server and that of its files. If `MARIADB_BIN` names one, no other is tried.
pub(super) fn locate(
    mariadb_bin: Option<&OsStr>,
    path: Option<&OsStr>,
) -> Result<(PathBuf, PathBuf), ClusterError> {
    match mariadb_bin.filter(|folder| !folder.is_empty()).map(Path::new) {
        Some(folder) => complete(folder).ok_or_else(|| ClusterError::Bin {
            engine: Engine::MySql,
            folder: folder.to_owned(),
            why: what_is_missing(folder),
        }),
        None => {
            find(path, &FOLDERS, Path::new(TOOLS)).ok_or(ClusterError::NoPrograms(Engine::MySql))
        }
    }
}

fn find(path: Option<&OsStr>, folders: &[&str], tools: &Path) -> Option<(PathBuf, PathBuf)> {
    let mut on_path =
        path.into_iter().flat_map(|path| std::env::split_paths(path).collect::<Vec<_>>());
    on_path
        .find_map(|folder| complete(&folder))
        .or_else(|| folders.iter().find_map(|folder| complete(Path::new(folder))))
        .or_else(|| complete(tools))
}

/// The folder where the server really is, and that of its files.
fn complete(folder: &Path) -> Option<(PathBuf, PathBuf)> {
    let program = fs::canonicalize(folder.join(PROGRAM)).ok().filter(|path| path.is_file())?;
    let bin = program.parent()?.to_owned();
    let shares = SHARES.iter().filter_map(|share| fs::canonicalize(bin.join(share)).ok());
    let share =
        shares.into_iter().find(|share| FILES.iter().all(|file| share.join(file).is_file()));
    Some((bin, share?))
}

/// Why this folder does not do, as it follows its name in a sentence.
fn what_is_missing(folder: &Path) -> String {
    if !folder.is_dir() {
        "is not a folder".to_owned()
    } else if folder.join(PROGRAM).is_file() {
        format!("has no {} beside it", SHARES.join(", ").replace("../", ""))
    } else {
        format!("has no {PROGRAM}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_counts_with_its_files_alone() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let (bin, share) = (root.path().join("sbin"), root.path().join("share/mysql"));
        fs::create_dir_all(&bin).expect("a folder");
        let error = locate(Some(bin.as_os_str()), None).expect_err("no server").to_string();
        let text = format!("MARIADB_BIN is \"{}\", which has no mariadbd: ", bin.display());
        assert!(error.starts_with(&text), "{error}");
        fs::write(bin.join(PROGRAM), "").expect("a file");
        let error = locate(Some(bin.as_os_str()), None).expect_err("no files").to_string();
        assert!(
            error.contains("which has no share/mysql, share/mariadb, share beside it"),
            "{error}"
        );
        for file in FILES {
            let file = share.join(file);
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            fs::write(file, "").expect("a file");
        }
        let found = find(Some(bin.as_os_str()), &[], Path::new("none")).expect("a server");
        let real = |path: &Path| fs::canonicalize(path).expect("a folder");
        assert_eq!(found, (real(&bin), real(&share)));
        assert_eq!(find(None, &[], root.path()), None);
    }

    #[test]
    fn where_there_is_none_that_is_said_with_what_to_do() {
        let text = ClusterError::NoPrograms(Engine::MySql).to_string();
        for part in ["mariadbd", "PATH", ".tools", "install MariaDB", "set MARIADB_BIN"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
