//! How an invocation's time is divided between probes and the delivery of the answer.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::clock::time_left_or_assumed;
use crate::https::delivery_time;

/// How long an invocation may probe: until only the time to deliver the answer is left.
pub fn time_to_probe(now: SystemTime, invocation_ends: Option<SystemTime>) -> Duration {
    let left = time_left_or_assumed(now, invocation_ends);
    left.saturating_sub(delivery_time(left))
}

/// When an answer must be delivered: shortly before the invocation ends.
pub fn time_to_answer(now: SystemTime, invocation_ends: Option<SystemTime>) -> Instant {
    let left = time_left_or_assumed(now, invocation_ends);
    Instant::now() + left.saturating_sub(delivery_time(left) / 4)
}
