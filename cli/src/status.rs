//! What the process ends with.

use rds_proxy_probe::probe::{Failure, Outcome, Report};

/// A result, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// The database answers, or the command did what it was asked for.
    Healthy,
    /// It answers, but not as expected.
    Degraded,
    /// It does not answer.
    Unhealthy,
    /// The command line or the configuration is wrong.
    Misused,
    /// Ctrl-C came before there was a result.
    Interrupted,
}

impl Status {
    /// The status of a probe.
    pub fn of(report: &Report) -> Self {
        match report.outcome() {
            Outcome::Healthy => Self::Healthy,
            Outcome::Degraded(_) => Self::Degraded,
            Outcome::Failed(Failure::Config(_)) => Self::Misused,
            Outcome::Failed(_) => Self::Unhealthy,
        }
    }

    /// The exit status. Shells have 130 for an end by Ctrl-C.
    pub fn code(self) -> u8 {
        match self {
            Self::Healthy => 0,
            Self::Unhealthy => 1,
            Self::Misused => 2,
            Self::Degraded => 3,
            Self::Interrupted => 130,
        }
    }
}
