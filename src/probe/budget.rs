//! How long a probe may take: the configured bound, and what the invocation has left.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::clock::time_left;

/// What is kept of an invocation's time to answer in.
const MARGIN: Duration = Duration::from_millis(250);

/// The moment at which a probe must have ended.
///
/// `invocation_ends` is the Runtime API's deadline.
pub(super) fn deadline(
    bound: Duration,
    invocation_ends: Option<SystemTime>,
    now: SystemTime,
    started: Instant,
) -> Instant {
    let budget = match time_left(now, invocation_ends) {
        // Close to the end half of what is left is worth more than none.
        Some(left) => bound.min(left.saturating_sub(MARGIN).max(left / 2)),
        None => bound,
    };
    started + budget
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(left_ms: i64) -> u128 {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        let end = if left_ms < 0 {
            now - Duration::from_millis(left_ms.unsigned_abs())
        } else {
            now + Duration::from_millis(left_ms.unsigned_abs())
        };
        let started = Instant::now();
        let deadline = deadline(Duration::from_secs(5), Some(end), now, started);
        deadline.duration_since(started).as_millis()
    }

    #[tokio::test]
    async fn the_nearer_bound_holds_and_leaves_time_to_answer() {
        assert_eq!(budget(60_000), 5_000);
        assert_eq!(budget(3_000), 2_750);
        assert_eq!(budget(100), 50);
    }

    #[tokio::test]
    async fn a_deadline_that_is_past_is_unknown() {
        assert_eq!(budget(-1), 5_000);
        assert_eq!(budget(0), 5_000);
    }
}
