//! The function against the emulator with a real PostgreSQL behind it, and a stand-in for the
//! host that takes CloudFormation's answers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, and a test binary has no main to read clock and environment"
)]

mod failure;
mod lifecycle;
mod mysql;
mod names;
mod privileges;
mod process;
mod scheme;
mod secret;
mod stacks;
mod support;
mod terraform;
