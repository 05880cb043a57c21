//! Stand-ins for what is around the programs, one of each, for all tests and the benchmark.
//!
//! It knows neither the function nor the emulator: their tests hold them to each other, and must
//! not do so through code that one of them is made of. What a package's tests share beyond that is
//! in their own `support`.
//!
//! The modules; each imports only from its left:
//!
//! `schema` → `process` → `export_block` → `namespace` → `resolver` → `peer` → `forwarder` → `postgres` →
//! `mysql` → `authority` → `mariadb` → `http` → `aws` → `response_host` → `runtime_api` → `function`

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::missing_panics_doc,
    reason = "stand-ins fail the test that uses them by panicking, as the tests do themselves"
)]

pub mod authority;
pub mod aws;
pub mod export_block;
pub mod forwarder;
pub mod function;
pub mod http;
pub mod mariadb;
pub mod mysql;
pub mod namespace;
pub mod peer;
pub mod postgres;
pub mod process;
pub mod resolver;
pub mod response_host;
pub mod runtime_api;
pub mod schema;
