//! How a proxy's target group is set up.
//!
//! Owns RDS's own settings and their defaults. What they do is `pool`.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ConnectionPoolConfiguration.html>

use std::time::Duration;

/// The settings of the connection pool, by RDS's own names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolSettings {
    /// `MaxConnectionsPercent`: of the database's `max_connections` without the reserved ones, 1 to
    /// 100.
    pub max_connections_percent: u8,
    /// `MaxIdleConnectionsPercent`: 0 to the former; half of the former if not given.
    pub max_idle_connections_percent: Option<u8>,
    /// `ConnectionBorrowTimeout`: 0 to 300 s.
    pub connection_borrow_timeout: Duration,
    /// `InitQuery`: statements that run once on each new database connection.
    pub init_query: Option<String>,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            max_connections_percent: 100,
            max_idle_connections_percent: None,
            connection_borrow_timeout: Duration::from_mins(2),
            init_query: None,
        }
    }
}

impl PoolSettings {
    /// How many of `available` connections may be open: at least one.
    pub(super) fn capacity(&self, available: usize) -> usize {
        (available * usize::from(self.max_connections_percent) / 100).max(1)
    }

    /// How many of them may stay idle for longer than [`super::IDLE`].
    pub(super) fn idle_ceiling(&self, available: usize) -> usize {
        let percent = self.max_idle_connections_percent.unwrap_or(self.max_connections_percent / 2);
        available * usize::from(percent) / 100
    }
}
