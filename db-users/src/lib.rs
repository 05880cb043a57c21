//! Database users for logins by IAM, as a resource of CloudFormation's or Terraform's.
//!
//! The modules are in the order in which data flows; each uses only those to its left:
//!
//! `properties` → `secret` → `stacks` → `mark` → `statement` → `change` → `postgres` → `mysql` →
//! `failure` → `apply` → `order` → `request` → `terraform` → `handler` → `main`
//!
//! An engine's statements are in its folder; what is common to both is outside of them.
//!
//! The login, its diagnosis and the custom resource's protocol come from `rds_proxy_probe`.

mod apply;
mod change;
mod failure;
mod handler;
mod mark;
mod mysql;
mod order;
mod postgres;
mod properties;
mod request;
mod secret;
mod stacks;
mod statement;
mod terraform;

pub use handler::{Handled, Handler, Invocation, InvocationError};
