//! The options of the pool and of what is seen of it, by RDS's own names.
//!
//! Owns their ranges, which are those of RDS. What they do is `pool`, `client` and `emulator`.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ConnectionPoolConfiguration.html>

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use clap::Args;

use super::values;
use crate::client::OnPin;
use crate::observe::LogDetail;
use crate::pool::PoolSettings;

/// How clients share database connections.
#[derive(Clone, Debug, Args)]
pub(super) struct Pooling {
    /// How much of the database's `max_connections` may be open, in percent: 1 to 100.
    #[arg(long, value_name = "PERCENT", default_value = "100", value_parser = max_percent)]
    max_connections_percent: u8,
    /// How many of them may stay idle for over 5 minutes, in percent of `max_connections`: 0 to
    /// --max-connections-percent [default: half of that].
    #[arg(long, value_name = "PERCENT", value_parser = idle_percent)]
    max_idle_connections_percent: Option<u8>,
    /// How long a client waits for a database connection, in seconds: 0 to 300. With 0 only an idle
    /// connection is given.
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = borrow_timeout)]
    connection_borrow_timeout: Duration,
    /// How long a client may ask for nothing, in seconds: 60 to 28800.
    #[arg(long, value_name = "SECONDS", default_value = "1800", value_parser = idle_timeout)]
    idle_client_timeout: Duration,
    /// How long a client's connection lives, in seconds: 1 to 86400.
    #[arg(long, value_name = "SECONDS", default_value = "86400", value_parser = life)]
    client_life: Duration,
    /// SQL that runs once on each new database connection, such as `SET timezone = 'UTC'`, or with
    /// MySQL `SET time_zone = '+00:00'`.
    #[arg(long, value_name = "SQL")]
    init_query: Option<String>,
    /// What happens at a statement that pins its session: `log`, or `error`, which refuses the
    /// statement, so that a test fails there.
    #[arg(long, value_name = "log|error", default_value = "log", value_parser = values::on_pin)]
    pub(super) on_pin: OnPin,
    /// Address at which a page shows sessions, pool and pins, also as JSON and for Prometheus.
    #[arg(long, value_name = "ADDRESS", value_parser = values::address)]
    pub(super) admin: Option<SocketAddr>,
    /// Log each connection, login, borrow and release, in RDS Proxy's words.
    #[arg(long)]
    debug_logging: bool,
}

impl Pooling {
    pub(super) fn log_detail(&self) -> LogDetail {
        if self.debug_logging { LogDetail::Debug } else { LogDetail::Usual }
    }

    pub(super) fn settings(&self) -> PoolSettings {
        PoolSettings {
            max_connections_percent: self.max_connections_percent,
            max_idle_connections_percent: self.max_idle_connections_percent,
            connection_borrow_timeout: self.connection_borrow_timeout,
            init_query: self.init_query.clone(),
        }
    }

    /// The idle timeout and the life of a client's connection.
    pub(super) fn limits(&self) -> (Duration, Duration) {
        (self.idle_client_timeout, self.client_life)
    }
}

fn max_percent(text: &str) -> Result<u8, String> {
    number(text, 1..=100, "a percentage from 1 to 100")
}

fn idle_percent(text: &str) -> Result<u8, String> {
    number(text, 0..=100, "a percentage from 0 to 100")
}

fn borrow_timeout(text: &str) -> Result<Duration, String> {
    number(text, 0..=300, "a number of seconds from 0 to 300").map(Duration::from_secs)
}

fn idle_timeout(text: &str) -> Result<Duration, String> {
    number(text, 60..=28_800, "a number of seconds from 60 to 28800").map(Duration::from_secs)
}

fn life(text: &str) -> Result<Duration, String> {
    number(text, 1..=86_400, "a number of seconds from 1 to 86400").map(Duration::from_secs)
}

fn number<N>(text: &str, range: RangeInclusive<N>, what: &str) -> Result<N, String>
where
    N: std::str::FromStr + PartialOrd,
{
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("expected {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outside_of_rdss_ranges_are_refused_with_the_range() {
        assert_eq!(borrow_timeout("0"), Ok(Duration::ZERO));
        assert_eq!(borrow_timeout("300"), Ok(Duration::from_mins(5)));
        for text in ["301", "-1", "", "1s"] {
            let refused = borrow_timeout(text);
            assert_eq!(refused, Err("expected a number of seconds from 0 to 300".to_owned()));
        }
        assert!(
            max_percent("0").is_err() && idle_percent("0").is_ok() && idle_timeout("59").is_err()
        );
    }
}
