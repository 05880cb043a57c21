//! Logs in to PostgreSQL or MySQL through Amazon RDS Proxy from where the application runs, and
//! tells you exactly what is broken.
//!
//! The modules are in the order in which data flows; each uses only those to its left:
//!
//! `clock` · `peer` · `config` → `connector` → `token` → `tls` → `session` → `health` → `explain` → `probe` → `diagnosis` →
//! `response` → `https` → `cloudformation` · `codedeploy` → `gate` → `handler` → `process` → `main`
//!
//! Without the feature `lambda`, nothing here knows of Lambda: the command line in `cli/` is built so.

pub mod clock;
#[cfg(feature = "lambda")]
pub mod cloudformation;
#[cfg(feature = "lambda")]
pub mod codedeploy;
pub mod config;
pub mod connector;
pub mod diagnosis;
pub mod explain;
pub mod gate;
#[cfg(feature = "lambda")]
pub mod handler;
pub mod health;
#[cfg(feature = "lambda")]
pub mod https;
pub mod peer;
pub mod probe;
#[cfg(feature = "lambda")]
pub mod process;
pub mod response;
pub mod session;
pub mod tls;
pub mod token;
