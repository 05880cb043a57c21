//! How long a probe may take, how long a session may be kept, and how many of them.

use std::time::Duration;

/// The bounds of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Upper bound of one probe; 1 ms to 15 min, the longest that Lambda runs a function
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
    pub timeout: Duration,
    /// An older kept session is replaced, so that the login is tested again; zero: a new session
    /// each time. At most a day: RDS Proxy closes a client's connection then
    /// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connections.html>).
    pub session_max_age: Duration,
    /// How many invocations Lambda may run in this process at once, and so how many sessions may be
    /// kept. One, except on managed instances
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-rust.html>).
    pub max_concurrency: usize,
}

pub(super) const TIMEOUT_MS: std::ops::RangeInclusive<u64> = 1..=900_000;
pub(super) const DEFAULT_TIMEOUT_MS: u64 = 5_000;
pub(super) const SESSION_MAX_AGE_S: std::ops::RangeInclusive<u64> = 0..=86_400;
pub(super) const DEFAULT_SESSION_MAX_AGE_S: u64 = 300;
