//! MySQL's part of a session: the greeting and asking for TLS, the login, a question and its answer.
//!
//! The packets are written by hand (docs/decisions/0004-mysqls-packets-by-hand.md), and no task runs
//! beside a session: each question reads its own answer.

mod answer;
mod ask;
mod capabilities;
mod error;
mod fields;
mod greeting;
mod login;
mod packet;
mod password;
mod plugin;
#[cfg(test)]
mod tests;

use std::fmt;

pub use answer::Row;
pub(super) use ask::ask_for_tls;
pub use greeting::Greeting;
pub use plugin::Plugin;

use super::{AuthRequest, AuthenticateError, WireError};
use crate::config::{DbName, DbUser};
use crate::tls::Encrypted;
use crate::token::{Login, Secrets};
use packet::Packets;

/// The commands.
/// <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html>
const COM_QUIT: u8 = 1;
const COM_QUERY: u8 = 3;

/// The number of the response to the greeting: the request for TLS had 1.
const RESPONSE: u8 = 2;

/// A session that is logged in. Dropping it sends `COM_QUIT`, without waiting.
pub struct Session {
    user: DbUser,
    greeted_id: u32,
    asked: Option<Plugin>,
    packets: Packets<Encrypted>,
    secrets: Secrets,
}

/// Logs in with this token or password, to a database if one is given.
///
/// # Errors
/// [`AuthenticateError`], and the plugin that the server had asked for.
pub async fn authenticate(
    stream: Encrypted,
    greeting: &Greeting,
    database: Option<&DbName>,
    login: &Login,
) -> Result<Session, (AuthenticateError, Option<AuthRequest>)> {
    let mut packets = Packets::new(stream, RESPONSE);
    let secrets = login.secrets();
    match login::log_in(&mut packets, greeting, database, login, &secrets).await {
        (Ok(()), asked) => {
            let (user, greeted_id) = (login.user().clone(), greeting.connection);
            Ok(Session { user, greeted_id, asked, packets, secrets })
        }
        (Err(error), asked) => Err((error, asked.map(AuthRequest::MySql))),
    }
}

impl Session {
    /// Runs one statement in one round trip, and returns its rows.
    ///
    /// # Errors
    /// [`WireError`]. The session cannot be used after one that is not the server's.
    pub async fn query(&mut self, sql: &str) -> Result<Vec<Row>, WireError> {
        self.packets.command(&[&[COM_QUERY], sql.as_bytes()].concat()).await?;
        answer::rows(&mut self.packets, &self.secrets).await
    }

    /// Runs one statement that returns no rows, in one round trip.
    ///
    /// # Errors
    /// As for [`Self::query`].
    pub async fn execute(&mut self, sql: &str) -> Result<(), WireError> {
        self.packets.command(&[&[COM_QUERY], sql.as_bytes()].concat()).await?;
        answer::done(&mut self.packets, &self.secrets).await
    }

    /// Who is logged in.
    pub fn user(&self) -> &DbUser {
        &self.user
    }

    /// The greeting's number of the connection, which a proxy gives itself.
    pub fn greeted_id(&self) -> u32 {
        self.greeted_id
    }

    /// The plugin that the server asked for; `None` if it did not ask.
    pub fn asked(&self) -> Option<AuthRequest> {
        self.asked.clone().map(AuthRequest::MySql)
    }

    /// Whether the connection is known to be closed. If not, the other side may still be gone.
    pub(super) fn is_closed(&mut self) -> bool {
        self.packets.is_closed()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.packets.end(&[COM_QUIT]);
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("user", &self.user).finish_non_exhaustive()
    }
}
