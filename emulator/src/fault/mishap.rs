//! What happens behind the proxy, rather than in the conversation with one client.
//!
//! Owns the kinds, and what is known of each. Who notices what of one is `client`'s.

use std::time::Duration;

/// What a query meets behind the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// The database connections of all clients end.
    Disruption(Disruption),
    /// Other clients have every database connection, until the borrow timeout.
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-best-practices.configuration.html>
    Exhausted,
    /// The reader of a pinned session goes away. The next query gets an error, and the client has to
    /// connect again; which error is not published, so its text is a guess.
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-endpoints.html>
    LostReader,
    /// The client gets the answer to another session's query. Reported once of the real proxy, for 29
    /// of 600 threads: <https://github.com/opengovsg/rdsproxy-test>.
    CrossTalk,
}

/// Why all database connections end at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disruption {
    /// The standby takes over. Idle clients stay connected; those in a statement or a transaction
    /// are cut off, and new requests wait for the database. What the client hears before it is cut
    /// off is not published: that it is PostgreSQL's own text for a shutdown is a guess.
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.howitworks.html>
    Failover,
    /// A blue/green switchover. Statements get the text for a shutdown, and every client's connection
    /// is dropped; that idle clients get no error before is a guess. New ones work.
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-blue-green.html>
    Switchover,
}

/// How long the database is away in a failover: shorter than a real one, which takes half a minute
/// or more, so that a test does not.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html>
const FAILOVER: Duration = Duration::from_secs(3);

impl Disruption {
    /// How long no database connection can be opened.
    pub(crate) fn length(self) -> Duration {
        match self {
            Self::Failover => FAILOVER,
            Self::Switchover => Duration::ZERO,
        }
    }

    /// Whether clients that ask for nothing are cut off too.
    pub(crate) fn cuts_idle_clients(self) -> bool {
        match self {
            Self::Failover => false,
            Self::Switchover => true,
        }
    }
}
