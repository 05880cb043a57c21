//! A client's answer to the greeting: the wish for TLS, or its login.
//!
//! Owns `SSLRequest` and `HandshakeResponse41` in the forms that clients send them, in both
//! directions. Does not know which logins the proxy accepts.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_response.html>

use super::Fields;
use super::capability::{
    CONNECT_ATTRS, CONNECT_WITH_DB, LENENC_AUTH, PLUGIN_AUTH, PROTOCOL_41, SECURE_CONNECTION, SSL,
};
use super::fields::{push_string, push_text};
use crate::wire::WireError;

/// How long what both begin with is; an `SSLRequest` is no longer than that.
const COMMON: usize = 32;
const RESERVED: usize = 23;

/// The longest packet that the emulator names to a database, as MySQL's clients have it.
const MAX_PACKET: u32 = 16 << 20;

/// A client's first packet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// It asks for TLS.
    Ssl,
    /// It wants to log in.
    Login(Response),
    /// It speaks the protocol from before MySQL 4.1.
    TooOld,
}

/// A `HandshakeResponse41`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) capabilities: u32,
    pub(crate) character_set: u8,
    pub(crate) user: String,
    /// The answer to the plugin that the client took: a scramble, or a password with its NUL.
    pub(crate) auth: Vec<u8>,
    /// Empty for none.
    pub(crate) database: String,
    /// The plugin that `auth` is an answer to; empty if the client does not say.
    pub(crate) plugin: String,
    /// What the client says of itself, such as `program_name`.
    pub(crate) attributes: Vec<(String, String)>,
}

impl Opening {
    /// Takes a client's first packet apart.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, WireError> {
        let capabilities = Fields(payload).u32();
        let capabilities = capabilities.ok_or(WireError::Malformed("a login that ends early"))?;
        if capabilities & PROTOCOL_41 == 0 {
            return Ok(Self::TooOld);
        }
        if capabilities & SSL != 0 && payload.len() == COMMON {
            return Ok(Self::Ssl);
        }
        Response::parse(payload).map(Self::Login)
    }
}

impl Response {
    /// Takes a login apart.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, WireError> {
        let malformed = WireError::Malformed("a login that ends early or is no UTF-8");
        Self::fields(payload).ok_or(malformed)
    }

    fn fields(payload: &[u8]) -> Option<Self> {
        let mut fields = Fields(payload);
        let capabilities = fields.u32()?;
        let has = |flag| capabilities & flag != 0;
        fields.u32()?;
        let character_set = fields.byte()?;
        fields.bytes(RESERVED)?;
        let user = text(&mut fields)?;
        let auth = if has(LENENC_AUTH) {
            fields.string()?
        } else if has(SECURE_CONNECTION) {
            let length = fields.byte()?;
            fields.bytes(length.into())?
        } else {
            fields.text()
        };
        let auth = auth.to_owned();
        let database = if has(CONNECT_WITH_DB) { text(&mut fields)? } else { String::default() };
        let plugin = if has(PLUGIN_AUTH) { text(&mut fields)? } else { String::default() };
        // What a client says of itself is left out where it is broken, as MySQL does.
        let attributes = match fields.string() {
            Some(pairs) if has(CONNECT_ATTRS) => attributes(pairs),
            Some(_) | None => Vec::new(),
        };
        Some(Self { capabilities, character_set, user, auth, database, plugin, attributes })
    }

    /// The payload.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut payload = self.capabilities.to_le_bytes().to_vec();
        payload.extend(MAX_PACKET.to_le_bytes());
        payload.push(self.character_set);
        payload.extend([0; RESERVED]);
        push_text(&mut payload, self.user.as_bytes());
        push_string(&mut payload, &self.auth);
        if self.capabilities & CONNECT_WITH_DB != 0 {
            push_text(&mut payload, self.database.as_bytes());
        }
        push_text(&mut payload, self.plugin.as_bytes());
        payload
    }

    /// What the client calls itself; empty if it says nothing.
    pub(crate) fn program(&self) -> &str {
        let named = |name| self.attributes.iter().find(|(key, _)| key == name);
        let found = named("program_name").or_else(|| named("_client_name"));
        found.map_or("", |(_, value)| value)
    }
}

/// Shows no password.
impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response")
            .field("user", &self.user)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

fn text(fields: &mut Fields<'_>) -> Option<String> {
    Some(str::from_utf8(fields.text()).ok()?.to_owned())
}

fn attributes(pairs: &[u8]) -> Vec<(String, String)> {
    let mut fields = Fields(pairs);
    let pair = || {
        let lossy = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Some((lossy(fields.string()?), lossy(fields.string()?)))
    };
    std::iter::from_fn(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::super::capability::{LONG_PASSWORD, SESSION_TRACK};
    use super::*;

    fn begin(capabilities: u32) -> Vec<u8> {
        let mut payload = capabilities.to_le_bytes().to_vec();
        payload.extend([0, 0, 0, 1, 45]);
        payload.extend([0; RESERVED]);
        payload
    }

    fn login(payload: &[u8]) -> Response {
        match Opening::parse(payload).expect("sound") {
            Opening::Login(response) => response,
            other @ (Opening::Ssl | Opening::TooOld) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_request_for_tls_ends_where_a_login_names_its_user() {
        let payload = begin(PROTOCOL_41 | SSL);
        assert_eq!(Opening::parse(&payload).expect("sound"), Opening::Ssl);
        assert_eq!(Opening::parse(&begin(SSL)).expect("sound"), Opening::TooOld);
        assert!(Opening::parse(b"\x0f").is_err());
    }

    #[test]
    fn a_token_longer_than_a_byte_can_say_comes_length_encoded() {
        let flags = PROTOCOL_41 | LENENC_AUTH | PLUGIN_AUTH | CONNECT_WITH_DB | CONNECT_ATTRS;
        let token = [b'x'; 1547];
        let mut payload = begin(flags | SSL | SECURE_CONNECTION);
        payload.extend(b"app\0\xfc\x0b\x06");
        payload.extend(token);
        payload.extend(b"shop\0mysql_clear_password\0\x11\x0cprogram_name\x03psh");
        let response = login(&payload);
        assert_eq!((&*response.user, &*response.database), ("app", "shop"));
        assert_eq!(response.auth, token);
        assert_eq!(response.plugin, "mysql_clear_password");
        assert_eq!(response.program(), "psh");
    }

    #[test]
    fn older_forms_of_the_password_and_a_missing_last_nul_are_read() {
        let mut payload = begin(PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH);
        payload.extend(b"app\0\x03abcmysql_native_password");
        let response = login(&payload);
        assert_eq!((&*response.auth, &*response.plugin), (&b"abc"[..], "mysql_native_password"));
        let mut payload = begin(PROTOCOL_41 | CONNECT_WITH_DB);
        payload.extend(b"app\0\0shop");
        assert_eq!(login(&payload).database, "shop");
        assert!(Opening::parse(&begin(PROTOCOL_41 | SECURE_CONNECTION)).is_err());
    }

    #[test]
    fn what_is_written_is_read() {
        let written = Response {
            capabilities: PROTOCOL_41 | LENENC_AUTH | PLUGIN_AUTH | CONNECT_WITH_DB | LONG_PASSWORD,
            character_set: 255,
            user: "ü".to_owned(),
            auth: vec![0, 1, 2],
            database: "d b".to_owned(),
            plugin: "mysql_native_password".to_owned(),
            attributes: Vec::new(),
        };
        assert_eq!(login(&written.encode()), written);
        let without = Response {
            capabilities: written.capabilities & !CONNECT_WITH_DB | SESSION_TRACK,
            database: String::new(),
            ..written
        };
        assert_eq!(login(&without.encode()), without);
    }
}
