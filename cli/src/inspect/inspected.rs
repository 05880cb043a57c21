//! What was read and found, and the exit status that follows.

use super::account::Account;
use super::finding::{Certainty, Finding};
use crate::status::Status;

/// What an account was found to have.
#[derive(Debug)]
pub struct Inspected {
    /// What was read.
    pub account: Account,
    /// What would keep the function from logging in, the surest first.
    pub findings: Vec<Finding>,
}

impl Inspected {
    /// Whether something keeps the function from logging in, or may.
    pub fn status(&self) -> Status {
        let is_sure = |finding: &Finding| finding.certainty != Certainty::Possible;
        if self.findings.iter().any(is_sure) {
            Status::Unhealthy
        } else if self.findings.is_empty() && self.account.unread.is_empty() {
            Status::Healthy
        } else {
            Status::Degraded
        }
    }
}
