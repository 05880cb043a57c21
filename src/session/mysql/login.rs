//! Logging in inside the encrypted stream: the response to the greeting, and answers to the plugin
//! that the server asks for.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>
//!
//! A token goes only into the answer to a request for `mysql_clear_password`. The response to the
//! greeting holds nothing, and names another plugin than the greeting's, as MySQL's own client does
//! where its default plugin is another: a server that wants the token then asks for it. If the
//! response named `mysql_clear_password`, its emptiness would count as the password.

use tokio::io::{AsyncRead, AsyncWrite};

use super::capabilities::{PLUGIN_AUTH, start, used};
use super::error::server_error;
use super::fields::Fields;
use super::greeting::Greeting;
use super::packet::{Packets, protocol};
use super::password::{NONCE, caching_sha2, native};
use super::plugin::Plugin;
use crate::config::DbName;
use crate::session::{AuthRequest, AuthenticateError, WireError};
use crate::token::{Login, Secrets};

const OK: u8 = 0;
const MORE_DATA: u8 = 1;
const SWITCH: u8 = 0xfe;
/// The server knows the password's digest: an OK follows.
const FAST_AUTH_OK: u8 = 3;
/// It does not, and wants the password itself.
const FULL_AUTH: u8 = 4;

/// A login under way.
pub(super) struct LoggingIn<'a, S> {
    packets: &'a mut Packets<S>,
    login: &'a Login,
    secrets: &'a Secrets,
    /// The plugin whose request was answered last, or is about to be.
    plugin: Plugin,
    /// What the server asked for last: the greeting's plugin is the server's, not the user's.
    asked: Option<Plugin>,
}

/// Logs in; what the server asked for, also if it fails.
pub(super) async fn log_in<S: AsyncRead + AsyncWrite + Unpin>(
    packets: &mut Packets<S>,
    greeting: &Greeting,
    database: Option<&DbName>,
    login: &Login,
    secrets: &Secrets,
) -> (Result<(), AuthenticateError>, Option<Plugin>) {
    let (plugin, _, asked) = first_answer(greeting, login);
    let mut under_way = LoggingIn { packets, login, secrets, plugin, asked };
    let response = first_response(greeting, database, login);
    let result = under_way.run(&response, &greeting.nonce).await;
    (result, under_way.asked)
}

/// The plugin that the response names, the answer in it, and the request of the greeting that this
/// answers.
fn first_answer(greeting: &Greeting, login: &Login) -> (Plugin, Vec<u8>, Option<Plugin>) {
    match (login, &greeting.plugin) {
        (Login::Token { .. }, Some(Plugin::CachingSha2)) => (Plugin::Native, vec![], None),
        (Login::Token { .. }, _) => (Plugin::CachingSha2, vec![], None),
        (Login::Password(_), Some(plugin @ (Plugin::CachingSha2 | Plugin::Native))) => {
            let answer = digest(plugin, login, &greeting.nonce);
            (plugin.clone(), answer.unwrap_or_default(), Some(plugin.clone()))
        }
        // Servers before MySQL 5.5.7 name none.
        (Login::Password(_), None) => {
            let answer = digest(&Plugin::Native, login, &greeting.nonce);
            (Plugin::Native, answer.unwrap_or_default(), Some(Plugin::Native))
        }
        (Login::Password(_), Some(Plugin::ClearPassword | Plugin::Other(_))) => {
            (Plugin::CachingSha2, vec![], None)
        }
    }
}

/// The response to the greeting.
/// <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_response.html>
pub(super) fn first_response(
    greeting: &Greeting,
    database: Option<&DbName>,
    login: &Login,
) -> Vec<u8> {
    let (plugin, answer, _) = first_answer(greeting, login);
    let mut payload = start(greeting.capabilities, database);
    payload.extend(login.user().as_str().as_bytes());
    payload.push(0);
    // A digest has 32 bytes at most, and then its length has one byte in either form.
    payload.push(u8::try_from(answer.len()).unwrap_or(u8::MAX));
    payload.extend(answer);
    if let Some(database) = database {
        payload.extend(database.as_str().as_bytes());
        payload.push(0);
    }
    if used(greeting.capabilities, database) & PLUGIN_AUTH != 0 {
        payload.extend(plugin.as_str().as_bytes());
        payload.push(0);
    }
    payload
}

/// The digest that a plugin asks for in place of a password; `None` if it asks for another thing.
fn digest(plugin: &Plugin, login: &Login, nonce: &[u8; NONCE]) -> Option<Vec<u8>> {
    let Login::Password(_) = login else { return None };
    let password = login.expose().as_bytes();
    match plugin {
        Plugin::Native => Some(native(password, nonce)),
        Plugin::CachingSha2 => Some(caching_sha2(password, nonce)),
        Plugin::ClearPassword | Plugin::Other(_) => None,
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> LoggingIn<'_, S> {
    async fn run(&mut self, response: &[u8], nonce: &[u8; NONCE]) -> Result<(), AuthenticateError> {
        self.packets.write(response).await.map_err(AuthenticateError::Wire)?;
        loop {
            let packet = self.packets.read().await.map_err(AuthenticateError::Wire)?;
            if let Some(error) = server_error(&packet, self.secrets) {
                return Err(AuthenticateError::Wire(WireError::Refused(error)));
            }
            match packet.as_slice() {
                [OK, ..] => return Ok(()),
                [SWITCH, request @ ..] => self.switch(request, nonce).await?,
                [MORE_DATA, more @ ..] => self.more(more).await?,
                [first, ..] => return Err(broken(format!("it began an answer with byte {first}"))),
                [] => return Err(broken("it sent an empty answer".to_owned())),
            }
        }
    }

    /// The server asks for another plugin than the response named.
    async fn switch(
        &mut self,
        request: &[u8],
        nonce: &[u8; NONCE],
    ) -> Result<(), AuthenticateError> {
        // Without a name it is the request of servers before MySQL 4.1.
        let name = if request.is_empty() { b"mysql_old_password" } else { request };
        let mut fields = Fields::new(name);
        self.plugin = Plugin::named(fields.until_nul_or_end(), self.secrets);
        self.ask(self.plugin.clone());
        // Aurora asks for the token without a nonce: https://github.com/transact-rs/sqlx/pull/2533
        let nonce = fields.take(NONCE).and_then(|it| it.try_into().ok()).unwrap_or(*nonce);
        match (&self.plugin, self.login) {
            (Plugin::ClearPassword, Login::Token { .. } | Login::Password(_)) => {
                self.send_itself().await
            }
            (plugin, login) => match digest(plugin, login, &nonce) {
                Some(answer) => self.packets.write(&answer).await.map_err(AuthenticateError::Wire),
                None => Err(self.unsupported()),
            },
        }
    }

    /// The server goes on with the plugin that was answered.
    async fn more(&mut self, more: &[u8]) -> Result<(), AuthenticateError> {
        match (&self.plugin, more) {
            (Plugin::CachingSha2, [FAST_AUTH_OK]) => Ok(()),
            (Plugin::CachingSha2, [FULL_AUTH]) => {
                self.ask(Plugin::CachingSha2);
                match self.login {
                    Login::Password(_) => self.send_itself().await,
                    Login::Token { .. } => Err(self.unsupported()),
                }
            }
            (plugin, _) => {
                Err(broken(format!("it went on with {} in an unknown way", plugin.as_str())))
            }
        }
    }

    /// Sends the token or the password itself, which the stream encrypts.
    async fn send_itself(&mut self) -> Result<(), AuthenticateError> {
        let itself = [self.login.expose().as_bytes(), &[0]].concat();
        self.packets.write(&itself).await.map_err(AuthenticateError::Wire)
    }

    fn ask(&mut self, plugin: Plugin) {
        self.asked = Some(plugin);
    }

    fn unsupported(&self) -> AuthenticateError {
        AuthenticateError::MethodUnsupported { asked: AuthRequest::MySql(self.plugin.clone()) }
    }
}

fn broken(problem: String) -> AuthenticateError {
    AuthenticateError::Wire(protocol(problem))
}
