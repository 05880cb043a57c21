//! What is MySQL's in a pool: the state of a session that a connection must have, and statements of
//! the proxy's own.
//!
//! Owns the engine's part of `pool`. When a connection is lent is the same for both engines.

mod run;
mod state;

pub(super) use run::run;
pub(crate) use state::SessionState;
