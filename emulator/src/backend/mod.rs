//! What is behind the proxy.
//!
//! Owns where connections to the database go: a temporary cluster's socket, a server named by URL,
//! or nowhere; the cluster itself, and logging in there. Knows nothing of clients, nor who shares a
//! connection: that is `pool`.

mod admin;
mod binaries;
mod cluster_error;
mod database;
mod init_sql;
mod keeper;
mod mariadb;
pub(crate) mod mysql;
mod programs;
mod removal;
mod roles;
mod session;
mod targets;
mod temporary;
mod url;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

pub use admin::{AdminError, ServerError};
pub use cluster_error::ClusterError;
pub(crate) use database::{create_database, wait_for_standby};
pub use init_sql::InitSqlError;
pub(crate) use init_sql::{run_mysql_script, run_script};
pub(crate) use removal::Removal;
pub(crate) use roles::{check_rds_iam, create_roles, make_missing_roles};
pub(crate) use session::{Login, OpenError, Session};
pub use targets::Backend;
pub(crate) use targets::Targets;
pub use temporary::Cluster;
pub use url::{Url, UrlError};

/// A byte stream to the database.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {
    /// This end's address and the database's, if it has any.
    fn addresses(&self) -> Option<(SocketAddr, SocketAddr)>;
}

impl Stream for UnixStream {
    fn addresses(&self) -> Option<(SocketAddr, SocketAddr)> {
        None
    }
}

impl Stream for TcpStream {
    fn addresses(&self) -> Option<(SocketAddr, SocketAddr)> {
        self.local_addr().ok().zip(self.peer_addr().ok())
    }
}

/// Where an endpoint's connections go.
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
    pub(crate) async fn connect(&self) -> Result<Box<dyn Stream>, OpenError> {
        match self {
            Self::Socket(path) => match UnixStream::connect(path).await {
                Ok(stream) => Ok(Box::new(stream)),
                Err(error) => Err(OpenError::Unavailable(error.to_string())),
            },
            Self::Server(url) => match dial(url).await {
                Ok(stream) => Ok(Box::new(stream)),
                Err(error) => Err(OpenError::Unavailable(error.to_string())),
            },
            Self::Absent => Err(OpenError::Unavailable("there is no database".to_owned())),
            Self::NoReader => Err(OpenError::NoReader),
        }
    }

    /// What logs in where the server asks for a password and the user has none.
    fn password(&self) -> Option<&str> {
        match self {
            Self::Server(url) => url.password(),
            Self::Socket(_) | Self::Absent | Self::NoReader => None,
        }
    }
}

/// A connection to a server by URL.
async fn dial(url: &Url) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((url.host.as_str(), url.port)).await?;
    // A query goes in pieces: without it each but the first would wait for the ACK of the one
    // before, which takes 40 ms if it is delayed: https://www.rfc-editor.org/rfc/rfc9293#section-3.7.4
    stream.set_nodelay(true)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_server_by_url_gets_each_piece_of_a_query_at_once() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let url: Url = format!("postgres://127.0.0.1:{port}").parse().expect("a URL");
        assert!(dial(&url).await.expect("a connection").nodelay().expect("an option"));
    }
}
