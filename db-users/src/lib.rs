//! The database users that logins by IAM need, as a CloudFormation custom resource.
//!
//! The way of the data is the layout; a module knows only those to its left:
//!
//! `properties` → `secret` → `stacks` → `mark` → `transaction` → `state` → `statement` → `plan` →
//! `failure` → `apply` → `request` → `handler` → `main`
//!
//! Signing in, its diagnosis and the custom resource's protocol are `rds_proxy_probe`'s.

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
