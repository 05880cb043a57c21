//! The steps of a probe, in their order, and their records.

use std::time::Duration;

use tokio::time::Instant;

use super::failure::Failure;

/// A step of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The configuration and its trust anchors.
    Config,
    /// The keys that sign.
    Credentials,
    /// The token.
    Sign,
    /// Name to addresses.
    Resolve,
    /// The TCP connection.
    Connect,
    /// `SSLRequest` and the handshake.
    Tls,
    /// Startup and login.
    Authenticate,
    /// The health query.
    Query,
}

impl Step {
    /// Every step, in the order of the report.
    pub const ALL: [Self; 8] = [
        Self::Config,
        Self::Credentials,
        Self::Sign,
        Self::Resolve,
        Self::Connect,
        Self::Tls,
        Self::Authenticate,
        Self::Query,
    ];

    /// The contract's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Credentials => "credentials",
            Self::Sign => "sign",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Authenticate => "authenticate",
            Self::Query => "query",
        }
    }
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepStatus {
    /// It succeeded.
    Ok,
    /// It failed.
    Failed,
    /// It timed out.
    TimedOut,
}

impl StepStatus {
    /// The contract's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::TimedOut => "timeout",
        }
    }
}

/// A step that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepRecord {
    /// Which.
    pub step: Step,
    /// How it ended.
    pub status: StepStatus,
    /// How long it took.
    pub elapsed: Duration,
}

impl StepRecord {
    /// The record of a step that started then, with this result.
    pub(super) fn of<T>(step: Step, begun: Instant, result: &Result<T, Failure>) -> Self {
        let status = match result {
            Ok(_) => StepStatus::Ok,
            Err(failure) if failure.is_timeout() => StepStatus::TimedOut,
            Err(_) => StepStatus::Failed,
        };
        Self { step, status, elapsed: begun.elapsed() }
    }
}
