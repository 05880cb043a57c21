//! The emulator as its clients meet it: over sockets, with tokens and drivers of other authors.
//!
//! One cluster serves all tests of this binary; it goes when the process does.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, and the clock here is the machine's"
)]

mod admin;
mod backend_error;
mod ca_dir;
mod ca_file;
mod crowd;
mod database;
mod debug_log;
mod ends;
mod env_file;
mod exec;
mod fault;
mod forks;
mod init_sql;
mod known;
mod leaving;
mod load;
mod log;
mod login;
mod metrics;
mod mishap;
mod mysql;
mod nonces;
mod pages;
mod pins;
mod pool;
mod process;
mod reader;
mod restart;
mod scheme;
mod server;
mod session;
mod start;
mod startup;
mod stop;
mod strangers;
mod support;
mod users;
