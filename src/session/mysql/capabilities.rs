//! What client and server can do, and what the probe makes use of.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html>

use crate::config::DbName;

/// What the client is: without it, MariaDB expects its own flags in bytes that MySQL reserves.
const CLIENT_MYSQL: u32 = 1;
const CONNECT_WITH_DB: u32 = 1 << 3;
const PROTOCOL_41: u32 = 1 << 9;
/// TLS.
pub(super) const SSL: u32 = 1 << 11;
/// A status in each answer.
const TRANSACTIONS: u32 = 1 << 13;
/// A nonce of 20 bytes.
const SECURE_CONNECTION: u32 = 1 << 15;
pub(super) const PLUGIN_AUTH: u32 = 1 << 19;
const PLUGIN_AUTH_LENENC: u32 = 1 << 21;

/// What the server must be able to do.
const NEEDED: u32 = CLIENT_MYSQL | PROTOCOL_41 | SSL | SECURE_CONNECTION;

/// What is used if the server can do it. Compression, several statements at once, files of the
/// client's and session tracking are not: RDS Proxy has none of them, pins, or does not document it.
const USED: u32 = TRANSACTIONS | PLUGIN_AUTH | PLUGIN_AUTH_LENENC;

/// What a session uses, of what the server offers.
pub(super) fn used(offered: u32, database: Option<&DbName>) -> u32 {
    let with_database = if database.is_some() { CONNECT_WITH_DB } else { 0 };
    NEEDED | with_database | (offered & USED)
}

/// `utf8mb4_general_ci`, which every server since MySQL 5.5.3 has. Said here, it needs no `SET`,
/// which might pin the session.
const CHARACTER_SET: u8 = 45;

/// The longest packet that the client says it takes.
const MAX_PACKET: u32 = 1 << 24;

/// The beginning that the request for TLS and the response to the greeting have in common.
pub(super) fn start(offered: u32, database: Option<&DbName>) -> Vec<u8> {
    let mut payload = Vec::with_capacity(128);
    payload.extend(used(offered, database).to_le_bytes());
    payload.extend(MAX_PACKET.to_le_bytes());
    payload.push(CHARACTER_SET);
    payload.extend([0; 23]);
    payload
}
