//! What is injected, and what a probe may then say without being wrong.

/// What is the matter with the path to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Disruption {
    ProxyKilled,
    DatabaseCrashed,
    Slow,
    Lossy,
    TooSlow,
    Cut,
}

/// A span in which the same things are true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Quiet,
    Injecting(Disruption),
    Injected(Disruption),
    Clearing(Disruption),
}

const TIMEOUTS: &[&str] = &["tcp_timeout", "tls_timeout", "auth_timeout", "query_timeout"];

impl Disruption {
    /// The codes of a probe that sees nothing else.
    fn codes(self) -> &'static [&'static str] {
        match self {
            Self::ProxyKilled => &["tcp_refused"],
            // The proxy accepts every login, and has no database connection for a query.
            Self::DatabaseCrashed => &["borrow_timeout"],
            Self::Slow => &[],
            Self::Lossy | Self::TooSlow => TIMEOUTS,
            Self::Cut => &["tcp_timeout"],
        }
    }

    /// The codes of a probe during which it begins or ends, beside those.
    fn codes_at_the_edge(self) -> &'static [&'static str] {
        match self {
            Self::ProxyKilled => {
                &["tls_handshake_failed", "auth_connection_lost", "connection_lost"]
            }
            Self::DatabaseCrashed => &["connection_lost"],
            Self::Slow | Self::Lossy | Self::TooSlow => &[],
            Self::Cut => TIMEOUTS,
        }
    }

    /// Why a kept session may have been replaced during it or after it.
    pub(super) fn ends_a_session_by(self) -> &'static [&'static str] {
        match self {
            Self::ProxyKilled => &["connection_lost"],
            // The proxy keeps idle clients, and cuts those that the database works for.
            Self::DatabaseCrashed => &["connection_lost", "borrow_timeout"],
            Self::Slow | Self::Lossy | Self::TooSlow | Self::Cut => &["query_timeout"],
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::ProxyKilled => "the proxy is killed",
            Self::DatabaseCrashed => "the database crashes",
            Self::Slow => "20 ms a round trip",
            Self::Lossy => "25% of the packets are lost",
            Self::TooSlow => "800 ms a round trip",
            Self::Cut => "all packets are lost",
        }
    }
}

impl Phase {
    pub(super) fn disruption(self) -> Option<Disruption> {
        match self {
            Self::Quiet => None,
            Self::Injecting(it) | Self::Injected(it) | Self::Clearing(it) => Some(it),
        }
    }

    /// Whether a probe during which this was so may end with this code, or healthy.
    pub(super) fn explains(self, code: &str) -> bool {
        match self {
            Self::Quiet => false,
            Self::Injected(it) => it.codes().contains(&code),
            Self::Injecting(it) | Self::Clearing(it) => {
                it.codes().contains(&code) || it.codes_at_the_edge().contains(&code)
            }
        }
    }

    /// Whether a probe that saw nothing else may be healthy, over a kept session or a fresh one.
    pub(super) fn lets_through(self, reused: bool) -> bool {
        match self {
            Self::Quiet
            | Self::Injecting(_)
            | Self::Injected(Disruption::Slow | Disruption::Lossy)
            | Self::Clearing(_) => true,
            // There is time for one round trip.
            Self::Injected(Disruption::TooSlow) => reused,
            Self::Injected(
                Disruption::ProxyKilled | Disruption::DatabaseCrashed | Disruption::Cut,
            ) => false,
        }
    }
}
