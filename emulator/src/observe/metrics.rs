//! RDS Proxy's CloudWatch metrics, as far as an emulator has them.
//!
//! Owns the numbers. Their names, dimensions and units are AWS's:
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.monitoring.html>. How they are
//! written down is `emulator`'s.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

/// A number that goes up and down.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicI64);

/// One of those that a gauge counts, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Counted<'a>(&'a Gauge);

/// How often something took place, and how long it took in all.
#[derive(Debug, Default)]
pub(crate) struct Latency {
    count: AtomicU64,
    micros: AtomicU64,
}

/// The metrics of an endpoint: what its clients do.
#[derive(Debug, Default)]
pub(crate) struct EndpointMetrics {
    pub(crate) client_connections: Gauge,
    pub(crate) client_connections_in_setup: Gauge,
    pub(crate) client_connections_tls: Gauge,
    pub(crate) client_connections_received: Counter,
    pub(crate) client_connections_closed: Counter,
    pub(crate) client_connections_setup_succeeded: Counter,
    pub(crate) client_connections_setup_failed_auth: Counter,
    /// Without the extended protocol's, as the real ones.
    pub(crate) query_requests: Counter,
    pub(crate) database_connections_borrow_latency: Latency,
    /// From a query of the client's to its answer.
    pub(crate) query_response_latency: Latency,
    /// From a query of the client's to its answer, without the wait for a connection.
    pub(crate) query_database_response_latency: Latency,
}

/// The metrics of a target, whose names begin with `DatabaseConnections`: what becomes of them.
#[derive(Debug, Default)]
pub(crate) struct TargetMetrics {
    pub(crate) currently_borrowed: Gauge,
    pub(crate) connection_requests: Counter,
    pub(crate) setup_succeeded: Counter,
    pub(crate) setup_failed: Counter,
    pub(crate) borrow_requests: Counter,
    pub(crate) borrow_requests_aborted: Counter,
}

impl Counter {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Gauge {
    pub(crate) fn up(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn down(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// Counts one more until this is dropped.
    pub(crate) fn count(&self) -> Counted<'_> {
        self.up();
        Counted(self)
    }

    pub(crate) fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.down();
    }
}

impl Latency {
    pub(crate) fn add(&self, took: Duration) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.micros
            .fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// How often, and how many microseconds in all.
    pub(crate) fn get(&self) -> (u64, u64) {
        (self.count.load(Ordering::Relaxed), self.micros.load(Ordering::Relaxed))
    }
}
