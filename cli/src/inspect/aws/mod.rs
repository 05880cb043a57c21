//! Calls of AWS's services, signed and sent by hand: the SDK's crates for EC2, IAM and Lambda would
//! cost more than the rest of the program (docs/decisions/0005-inspect-signs-its-calls-itself.md).
//!
//! Every call only reads. Answers are bounded, pages are followed, and what is throttled is asked
//! again.

mod answer;
mod client;
mod refused;
mod service;

pub use answer::Node;
pub use client::{Client, Page, Parameters};
pub use service::{Endpoints, Service};
