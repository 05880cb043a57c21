//! How many targets are probed at once, and how fast logins follow each other.
//!
//! A small database takes few IAM logins a second
//! (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html#UsingWithRDS.IAMDBAuth.Limitations>),
//! and many targets may be the nodes of one proxy.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// How many are under way at once.
const AT_ONCE: usize = 8;

/// The time between two starts.
const BETWEEN: Duration = Duration::from_millis(100);

/// Runs the work of each item, and hands each result over when it is there.
pub(super) async fn each<I, R, F>(items: Vec<I>, work: impl Fn(I) -> F, mut finished: impl FnMut(R))
where
    R: Send + 'static,
    F: Future<Output = R> + Send + 'static,
{
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    let mut start = Instant::now();
    for item in items {
        let (permits, work) = (Arc::clone(&permits), work(item));
        running.spawn(async move {
            sleep_until(start).await;
            // It is never closed.
            let _permit = permits.acquire().await;
            work.await
        });
        start += BETWEEN;
    }
    while let Some(result) = running.join_next().await {
        if let Ok(result) = result {
            finished(result);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn eight_run_at_once_and_ten_start_in_a_second() {
        let begun = Instant::now();
        let (starts, now) = (Arc::new(Mutex::new(vec![])), Arc::new(Mutex::new((0, 0))));
        let work = |number: u32| {
            let (starts, now) = (Arc::clone(&starts), Arc::clone(&now));
            async move {
                starts.lock().unwrap().push(begun.elapsed().as_millis());
                {
                    let mut now = now.lock().unwrap();
                    now.0 += 1;
                    now.1 = now.1.max(now.0);
                }
                sleep(Duration::from_secs(5)).await;
                now.lock().unwrap().0 -= 1;
                number
            }
        };
        let mut results = vec![];
        each((0..20).collect(), work, |number: u32| results.push(number)).await;
        assert_eq!(now.lock().unwrap().1, AT_ONCE);
        let starts = starts.lock().unwrap();
        assert!(starts[..8].windows(2).all(|pair| pair[1] - pair[0] >= 100), "{starts:?}");
        results.sort_unstable();
        assert_eq!(results, (0..20).collect::<Vec<_>>());
    }
}
