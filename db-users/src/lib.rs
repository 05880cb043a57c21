//! Database users for logins by IAM, as a CloudFormation custom resource.
//!
//! The modules are in the order in which data flows; each uses only those to its left:
//!
//! `properties` → `secret` → `stacks` → `mark` → `transaction` → `state` → `statement` → `plan` →
//! `failure` → `apply` → `request` → `handler` → `main`
//!
//! The login, its diagnosis and the custom resource's protocol come from `rds_proxy_probe`.

mod apply;
mod failure;
mod handler;
mod mark;
mod plan;
mod properties;
mod request;
mod secret;
mod stacks;
mod state;
mod statement;
mod transaction;

pub use handler::{Handled, Handler, Invocation, Unanswered};
