//! How long the proxy puts up with a client.
//!
//! Owns the two limits of a session: `IdleClientTimeout`, which any request starts again, and the
//! life of a client's connection. One timer serves both, and it is set again only when it goes off:
//! a request costs a look at the clock.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connections.html>

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// How often it is looked whether a session past its life is still in its transaction.
const AGAIN: Duration = Duration::from_secs(1);

/// The limits of one session.
#[derive(Debug)]
pub(super) struct Patience {
    idle: Duration,
    last_request: Instant,
    end_of_life: Instant,
    timer: Pin<Box<Sleep>>,
}

/// Which limit a session has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// It asked for nothing for too long.
    Idle,
    /// It is too old. The connection ends once its transaction has.
    Life,
}

impl Patience {
    /// For a session that begins now.
    pub(super) fn new(idle: Duration, life: Duration) -> Self {
        let now = Instant::now();
        let end_of_life = now + life;
        let timer = Box::pin(sleep_until((now + idle).min(end_of_life)));
        Self { idle, last_request: now, end_of_life, timer }
    }

    /// When the client sent something for the last time.
    pub(super) fn last_request(&self) -> Instant {
        self.last_request
    }

    /// Notes that the client has sent something.
    pub(super) fn renew(&mut self) {
        self.last_request = Instant::now();
    }

    /// Ready once a limit is reached.
    pub(super) fn poll(&mut self, is_in_transaction: bool, cx: &mut Context<'_>) -> Poll<Limit> {
        while self.timer.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            let idle_until = self.last_request + self.idle;
            if now >= idle_until {
                return Poll::Ready(Limit::Idle);
            }
            if now >= self.end_of_life && !is_in_transaction {
                return Poll::Ready(Limit::Life);
            }
            let next = if now >= self.end_of_life { now + AGAIN } else { self.end_of_life };
            self.timer.as_mut().reset(next.min(idle_until));
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    const IDLE: Duration = Duration::from_secs(30);
    const LIFE: Duration = Duration::from_secs(100);

    #[tokio::test(start_paused = true)]
    async fn a_request_starts_the_idle_time_again() {
        let (begun, mut patience) = (Instant::now(), Patience::new(IDLE, LIFE));
        tokio::time::advance(Duration::from_secs(20)).await;
        patience.renew();
        assert_eq!(poll_fn(|cx| patience.poll(false, cx)).await, Limit::Idle);
        assert_eq!(begun.elapsed().as_secs(), 50);
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_ends_with_its_life_however_busy_it_is_but_not_in_a_transaction() {
        let (begun, mut patience) = (Instant::now(), Patience::new(IDLE, LIFE));
        for _ in 0..9 {
            tokio::time::advance(Duration::from_secs(10)).await;
            patience.renew();
        }
        assert_eq!(poll_fn(|cx| patience.poll(false, cx)).await, Limit::Life);
        assert_eq!(begun.elapsed().as_secs(), 100);
        patience.renew();
        assert_eq!(poll_fn(|cx| patience.poll(true, cx)).await, Limit::Idle);
        assert_eq!(begun.elapsed().as_secs(), 130);
    }
}
