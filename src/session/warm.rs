//! A session kept from one invocation to the next, and whether it may be used again.
//!
//! Lambda freezes a process between invocations, so timers do not run: a kept session is checked
//! against the wall clock when it is needed.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::Session;
use crate::tls::TlsFacts;

/// A session that was idle for longer is not used again. A schedule of once a minute keeps its session;
/// RDS Proxy's idle timeout is a minute at least and half an hour by default
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-creating.html>), and what
/// it closes sooner costs one round trip.
pub const IDLE_LIMIT: Duration = Duration::from_mins(2);

/// A session with its history.
#[derive(Debug)]
pub struct KeptSession {
    /// The session itself.
    pub session: Session,
    /// What the handshake showed.
    pub tls: Option<Arc<TlsFacts>>,
    /// When it logged in.
    pub signed_in_at: SystemTime,
    /// When it last answered.
    pub last_used_at: SystemTime,
    /// How long the login took.
    pub login_time: Duration,
}

/// The least time to wait for an answer: a busy machine or database is not a broken connection.
const LEAST_PATIENCE: Duration = Duration::from_millis(250);

impl KeptSession {
    /// Whether it may be used again: young, not idle for long, not known to be closed.
    pub fn is_usable(&mut self, now: SystemTime, max_age: Duration) -> bool {
        !self.session.is_closed() && is_recent(self.signed_in_at, self.last_used_at, now, max_age)
    }

    /// How long to wait for its answer before another session is started beside it: as long as a
    /// login took.
    pub fn patience(&self) -> Duration {
        self.login_time.max(LEAST_PATIENCE)
    }
}

/// A time in the future means that the clock was set back, so the age is unknown.
fn is_recent(
    signed_in_at: SystemTime,
    last_used_at: SystemTime,
    now: SystemTime,
    max_age: Duration,
) -> bool {
    let within = |since: SystemTime, limit| now.duration_since(since).is_ok_and(|age| age < limit);
    within(signed_in_at, max_age) && within(last_used_at, IDLE_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_serves_again_while_it_is_young_and_not_long_silent() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        let check = |used_s, now_s, max_age_s| {
            let at = |seconds| start + Duration::from_secs(seconds);
            is_recent(start, at(used_s), at(now_s), Duration::from_secs(max_age_s))
        };
        assert!(check(0, 60, 300));
        assert!(check(240, 299, 300));
        assert!(!check(240, 300, 300), "too old");
        assert!(!check(0, 120, 300), "too long silent");
        assert!(!check(0, 0, 0), "an age of zero means never");
        assert!(!check(60, 30, 300), "the clock was set back");
    }
}
