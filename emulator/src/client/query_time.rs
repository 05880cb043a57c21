//! How long a simple query takes, as `QueryResponseLatency` and `QueryDatabaseResponseLatency` have it.
//!
//! Owns the moments between which it is. A query costs one look at the clock here, at its end, which
//! also tells since when its connection is idle. The others are those at which the client sent it and
//! its connection was lent. Not timed: PostgreSQL's extended protocol, as AWS has it, and a query that
//! is sent before the one before it is answered.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.monitoring.html>

use tokio::time::Instant;

use crate::observe::EndpointMetrics;

/// The queries on a borrowed connection, one after the other.
#[derive(Debug)]
pub(super) struct QueryTime {
    lent: Instant,
    /// When the query came that is under way.
    asked: Option<Instant>,
    /// When the last one was answered, unless something else was asked since.
    answered: Option<Instant>,
}

impl QueryTime {
    /// On a connection that was lent at this moment.
    pub(super) fn new(lent_at: Instant) -> Self {
        Self { lent: lent_at, asked: None, answered: None }
    }

    /// Notes that the client asks for something; with when, if that is a query to be timed.
    pub(super) fn asks(&mut self, query_at: Option<Instant>) {
        self.answered = None;
        self.asked = self.asked.or(query_at);
    }

    /// Notes that the database is ready for the next query.
    pub(super) fn is_answered(&mut self, metrics: &EndpointMetrics) {
        let Some(asked_at) = self.asked.take() else { return };
        let now = Instant::now();
        metrics.query_response_latency.add(now - asked_at);
        metrics.query_database_response_latency.add(now - asked_at.max(self.lent));
        self.answered = Some(now);
    }

    /// Since when the connection has nothing to do, once everything is answered.
    pub(super) fn idle_since(&self) -> Instant {
        self.answered.unwrap_or_else(Instant::now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_client_waits_for_the_connection_too_and_the_database_only_answers() {
        let metrics = EndpointMetrics::default();
        let step = |seconds| tokio::time::advance(Duration::from_secs(seconds));
        let first_at = Instant::now();
        step(2).await;
        let mut time = QueryTime::new(Instant::now());
        time.asks(Some(first_at));
        step(3).await;
        time.is_answered(&metrics);
        assert_eq!(time.idle_since(), Instant::now());
        step(10).await;
        assert_eq!(time.idle_since().elapsed().as_secs(), 10);
        time.asks(Some(Instant::now()));
        step(4).await;
        time.is_answered(&metrics);
        time.asks(None);
        step(20).await;
        time.is_answered(&metrics);
        assert_eq!(time.idle_since(), Instant::now());
        assert_eq!(metrics.query_response_latency.get(), (2, 9_000_000));
        assert_eq!(metrics.query_database_response_latency.get(), (2, 7_000_000));
    }
}
