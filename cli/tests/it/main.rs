//! The command as a person or a script runs it: against the emulator with a real PostgreSQL behind
//! it, in a pipe and on a terminal.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, and a test binary has no main to read clock and environment"
)]

mod canary;
mod check;
mod diagnose;
mod ends;
mod inspect;
mod many;
mod pages;
mod small;
mod support;
mod terminal;
mod watch;
