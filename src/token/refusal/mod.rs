//! Why an AWS service rejected a call, and what that means.
//!
//! `aws.rs` makes these from the SDK's errors; `diagnosis` says what to do.

mod kind;
#[cfg(test)]
mod tests;

use std::fmt;

pub use kind::{RefusalClass, RefusalKind};

use crate::clock::Offset;
use crate::peer::Service;

/// Why an AWS service rejected a call, or why it did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwsRefusal {
    /// Something answered, so something was reached.
    Answered {
        /// The error code, such as `AccessDenied`; `None` if the answer is not in the form of an AWS
        /// service's.
        code: Option<String>,
        /// The HTTP status.
        status: u16,
        /// The service's message, or what was answered instead; shortened.
        message: String,
        /// How far the other clock is from this machine's, by the answer's own `Date`.
        clock: Option<Offset>,
    },
    /// Something answered with a certificate that is not trusted, so the request was not sent.
    Untrusted {
        /// The client's message.
        reason: String,
    },
    /// Something answered, but not with HTTP or TLS.
    Garbled {
        /// The service that the answer looks like.
        service: Service,
        /// How it begins.
        answer: String,
        /// The client's message.
        reason: String,
    },
    /// A server accepted the connection, and then closed it or was silent.
    Disconnected {
        /// The client's message.
        reason: String,
    },
    /// There was no connection.
    Unanswered {
        /// The client's message.
        reason: String,
    },
    /// Nothing was sent.
    NotSent {
        /// Why.
        reason: String,
    },
}

/// The kind of policy that decided, if the service says.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// Of the principal that asks.
    Identity,
    /// Of what is asked for: a role's trust policy, a secret's resource policy.
    Resource,
    /// One that bounds what the others may allow: a permissions boundary, a session's, an
    /// organization's, a VPC endpoint's.
    Bounding,
}

/// How the services call the kinds of policies, as in "because no … allows".
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
const POLICIES: [(&str, PolicyKind); 7] = [
    ("identity-based policy", PolicyKind::Identity),
    ("resource-based policy", PolicyKind::Resource),
    ("permissions boundary", PolicyKind::Bounding),
    ("session policy", PolicyKind::Bounding),
    ("service control policy", PolicyKind::Bounding),
    ("resource control policy", PolicyKind::Bounding),
    ("VPC endpoint policy", PolicyKind::Bounding),
];

impl AwsRefusal {
    /// What it means.
    pub fn kind(&self) -> RefusalKind {
        match self {
            Self::Answered { code: Some(code), status, message, .. } => {
                RefusalKind::of_error(code, *status, message)
            }
            Self::Answered { code: None, status, .. } => RefusalKind::of_status(*status),
            Self::Untrusted { .. } => RefusalKind::Untrusted,
            Self::Garbled { .. } => RefusalKind::Foreign,
            Self::Disconnected { .. } => RefusalKind::Disconnected,
            Self::Unanswered { .. } => RefusalKind::Unanswered,
            Self::NotSent { .. } => RefusalKind::NotSent,
        }
    }

    /// What it is about.
    pub fn class(&self) -> RefusalClass {
        self.kind().class()
    }

    /// Whether asking again soon can help.
    pub fn is_temporary(&self) -> bool {
        self.class() == RefusalClass::Temporary
    }

    /// The kind of policy that denied or did not allow it, if the service says.
    pub fn policy(&self) -> Option<PolicyKind> {
        let message = self.message()?;
        let named = POLICIES.iter().find(|(name, _)| message.contains(name));
        named.map(|(_, kind)| *kind)
    }

    /// How far the service's clock is from this machine's, if it said.
    pub fn clock(&self) -> Option<Offset> {
        match self {
            Self::Answered { clock, .. } => *clock,
            Self::Untrusted { .. }
            | Self::Garbled { .. }
            | Self::Disconnected { .. }
            | Self::Unanswered { .. }
            | Self::NotSent { .. } => None,
        }
    }

    fn message(&self) -> Option<&str> {
        match self {
            Self::Answered { message, .. } => Some(message),
            Self::Untrusted { .. }
            | Self::Garbled { .. }
            | Self::Disconnected { .. }
            | Self::Unanswered { .. }
            | Self::NotSent { .. } => None,
        }
    }
}

impl fmt::Display for AwsRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { code: Some(code), message, .. } => write!(f, "{code}: {message}"),
            Self::Answered { code: None, message, status, .. } => {
                write!(f, "HTTP status {status}: {message}")
            }
            Self::Garbled { service: Service::Unknown, answer, .. } => {
                write!(f, "the answer is not HTTP: '{answer}'")
            }
            // Its text may be a damaged answer of AWS, so it is not repeated.
            Self::Garbled { service: service @ (Service::Http | Service::Tls), reason, .. } => {
                write!(f, "the answer is that of {service}, but cannot be read: {reason}")
            }
            Self::Garbled { service, answer, .. } => {
                write!(f, "the answer is that of {service}, not HTTP: '{answer}'")
            }
            Self::Disconnected { reason } => {
                write!(f, "the server accepted the connection but did not answer: {reason}")
            }
            Self::Untrusted { reason } | Self::Unanswered { reason } | Self::NotSent { reason } => {
                f.write_str(reason)
            }
        }
    }
}
