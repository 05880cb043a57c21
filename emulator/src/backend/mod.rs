//! What is behind the proxy.
//!
//! Owns where an authenticated client's session goes: a temporary cluster's socket, a server named
//! by URL, or nowhere. `session` logs in there, `relay` joins both sides, `absent` answers when no
//! database can be had. Knows nothing of how the client proved who it is.

mod absent;
mod behind;
mod binaries;
mod cluster_error;
mod relay;
mod roles;
mod session;
mod temporary;
mod url;

use std::path::PathBuf;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

pub(crate) use absent::{answer_without_database, greeting};
pub(crate) use behind::Behind;
pub use cluster_error::ClusterError;
pub(crate) use relay::relay;
pub use roles::RolesError;
pub(crate) use roles::{check_rds_iam, create_roles, wait_for_roles};
pub(crate) use session::{Login, OpenError, Session};
pub use temporary::Cluster;
pub use url::{Url, UrlError};

/// A byte stream to the database.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Where an endpoint's sessions go.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A server's Unix socket; it trusts us.
    Socket(PathBuf),
    /// A server by name.
    Server(Url),
    /// Nowhere: logins succeed, queries cannot borrow a connection.
    Absent,
    /// Nowhere, and the endpoint says so at login: a read-only endpoint without a reader.
    NoReader,
}

impl Target {
    async fn connect(&self) -> Result<Box<dyn Stream>, OpenError> {
        match self {
            Self::Socket(path) => match UnixStream::connect(path).await {
                Ok(stream) => Ok(Box::new(stream)),
                Err(error) => Err(OpenError::Unavailable(error.to_string())),
            },
            Self::Server(url) => match TcpStream::connect((url.host.as_str(), url.port)).await {
                Ok(stream) => Ok(Box::new(stream)),
                Err(error) => Err(OpenError::Unavailable(error.to_string())),
            },
            Self::Absent => Err(OpenError::Unavailable("there is no database".to_owned())),
            Self::NoReader => Err(OpenError::NoReader),
        }
    }

    /// What logs in where the server asks for a password and the user has none of its own.
    fn password(&self) -> Option<&str> {
        match self {
            Self::Server(url) => url.password(),
            Self::Socket(_) | Self::Absent | Self::NoReader => None,
        }
    }
}
