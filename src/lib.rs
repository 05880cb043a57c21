//! Tests PostgreSQL through Amazon RDS Proxy from where the application runs, and tells exactly what
//! is broken.
//!
//! The modules are in the order in which data flows; each uses only those to its left:
//!
//! `clock` · `peer` · `config` → `connector` → `token` → `tls` → `session` → `health` → `explain` → `probe` → `diagnosis` →
//! `response` → `https` → `cloudformation` · `codedeploy` → `gate` → `handler` → `process` → `main`

pub mod clock;
pub mod cloudformation;
pub mod codedeploy;
pub mod config;
pub mod connector;
pub mod diagnosis;
pub mod explain;
pub mod gate;
pub mod handler;
pub mod health;
pub mod https;
pub mod peer;
pub mod probe;
pub mod process;
pub mod response;
pub mod session;
pub mod tls;
pub mod token;
