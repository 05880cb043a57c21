//! The commands of a session: the first byte of a client's packet.
//!
//! Owns their numbers. What each is answered with is `client::mysql`'s.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html>

pub(crate) const QUIT: u8 = 0x01;
pub(crate) const INIT_DB: u8 = 0x02;
pub(crate) const QUERY: u8 = 0x03;
pub(crate) const FIELD_LIST: u8 = 0x04;
pub(crate) const STATISTICS: u8 = 0x09;
pub(crate) const PROCESS_INFO: u8 = 0x0a;
pub(crate) const PROCESS_KILL: u8 = 0x0c;
pub(crate) const DEBUG: u8 = 0x0d;
pub(crate) const PING: u8 = 0x0e;
pub(crate) const STMT_PREPARE: u8 = 0x16;
pub(crate) const STMT_EXECUTE: u8 = 0x17;
pub(crate) const STMT_SEND_LONG_DATA: u8 = 0x18;
pub(crate) const STMT_CLOSE: u8 = 0x19;
pub(crate) const STMT_RESET: u8 = 0x1a;
pub(crate) const SET_OPTION: u8 = 0x1b;
pub(crate) const STMT_FETCH: u8 = 0x1c;
pub(crate) const RESET_CONNECTION: u8 = 0x1f;
