//! Opening a connection to the database.
//!
//! Owns the login there, and what is asked and run on a new connection before a client gets it: how
//! many there may be, the initialization query, and with MySQL the variables of the client's session.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::key::StartupKey;
use super::{Key, Pool, Server, SessionState, mysql};
use crate::backend::mysql::{Login as MySqlLogin, Session as MySqlSession};
use crate::backend::{Login, OpenError, Session, Stream, check_rds_iam};
use crate::sql::mysql::split;
use crate::texts::log::{ESTABLISHED_LOCALLY, Established};
use crate::users::Entry;

/// What PostgreSQL is asked on the first connection: how many it has for clients. From 16 on it also
/// reserves some for members of a role. RDS keeps some back for monitoring too; how many is not
/// published.
/// <https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-RESERVED-CONNECTIONS>
const AVAILABLE: &str = "SELECT current_setting('max_connections')::int \
                         - current_setting('superuser_reserved_connections')::int \
                         - COALESCE(current_setting('reserved_connections', true)::int, 0)";

/// The same for MySQL, which has one more for an administrator.
/// <https://dev.mysql.com/doc/refman/8.4/en/connection-interfaces.html>
const AVAILABLE_AT_MYSQL: &str = "SELECT @@max_connections";

impl Pool {
    /// A connection of this key that is ready for a client.
    pub(super) async fn log_in(&self, key: &Arc<Key>) -> Result<Server, OpenError> {
        match &**key {
            Key::PostgreSql(startup) => self.log_in_to_postgresql(key, startup).await,
            Key::MySql(state) => self.log_in_to_mysql(key, state).await,
        }
    }

    async fn log_in_to_postgresql(
        &self,
        key: &Arc<Key>,
        startup: &StartupKey,
    ) -> Result<Server, OpenError> {
        if self.users.is_by_token(key.user()) {
            check_rds_iam(&self.target, key.user()).await?;
        }
        let outages = self.outages_before_opening()?;
        let parameters = startup.parameters();
        let password = self.users.get(key.user()).and_then(Entry::password);
        let login = Login { user: key.user(), password, parameters: &parameters };
        let Session { stream, greeting } = Session::open(&self.target, &login).await?;
        let mut server = self.opened(key, outages, stream, greeting.into());
        if self.state().available().is_none() {
            let available = server.run(AVAILABLE).await?;
            self.set_available(available.as_deref());
        }
        if let Some(statements) = &self.settings.init_query {
            server.run(statements).await?;
        }
        Ok(server)
    }

    async fn log_in_to_mysql(
        &self,
        key: &Arc<Key>,
        state: &SessionState,
    ) -> Result<Server, OpenError> {
        let outages = self.outages_before_opening()?;
        let SessionState { user, database, character_set, capabilities, .. } = state;
        let (character_set, capabilities) = (*character_set, *capabilities);
        let password = self.users.get(user).and_then(Entry::password);
        let login = MySqlLogin { user, password, database, character_set, capabilities };
        let session = MySqlSession::open(&self.target, &login).await?;
        let mut server = self.opened(key, outages, session.stream, Bytes::new());
        if self.state().available().is_none() {
            let available = mysql::run(&mut server, AVAILABLE_AT_MYSQL, capabilities).await?;
            self.set_available(available.as_deref());
        }
        // One after the other: what the client's flags allow must not decide whether they run.
        let init_query = self.settings.init_query.as_deref().unwrap_or_default();
        for statement in split(init_query).into_iter().chain(state.statements()) {
            mysql::run(&mut server, statement, capabilities).await?;
        }
        Ok(server)
    }

    fn opened(
        &self,
        key: &Arc<Key>,
        outages: u64,
        stream: Box<dyn Stream>,
        greeting: Bytes,
    ) -> Server {
        let id = self.opened.fetch_add(1, Ordering::Relaxed) + 1;
        match stream.addresses() {
            Some((own, database)) => self.log_about(id, &Established(own, database)),
            None => self.log_about(id, &ESTABLISHED_LOCALLY),
        }
        Server::new((id, outages), key, stream, greeting)
    }

    fn set_available(&self, answer: Option<&[u8]>) {
        let text = answer.and_then(|text| str::from_utf8(text).ok());
        let number = text.and_then(|text| text.parse().ok());
        self.state().set_available(number.unwrap_or(1));
    }
}
