//! The integration tests: the function against the emulator, a real PostgreSQL and bad peers, and
//! the code against its pages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, and a test binary has no main to read clock and environment"
)]

mod agreement;
mod canary;
mod chaos;
mod contract;
mod fault;
mod matrix;
mod process;
mod random;
mod support;
mod warm;
mod wire;
