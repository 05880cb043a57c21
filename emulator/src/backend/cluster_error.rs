//! Why there is no temporary cluster.
//!
//! Owns the error and its sentences, each with what to do about it. Knows nothing of how a cluster
//! is made: that is `temporary`.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::keeper::server;
use super::programs::own_user;
use crate::engine::Engine;

/// Why a temporary cluster could not be started.
#[derive(Debug)]
pub enum ClusterError {
    /// The engine's programs are nowhere on this machine.
    NoPrograms(Engine),
    /// `PG_BIN` or `MARIADB_BIN` is set, and the programs are not there.
    Bin {
        /// Whose programs.
        engine: Engine,
        /// What it is set to.
        folder: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Root may not run it, and this machine has neither the engine's own user nor `nobody`.
    NoUser(Engine),
    /// The temporary folder could not be made or handed over.
    Folder(io::Error),
    /// The keeper process could not be started or reached.
    Keeper(io::Error),
    /// One of the server's programs failed.
    Failed {
        /// What failed.
        what: String,
        /// The end of the log.
        log: String,
    },
    /// One of the server's programs took too long, and was ended.
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
            Self::NoPrograms(engine) => {
                let (server, variable, programs) = names(*engine);
                write!(
                    f,
                    "{server}'s server programs ({programs}) are neither on PATH nor in a folder of \
                     a package nor in .tools: install {server}, or set {variable} to the folder \
                     that holds them"
                )
            }
            Self::Bin { engine, folder, why } => {
                let (server, variable, programs) = names(*engine);
                let folder = folder.display();
                write!(
                    f,
                    "{variable} is \"{folder}\", which {why}: set it to the folder with \
                     {server}'s {programs}, or unset it"
                )
            }
            Self::NoUser(engine) => write!(
                f,
                "{} does not run as root, and there is no user {} or nobody",
                server(*engine),
                own_user(*engine)
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

/// What an engine's server is called, the variable for its folder, and the programs in there.
fn names(engine: Engine) -> (&'static str, &'static str, &'static str) {
    let (variable, programs) = match engine {
        Engine::PostgreSql => ("PG_BIN", "initdb, postgres"),
        Engine::MySql => ("MARIADB_BIN", "mariadbd"),
    };
    (server(engine), variable, programs)
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
            Self::NoPrograms(_)
            | Self::Bin { .. }
            | Self::NoUser(_)
            | Self::Failed { .. }
            | Self::TimedOut { .. } => None,
        }
    }
}
