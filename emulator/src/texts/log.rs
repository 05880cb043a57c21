//! What RDS Proxy's log says about connections.
//!
//! Owns the lines that public logs have, word for word, and the one that none has. Their form, and
//! when they are written, is not known here. Unless something else is said, a text is in
//! <https://github.com/npgsql/efcore.pg/issues/2848>.

use std::fmt;
use std::net::SocketAddr;

/// A client whose connection was accepted.
pub(crate) struct Connected(pub(crate) SocketAddr);

impl fmt::Display for Connected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "A new client connected from {}.", self.0)
    }
}

/// A startup packet, inside TLS. What is in it is the client's, so it is escaped.
pub(crate) struct Startup<'a> {
    pub(crate) user: &'a str,
    pub(crate) database: &'a str,
}

impl fmt::Display for Startup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, database } = self;
        write!(
            f,
            "Received Startup Message: [username={user:?}, database={database:?}, \
             protocolMajorVersion=3, protocolMinorVersion=0, sslEnabled=true]"
        )
    }
}

/// A token that was rejected, as seen in a log of a proxy for `MySQL`:
/// <https://github.com/JuliaDatabases/MySQL.jl/issues/201>.
pub(crate) struct TokenRejected<'a>(pub(crate) &'a str);

impl fmt::Display for TokenRejected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Proxy authentication with IAM authentication failed for user {:?} with TLS on. \
             Reason: Invalid credentials. If you provide an IAM token, make sure to either use the \
             correct password or enable IAM authentication.",
            self.0
        )
    }
}

/// A password that was rejected. The one source stops after the user's name; the rest is that of
/// [`TokenRejected`], which is a guess.
pub(crate) struct PasswordRejected<'a>(pub(crate) &'a str);

impl fmt::Display for PasswordRejected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Proxy authentication with PostgreSQL native password authentication failed for user \
             {:?} with TLS on. Reason: Invalid credentials. If you provide an IAM token, make sure \
             to either use the correct password or enable IAM authentication.",
            self.0
        )
    }
}

/// A connection to the database over TCP, from one address to the other. Seen:
/// <https://github.com/hashicorp/terraform-provider-aws/issues/34747>.
pub(crate) struct Established(pub(crate) SocketAddr, pub(crate) SocketAddr);

impl fmt::Display for Established {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(proxy, database) = self;
        write!(
            f,
            "A TCP connection was established from the proxy at {proxy} to the database at \
             {database}."
        )
    }
}

/// The same over a Unix socket, which the real proxy has none of.
pub(crate) const ESTABLISHED_LOCALLY: &str =
    "A connection was established from the proxy to the database over a Unix socket.";

/// A borrow: no public log has such a line, so the text is made up.
pub(crate) struct Borrowed(pub(crate) u64);

impl fmt::Display for Borrowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "The client connection borrowed the database connection [dbConnection={}].",
            self.0
        )
    }
}

/// A connection that was given back. The text is known; that it is written at each time that one is
/// given back is not.
pub(crate) const RELEASED: &str =
    "The database connection was released to the connection pool upon session reset.";

/// A database connection whose client is gone.
pub(crate) const CLOSED_IN_MID_REQUEST: &str = "The database connection closed. Reason: The client connection that borrowed this database \
     connection from the connection pool was closed in the middle of a request.";

/// A database connection that closed for another reason: what is said then is not known.
pub(crate) const CLOSED: &str = "The database connection closed.";

/// A client that said that it leaves.
pub(crate) const CLIENT_LEFT: &str =
    "The client connection closed. Reason: The client requested that the connection close.";

/// Any other end of a client's connection.
pub(crate) const CLIENT_CLOSED: &str = "The client connection closed. Reason: The TCP channel was closed by either the client or the \
     proxy.";
