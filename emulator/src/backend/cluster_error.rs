//! Why there is no temporary cluster.
//!
//! Owns the error and its sentences, each with what to do about it. Knows nothing of how a cluster
//! is made: that is `temporary`.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a temporary cluster could not be started.
#[derive(Debug)]
pub enum ClusterError {
    /// PostgreSQL's programs are nowhere on this machine.
    NoPrograms,
    /// `PG_BIN` is set, and PostgreSQL's programs are not there.
    PgBin {
        /// What it is set to.
        folder: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// We are root, and there is neither a user `postgres` nor `nobody` to run PostgreSQL as.
    NoUser,
    /// The temporary folder could not be made or handed over.
    Folder(io::Error),
    /// The keeper process could not be started or spoken to.
    Keeper(io::Error),
    /// One of PostgreSQL's programs failed.
    Failed {
        /// What failed.
        what: String,
        /// The end of the log.
        log: String,
    },
    /// One of PostgreSQL's programs took too long, and was ended.
    TimedOut {
        /// What took too long.
        what: String,
        /// How long it was waited for.
        limit: Duration,
        /// The end of the log.
        log: String,
    },
}

impl fmt::Display for ClusterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPrograms => f.write_str(
                "PostgreSQL's server programs (initdb, postgres) are neither on PATH nor in a \
                 version folder or in .tools: install PostgreSQL, or set PG_BIN to the folder that \
                 holds them",
            ),
            Self::PgBin { folder, why } => write!(
                f,
                "PG_BIN is \"{}\", which {why}: set it to the folder with PostgreSQL's \
                 initdb and postgres, or unset it",
                folder.display(),
            ),
            Self::NoUser => f.write_str(
                "PostgreSQL does not run as root, and there is no user postgres or nobody",
            ),
            Self::Folder(error) => write!(f, "cannot prepare the temporary folder: {error}"),
            Self::Keeper(error) => write!(f, "cannot run the cluster's keeper: {error}"),
            Self::Failed { what, log } => write!(f, "{what} failed; {}", Log(log)),
            Self::TimedOut { what, limit, log } => {
                write!(f, "{what} did not finish within {limit:?}; {}", Log(log))
            }
        }
    }
}

/// The end of a log, in a sentence.
struct Log<'a>(&'a str);

impl fmt::Display for Log<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            "" => f.write_str("the log is empty"),
            log => write!(f, "the log ends with: {log}"),
        }
    }
}

impl std::error::Error for ClusterError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Folder(error) | Self::Keeper(error) => Some(error),
            Self::NoPrograms
            | Self::PgBin { .. }
            | Self::NoUser
            | Self::Failed { .. }
            | Self::TimedOut { .. } => None,
        }
    }
}
