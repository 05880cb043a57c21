//! Why an emulator did not start.
//!
//! Owns the error and its sentences; those of its parts are theirs.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::own_file::OutputFile;
use crate::backend::{AdminError, ClusterError, InitSqlError};
use crate::engine::Engine;
use crate::tls::TlsError;
use crate::users::{NoRandomness, PasswordAuth};

/// Why an emulator did not start.
#[derive(Debug)]
pub enum StartError {
    /// The backend is of another engine than the proxy.
    Backend {
        /// Its engine.
        is: Engine,
        /// The proxy's.
        wanted: Engine,
    },
    /// `--password-auth` names a method that this engine, the proxy's, does not have.
    PasswordAuth {
        /// What was asked for.
        is: PasswordAuth,
        /// The proxy's.
        engine: Engine,
    },
    /// There is no temporary cluster.
    Cluster(ClusterError),
    /// A user's role could not be made.
    Roles(AdminError),
    /// The database of this name could not be made.
    Database(String, AdminError),
    /// The script did not come to its end.
    InitSql(InitSqlError),
    /// The standby does not follow.
    Standby(AdminError),
    /// Certificates could not be made.
    Tls(TlsError),
    /// A socket could not be listened on.
    Listen(SocketAddr, io::Error),
    /// A file could not be written.
    File(OutputFile, PathBuf, io::Error),
    /// A file exists already, and was not left behind by an emulator. What it is follows.
    FileTaken(OutputFile, PathBuf, String),
    /// A file of the folder with the authority could not be read or made.
    CaDir(PathBuf, io::Error),
    /// What is in this folder is no authority. Why follows.
    CaDirUnusable(PathBuf, String),
    /// The value of this variable has a line break, which the env file can't hold.
    LineBreak(&'static str),
    /// Something took too long.
    TimedOut {
        /// What.
        what: &'static str,
        /// How long it was waited for.
        limit: Duration,
    },
    /// The system has no randomness to give.
    Randomness(NoRandomness),
}

impl From<ClusterError> for StartError {
    fn from(error: ClusterError) -> Self {
        Self::Cluster(error)
    }
}

impl From<InitSqlError> for StartError {
    fn from(error: InitSqlError) -> Self {
        Self::InitSql(error)
    }
}

impl From<TlsError> for StartError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}

impl From<NoRandomness> for StartError {
    fn from(error: NoRandomness) -> Self {
        Self::Randomness(error)
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backend { is, wanted } => {
                write!(f, "--backend is for {is}: expected one for {wanted}, or --engine {is}")
            }
            Self::PasswordAuth { is, engine } => write!(
                f,
                "--password-auth is \"{is}\": expected {} with --engine {engine}",
                match engine {
                    Engine::PostgreSql => "scram-sha-256, md5 or cleartext",
                    Engine::MySql => "caching_sha2_password or mysql_native_password",
                }
            ),
            Self::Cluster(error) => error.fmt(f),
            Self::Roles(error) => write!(f, "cannot make the users' roles: {error}"),
            Self::Database(name, error) => write!(f, "cannot make the database {name:?}: {error}"),
            Self::InitSql(error) => error.fmt(f),
            Self::Standby(error) => write!(f, "cannot wait for the standby: {error}"),
            Self::Tls(error) => error.fmt(f),
            Self::Listen(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::File(file, path, error) => {
                write!(f, "cannot write {file} {}: {error}", path.display())
            }
            Self::FileTaken(file, path, found) => write!(
                f,
                "will not overwrite {}, which is {found}: choose another file with {}, or remove \
                 this one",
                path.display(),
                file.option()
            ),
            Self::CaDir(path, error) => {
                write!(f, "cannot keep the certificate authority in {}: {error}", path.display())
            }
            Self::CaDirUnusable(folder, why) => write!(
                f,
                "the folder {} of --ca-dir has no certificate authority of an emulator: {why}. \
                 Choose another folder, or remove both files",
                folder.display()
            ),
            Self::LineBreak(name) => write!(
                f,
                "cannot write the env file: {name} has a line break, which a line NAME=value can't \
                 hold"
            ),
            Self::TimedOut { what, limit } => {
                write!(f, "{what} did not finish within {limit:?}: the database does not answer")
            }
            Self::Randomness(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Cluster(error) => error.source(),
            Self::InitSql(error) => error.source(),
            Self::Roles(error) | Self::Database(_, error) | Self::Standby(error) => error.source(),
            Self::Tls(error) => error.source(),
            Self::Listen(_, error) | Self::File(_, _, error) | Self::CaDir(_, error) => Some(error),
            Self::Backend { .. }
            | Self::PasswordAuth { .. }
            | Self::FileTaken(..)
            | Self::CaDirUnusable(..)
            | Self::LineBreak(_)
            | Self::TimedOut { .. }
            | Self::Randomness(_) => None,
        }
    }
}
