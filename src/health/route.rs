//! Whether a session leads to the database itself, or to a proxy in front of it.
//!
//! MySQL's greeting names the number of the client's connection, and the database says its own in
//! `CONNECTION_ID()`. RDS Proxy greets with a number that is not the database's
//! (<https://github.com/mysql-net/MySqlConnector/issues/1581>), and so do other poolers
//! (<https://github.com/sysown/proxysql/issues/1748>). A tunnel or a load balancer for TCP passes the
//! greeting on as it is.
//!
//! Nothing protects the greeting, which comes before TLS: it is evidence, and decides nothing.

/// Where a session leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// To the database that greeted.
    Direct,
    /// Through a server that greeted in its place, and has other connections to it.
    ThroughProxy,
}

impl Route {
    /// From the number in the greeting and the database's own. The greeting has room for the low 32
    /// bits, and a server may count further.
    /// <https://dev.mysql.com/doc/refman/8.4/en/information-functions.html#function_connection-id>
    pub(super) fn from_ids(greeted: u32, connection: u64) -> Self {
        if u64::from(greeted) == connection & u64::from(u32::MAX) {
            Self::Direct
        } else {
            Self::ThroughProxy
        }
    }

    /// Whether a proxy is between.
    pub fn is_through_proxy(self) -> bool {
        match self {
            Self::Direct => false,
            Self::ThroughProxy => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_greets_with_its_own_number() {
        for (greeted, connection, route) in [
            (7, 7, Route::Direct),
            (2_946_664_484, 7, Route::ThroughProxy),
            (7, 8, Route::ThroughProxy),
            (7, 7 | 1 << 32, Route::Direct),
            (u32::MAX, u64::MAX, Route::Direct),
        ] {
            assert_eq!(Route::from_ids(greeted, connection), route, "{greeted} {connection}");
        }
    }
}
