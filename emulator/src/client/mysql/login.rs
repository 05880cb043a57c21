//! The plugins by which a client of MySQL's logs in.
//!
//! Owns asking for one, reading the answer and judging it. Every login that fails has the same text;
//! the reason is for the log. A plugin that the proxy does not have is asked for by a fault alone,
//! and no answer to it is right.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods.html>
//!
//! Chosen here, since nothing is known: a user that the proxy does not know is asked as an IAM user
//! is; the switch to `mysql_clear_password` has no data, as Aurora's has none
//! (<https://github.com/transact-rs/sqlx/pull/2533>); an answer that comes with the login packet, of
//! the right plugin, needs no switch; `caching_sha2_password` is content with the digest where that
//! is right, and asks for the password itself otherwise.

use super::exchange::Exchange;
use super::scramble;
use crate::client::end::End;
use crate::client::perform::perform;
use crate::client::proxy::{Connection, Protocol};
use crate::client::socket::Client;
use crate::fault::{AskedPlugin, Point};
use crate::texts::mysql as texts;
use crate::users::{Entry, Plugin};
use crate::wire::mysql::answer::{MORE_DATA, caching_sha2, switch};
use crate::wire::mysql::{Response, SCRAMBLE};
use crate::wire::startup::Names;

/// A client that is to prove that it is a user.
pub(super) struct Login<'a, 'e, C> {
    pub(super) exchange: &'e mut Exchange<'a, C>,
    pub(super) connection: &'e Connection,
    pub(super) response: &'e Response,
    /// The greeting's challenge.
    pub(super) scramble: &'e [u8; SCRAMBLE],
}

/// What a client says to a plugin's challenge.
struct ChallengeResponse {
    bytes: Vec<u8>,
    challenge: [u8; SCRAMBLE],
}

impl<C: Client> Login<'_, '_, C> {
    /// Asks the client to log in.
    pub(super) async fn run(mut self) -> Result<(), End> {
        let entry = self.connection.proxy.users.get(&self.response.user);
        let usual = self.usual_plugin(entry);
        let name = match self.connection.plugin() {
            None => usual.name(),
            Some(AskedPlugin::Named(name)) => name,
            Some(AskedPlugin::None) => return Ok(()),
        };
        let answer = self.ask(name).await?;
        if let Some(action) = self.connection.action(Point::Password) {
            let Response { user, database, .. } = self.response;
            perform(action, self.exchange.client, Names { user, database }).await?;
        }
        let Some(plugin) = Plugin::named(name) else {
            return Err(self.denied(&answer, "the plugin is not the proxy's"));
        };
        match plugin {
            Plugin::Clear => self.clear(entry, &answer),
            Plugin::Native => self.digest(entry, plugin, &answer),
            Plugin::CachingSha2 => self.caching_sha2(entry, &answer).await,
        }
    }

    fn usual_plugin(&self, entry: Option<&Entry>) -> Plugin {
        let proxy = &self.connection.proxy;
        match &proxy.settings.protocol {
            Protocol::MySql(server)
                if entry.is_some_and(|entry| !proxy.users.asks_for_token(entry)) =>
            {
                server.passwords
            }
            Protocol::MySql(_) | Protocol::PostgreSql { .. } => Plugin::Clear,
        }
    }

    /// The answer to a plugin: the one that came with the login packet, or else by a switch.
    async fn ask(&mut self, name: &str) -> Result<ChallengeResponse, End> {
        if self.response.plugin == name && !self.response.auth.is_empty() {
            let (bytes, challenge) = (self.response.auth.clone(), *self.scramble);
            return Ok(ChallengeResponse { bytes, challenge });
        }
        let challenge = scramble()?;
        let data = [&challenge[..], b"\0"].concat();
        let is_clear = name == Plugin::Clear.name();
        self.exchange.send(&switch(name, if is_clear { b"" } else { &data })).await?;
        Ok(ChallengeResponse { bytes: self.exchange.receive().await?, challenge })
    }

    /// A token, or the password itself.
    fn clear(&self, entry: Option<&Entry>, answer: &ChallengeResponse) -> Result<(), End> {
        let secret = self.shown(&answer.bytes);
        match entry {
            Some(entry) if self.connection.proxy.users.asks_for_token(entry) => {
                let verified = self.connection.verify(&secret, &self.response.user);
                verified.map_err(|reason| self.denied(answer, &reason.to_string()))
            }
            Some(entry) if entry.password() == Some(&secret) => Ok(()),
            Some(_) => Err(self.wrong(answer)),
            None => Err(self.denied(answer, "no --iam-user or --password-user has this name")),
        }
    }

    /// A digest of the password and the challenge.
    fn digest(
        &self,
        entry: Option<&Entry>,
        plugin: Plugin,
        answer: &ChallengeResponse,
    ) -> Result<(), End> {
        let password = entry.and_then(Entry::password).map(str::as_bytes);
        let right = password.map(|password| plugin.answer(password, &answer.challenge));
        if right.as_deref() == Some(&answer.bytes) { Ok(()) } else { Err(self.wrong(answer)) }
    }

    async fn caching_sha2(
        &mut self,
        entry: Option<&Entry>,
        answer: &ChallengeResponse,
    ) -> Result<(), End> {
        if self.digest(entry, Plugin::CachingSha2, answer).is_ok() {
            return self.exchange.send(&[MORE_DATA, caching_sha2::FAST_SUCCESS]).await;
        }
        self.exchange.send(&[MORE_DATA, caching_sha2::FULL_LOGIN]).await?;
        let bytes = self.exchange.receive().await?;
        let password = self.shown(&bytes);
        let right = entry.and_then(Entry::password) == Some(&password);
        if right { Ok(()) } else { Err(self.wrong(answer)) }
    }

    /// What came in clear, which a test's observer sees too.
    fn shown(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes.strip_suffix(b"\0").unwrap_or(bytes));
        self.connection.proxy.show_password(&text);
        text.into_owned()
    }

    fn wrong(&self, answer: &ChallengeResponse) -> End {
        self.denied(answer, "the password is another")
    }

    fn denied(&self, answer: &ChallengeResponse, why: &str) -> End {
        let sent_password = !answer.bytes.is_empty() && answer.bytes != b"\0";
        let refusal = texts::access_denied(&self.response.user, sent_password);
        End::Refused { refusal, why: why.to_owned() }
    }
}
