//! How long a probe may take: the configured limit, and what the invocation has left.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::clock::time_left;

/// How much of an invocation's time is kept for the answer.
const MARGIN: Duration = Duration::from_millis(250);

/// How long the calls to the control plane may take after a failure. This is not part of the steps'
/// time, so `explain` does not change their results.
const QUESTIONS: Duration = Duration::from_secs(3);

/// How long the steps of a probe may take together, and what limits them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepsBudget {
    /// How long.
    pub length: Duration,
    /// What limits it.
    pub limit: BudgetLimit,
}

/// What limits the steps of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetLimit {
    /// `PROBE_TIMEOUT_MS`.
    Configured,
    /// What the invocation had left.
    Invocation,
}

/// The deadlines of a probe's parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Budget {
    /// The steps.
    pub(super) steps_end: Instant,
    /// How long they have.
    pub(super) steps: StepsBudget,
    /// The whole probe, if the invocation has a deadline.
    invocation_end: Option<Instant>,
}

impl Budget {
    /// `invocation_ends` is the Runtime API's deadline.
    pub(super) fn new(
        bound: Duration,
        invocation_ends: Option<SystemTime>,
        now: SystemTime,
        started: Instant,
    ) -> Self {
        // Close to the end, half of what is left is better than nothing.
        let left =
            time_left(now, invocation_ends).map(|left| left.saturating_sub(MARGIN).max(left / 2));
        let steps = match left {
            Some(left) if left < bound => {
                StepsBudget { length: left, limit: BudgetLimit::Invocation }
            }
            Some(_) | None => StepsBudget { length: bound, limit: BudgetLimit::Configured },
        };
        let invocation_end = left.map(|left| started + left);
        Self { steps_end: started + steps.length, steps, invocation_end }
    }

    /// The deadline of calls to the control plane that start now.
    pub(super) fn questions_end(self, now: Instant) -> Instant {
        let own = now + QUESTIONS;
        self.invocation_end.map_or(own, |end| own.min(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(started: Instant, left_ms: i64) -> Budget {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        let end = if left_ms < 0 {
            now - Duration::from_millis(left_ms.unsigned_abs())
        } else {
            now + Duration::from_millis(left_ms.unsigned_abs())
        };
        Budget::new(Duration::from_secs(5), Some(end), now, started)
    }

    fn steps(left_ms: i64) -> u128 {
        let started = Instant::now();
        budget(started, left_ms).steps_end.duration_since(started).as_millis()
    }

    #[tokio::test]
    async fn the_nearer_bound_holds_and_leaves_time_to_answer() {
        assert_eq!(steps(60_000), 5_000);
        assert_eq!(steps(3_000), 2_750);
        assert_eq!(steps(100), 50);
        let limit = |left_ms| budget(Instant::now(), left_ms).steps.limit;
        assert_eq!(limit(60_000), BudgetLimit::Configured);
        assert_eq!(limit(3_000), BudgetLimit::Invocation);
    }

    #[tokio::test]
    async fn a_deadline_that_is_past_is_unknown() {
        assert_eq!(steps(-1), 5_000);
        assert_eq!(steps(0), 5_000);
    }

    #[tokio::test]
    async fn questions_have_their_own_time_inside_the_invocation() {
        let started = Instant::now();
        let questions = |left_ms, failed_after_s| {
            let failed = started + Duration::from_secs(failed_after_s);
            budget(started, left_ms).questions_end(failed).duration_since(failed).as_millis()
        };
        assert_eq!(questions(60_000, 5), 3_000);
        assert_eq!(questions(6_250, 5), 1_000);
        assert_eq!(questions(5_250, 5), 0);
        assert_eq!(questions(-1, 5), 3_000, "an unknown end bounds nothing");
    }
}
