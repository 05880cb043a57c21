//! The rules, one file for each step: which code, which causes, which evidence.

pub(super) mod authenticate;
pub(super) mod config;
pub(super) mod connect;
pub(super) mod credentials;
mod database;
pub(super) mod key_variables;
#[cfg(test)]
mod network_tests;
pub(super) mod query;
mod reach;
pub(super) mod refusal;
pub(super) mod resolve;
pub(super) mod secret;
pub(super) mod tls;

use crate::config::{Config, SocketHost};

/// The name that is resolved: the endpoint's, or that of `DB_CONNECT_TO`.
pub(super) fn socket_name(config: &Config) -> String {
    match &config.socket.host {
        SocketHost::Name(name) => name.to_string(),
        SocketHost::Address(address) => address.to_string(),
    }
}

/// How a connection ended, as a verb.
fn how_it_ended(error: Option<std::io::ErrorKind>) -> String {
    match error {
        None => "was closed by the other side".to_owned(),
        Some(kind) => format!("broke ({kind})"),
    }
}
