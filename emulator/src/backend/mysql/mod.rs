//! What is MySQL's behind the proxy: logging in, and making a temporary MariaDB ready.
//!
//! Owns the engine's part of `backend`. Knows nothing of clients.

mod accounts;
mod admin;
mod session;

pub(crate) use accounts::{
    create_accounts, create_database, make_missing_accounts, wait_for_standby,
};
pub(super) use admin::Admin;
pub(crate) use session::{Login, Session, greeting};

#[cfg(test)]
mod tests;
