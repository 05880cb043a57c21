//! Where PostgreSQL's programs are on this machine, and as which user they may run.
//!
//! Owns the search order: `PG_BIN`, and if that names nothing, `PATH`, the version folders of
//! packagers, `.tools`. Starts nothing. PostgreSQL refuses to run as root, so a root caller gets another user's id.
//! <https://www.postgresql.org/docs/current/app-initdb.html>

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::cluster_error::ClusterError;

/// Folders whose children are one per version.
const VERSION_FOLDERS: [(&str, &str); 4] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql@"),
    ("/usr/local/opt", "postgresql@"),
];

/// Where an installer of this project unpacks PostgreSQL, below the working directory.
const TOOLS: &str = ".tools";
/// How deep the programs may lie in there: a Python environment nests them about seven folders in.
const TOOLS_DEPTH: usize = 9;

/// The programs without which there is no cluster.
const PROGRAMS: [&str; 2] = ["initdb", "postgres"];

/// The folder of the first complete set of programs. If `PG_BIN` names one, no other is
/// tried: a typing error must not start another PostgreSQL.
pub(super) fn locate(
    pg_bin: Option<&OsStr>,
    path: Option<&OsStr>,
) -> Result<PathBuf, ClusterError> {
    match pg_bin.filter(|folder| !folder.is_empty()).map(Path::new) {
        Some(folder) => programs(folder).ok_or_else(|| ClusterError::PgBin {
            folder: folder.to_owned(),
            why: what_is_missing(folder),
        }),
        None => find(path, &VERSION_FOLDERS, Path::new(TOOLS)).ok_or(ClusterError::NoPrograms),
    }
}

fn find(path: Option<&OsStr>, folders: &[(&str, &str)], tools: &Path) -> Option<PathBuf> {
    let mut on_path =
        path.into_iter().flat_map(|path| std::env::split_paths(path).collect::<Vec<_>>());
    on_path
        .find_map(|folder| programs(&folder))
        .or_else(|| folders.iter().find_map(|(folder, prefix)| newest(folder, prefix)))
        .or_else(|| search(tools, TOOLS_DEPTH))
}

/// Why this folder does not do, as it follows its name in a sentence.
fn what_is_missing(folder: &Path) -> String {
    match PROGRAMS.iter().find(|program| !folder.join(program).is_file()) {
        _ if !folder.is_dir() => "is not a folder".to_owned(),
        Some(program) => format!("has no {program}"),
        None => "links to an installation that is incomplete".to_owned(),
    }
}

/// The folder where the programs really are: PATH often holds links to some of them only.
fn programs(folder: &Path) -> Option<PathBuf> {
    let real = fs::canonicalize(folder.join("initdb")).ok()?;
    let folder = real.parent()?;
    PROGRAMS.iter().all(|program| folder.join(program).is_file()).then(|| folder.to_owned())
}

fn newest(folder: &str, prefix: &str) -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(folder)
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix(prefix)?.parse().ok()?;
            Some((version, programs(&entry.path().join("bin"))?))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, folder)| folder)
}

fn search(folder: &Path, depth: usize) -> Option<PathBuf> {
    if let Some(found) = programs(folder) {
        return Some(found);
    }
    let depth = depth.checked_sub(1)?;
    let mut children: Vec<PathBuf> = fs::read_dir(folder)
        .ok()?
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect();
    children.sort();
    children.iter().find_map(|child| search(child, depth))
}

/// A user and group id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ids {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// The user that PostgreSQL runs as if we are root: `postgres` if there is one, else `nobody`.
pub(super) fn unprivileged(passwd: &str) -> Option<Ids> {
    ["postgres", "nobody"].iter().find_map(|name| {
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
        let passwd = "root:x:0:0::/root:/bin/sh\nnobody:x:9:8::/:/bin/false\n";
        assert_eq!(unprivileged(passwd), Some(Ids { uid: 9, gid: 8 }));
        let passwd = format!("{passwd}postgres:x:101:104:,,,:/var:/bin/sh\n");
        assert_eq!(unprivileged(&passwd), Some(Ids { uid: 101, gid: 104 }));
        assert_eq!(unprivileged(""), None);
    }

    #[test]
    fn where_there_are_no_programs_that_is_said_with_what_to_do() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let nowhere = root.path().join("none").display().to_string();
        let path = Some(root.path().as_os_str());
        assert_eq!(find(path, &[(&nowhere, "")], Path::new(&nowhere)), None);
        assert_eq!(find(None, &[], root.path()), None);
        let text = ClusterError::NoPrograms.to_string();
        for part in ["initdb, postgres", "PATH", ".tools", "install PostgreSQL", "set PG_BIN"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_folder_that_is_named_counts_alone() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let bin = root.path().join("bin");
        fs::create_dir(&bin).expect("a folder");
        for program in PROGRAMS {
            fs::write(bin.join(program), "").expect("a file");
        }
        let (there, elsewhere) = (Some(bin.as_os_str()), Some(root.path().as_os_str()));
        let real = fs::canonicalize(&bin).expect("a folder");
        assert_eq!(locate(there, elsewhere).expect("programs"), real);
        assert_eq!(locate(Some(OsStr::new("")), there).expect("programs"), real);
        let error = locate(elsewhere, there).expect_err("no programs");
        let text = format!("PG_BIN is \"{}\", which has no initdb: ", root.path().display());
        assert!(error.to_string().starts_with(&text), "{error}");
    }

    #[test]
    fn a_complete_set_deep_below_a_folder_is_found() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let bin = root.path().join("lib/python3/pginstall/bin");
        fs::create_dir_all(&bin).expect("folders");
        assert_eq!(search(root.path(), 4), None);
        for program in PROGRAMS {
            fs::write(bin.join(program), "").expect("a file");
        }
        assert_eq!(search(root.path(), 4), fs::canonicalize(bin).ok());
        assert_eq!(search(root.path(), 3), None);
    }
}
