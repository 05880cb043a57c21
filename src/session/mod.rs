//! A session with the database, and the steps to it: resolve, connect, ask for TLS, log in.
//!
//! Each step is a function with its own error type. The handshake itself, between asking for TLS and
//! the login, is in `tls`. `probe` calls the steps in order and sets their deadlines; only `connect`
//! divides its time itself, among addresses.
//!
//! What is one engine's alone is in that engine's folder.

mod connect;
mod error;
pub mod mysql;
mod negotiate;
pub mod postgres;
mod resolve;
mod warm;

pub use connect::connect;
pub use error::{
    Attempt, AuthRequest, AuthenticateError, ConnectError, ConnectFailure, EncryptError, ErrorCode,
    OpenError, ResolveError, ServerError, WireError,
};
pub use negotiate::{Opened, ask_for_tls};
pub use resolve::resolve;
pub use warm::{IDLE_LIMIT, KeptSession};

use crate::config::{DbName, DbUser};
use crate::tls::Encrypted;
use crate::token::Login;

/// The longest part of a server's text that is kept, in characters.
const TEXT_LIMIT: usize = 500;

/// A session that is logged in. Dropping it says goodbye to the server, without waiting.
#[derive(Debug)]
pub enum Session {
    /// With PostgreSQL.
    PostgreSql(postgres::Session),
    /// With MySQL.
    MySql(mysql::Session),
}

/// Logs in with this token or password, as the server that agreed to TLS expects it.
///
/// # Errors
/// [`AuthenticateError`], and how the server had asked for the token or the password.
pub async fn authenticate(
    stream: Encrypted,
    opened: &Opened,
    database: Option<&DbName>,
    login: &Login,
) -> Result<Session, (AuthenticateError, Option<AuthRequest>)> {
    match opened {
        Opened::PostgreSql => {
            let session = postgres::authenticate(stream, database, login).await?;
            Ok(Session::PostgreSql(session))
        }
        Opened::MySql(greeting) => {
            let log_in = mysql::authenticate(stream, greeting, database, login);
            Ok(Session::MySql(Box::pin(log_in).await?))
        }
    }
}

impl Session {
    /// Who is logged in.
    pub fn user(&self) -> &DbUser {
        match self {
            Self::PostgreSql(session) => session.user(),
            Self::MySql(session) => session.user(),
        }
    }

    /// How the server asked for the token or the password; `None` if it did not ask.
    pub fn asked(&self) -> Option<AuthRequest> {
        match self {
            Self::PostgreSql(session) => session.asked(),
            Self::MySql(session) => session.asked(),
        }
    }

    /// Whether the connection is known to be closed. If not, the other side may still be gone.
    fn is_closed(&mut self) -> bool {
        match self {
            Self::PostgreSql(session) => session.is_closed(),
            Self::MySql(session) => session.is_closed(),
        }
    }
}
