//! The capability flags that both sides name at the login.
//!
//! Owns the flags' values and which of them are which. Which ones the emulator offers, and why, is
//! here too: a flag that changes what the server sends must be the same on both sides, since
//! answers pass unchanged.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html>

pub(crate) const LONG_PASSWORD: u32 = 1;
pub(crate) const FOUND_ROWS: u32 = 1 << 1;
pub(crate) const LONG_FLAG: u32 = 1 << 2;
pub(crate) const CONNECT_WITH_DB: u32 = 1 << 3;
pub(crate) const NO_SCHEMA: u32 = 1 << 4;
pub(crate) const LOCAL_FILES: u32 = 1 << 7;
pub(crate) const IGNORE_SPACE: u32 = 1 << 8;
pub(crate) const PROTOCOL_41: u32 = 1 << 9;
pub(crate) const INTERACTIVE: u32 = 1 << 10;
pub(crate) const SSL: u32 = 1 << 11;
pub(crate) const TRANSACTIONS: u32 = 1 << 13;
pub(crate) const SECURE_CONNECTION: u32 = 1 << 15;
pub(crate) const MULTI_STATEMENTS: u32 = 1 << 16;
pub(crate) const MULTI_RESULTS: u32 = 1 << 17;
pub(crate) const PS_MULTI_RESULTS: u32 = 1 << 18;
pub(crate) const PLUGIN_AUTH: u32 = 1 << 19;
pub(crate) const CONNECT_ATTRS: u32 = 1 << 20;
pub(crate) const LENENC_AUTH: u32 = 1 << 21;
pub(crate) const SESSION_TRACK: u32 = 1 << 23;
pub(crate) const DEPRECATE_EOF: u32 = 1 << 24;

/// What a session at the database has too if the client wants it: these change what the server
/// sends, or what a statement means, so clients that differ in one share no connection.
pub(crate) const SHARED: u32 = FOUND_ROWS
    | NO_SCHEMA
    | LOCAL_FILES
    | IGNORE_SPACE
    | INTERACTIVE
    | MULTI_STATEMENTS
    | MULTI_RESULTS
    | PS_MULTI_RESULTS
    | SESSION_TRACK
    | DEPRECATE_EOF;

/// What matters at a login alone.
const LOGIN: u32 = LONG_PASSWORD
    | LONG_FLAG
    | CONNECT_WITH_DB
    | PROTOCOL_41
    | TRANSACTIONS
    | SECURE_CONNECTION
    | PLUGIN_AUTH
    | CONNECT_ATTRS
    | LENENC_AUTH;

/// What the proxy offers in front of a database with these flags. No compression, which RDS Proxy
/// does not support, and no query attributes: what follows a command is then its text alone.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html>
pub(crate) fn offered(by_database: u32) -> u32 {
    LOGIN | SSL | (SHARED & by_database)
}

/// What the proxy asks of the database for a client with these flags.
pub(crate) fn towards_database(shared: u32) -> u32 {
    (LOGIN & !CONNECT_ATTRS) | (shared & SHARED)
}
