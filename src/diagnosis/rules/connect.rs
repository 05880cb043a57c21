//! Rules for `connect`: the TCP connection. The causes are in `reach.rs` beside this file.

use std::net::{IpAddr, SocketAddr};

use super::super::draft::Draft;
use super::super::{Advice, Code, Entry, Facts};
use super::database::{BEHIND_ALIAS_AWAY, CLUSTER_AWAY, INSTANCE_AWAY, PAUSED, of_resource};
use super::reach::{
    ALIAS_SECURITY_GROUP, DATABASE_PORT, DATABASE_SECURITY_GROUP, LOCAL_LIMIT, NETWORK_ACL,
    NO_ROUTE, NOT_IN_VPC, PRIVATE_ADDRESS, PUBLIC_ADDRESS, SECURITY_GROUP, TUNNEL_DOWN,
};
use crate::clock::human_duration;
use crate::config::Resource;
use crate::session::{Attempt, ConnectError, ConnectFailure};

pub(in crate::diagnosis) use super::reach::{NOTHING_LISTENS, PROXY_NOT_READY};

pub(in super::super) static REFUSED: Entry = Entry {
    meaning: "The address answered that nothing listens on the port. The network and the security \
              groups allow the connection.",
    seen: &["Connection refused", "connect ECONNREFUSED"],
    causes: &[
        &NOTHING_LISTENS,
        &CLUSTER_AWAY,
        &INSTANCE_AWAY,
        &BEHIND_ALIAS_AWAY,
        &DATABASE_PORT,
        &TUNNEL_DOWN,
    ],
    transient: true,
};

pub(in super::super) static UNREACHABLE: Entry = Entry {
    meaning: "There is no route to the address, or a router on the way says so.",
    seen: &["Network is unreachable", "No route to host", "connect ENETUNREACH"],
    causes: &[&NO_ROUTE, &PUBLIC_ADDRESS],
    transient: false,
};

pub(in super::super) static TIMEOUT: Entry = Entry {
    meaning: "The address did not answer the connection attempt in time. No byte arrived, so this \
              is not about TLS or a password.",
    seen: &["Connection timed out", "connect ETIMEDOUT", "Task timed out after"],
    causes: &[
        &SECURITY_GROUP,
        &DATABASE_SECURITY_GROUP,
        &ALIAS_SECURITY_GROUP,
        &NOT_IN_VPC,
        &PRIVATE_ADDRESS,
        &PUBLIC_ADDRESS,
        &CLUSTER_AWAY,
        &INSTANCE_AWAY,
        &PAUSED,
        &DATABASE_PORT,
        &NOTHING_LISTENS,
        &TUNNEL_DOWN,
        &NETWORK_ACL,
        &PROXY_NOT_READY,
        &BEHIND_ALIAS_AWAY,
    ],
    transient: true,
};

pub(in super::super) static FAILED: Entry = Entry {
    meaning: "The connection failed in a way that no other code covers; the summary has the \
              operating system's words.",
    seen: &[],
    causes: &[&LOCAL_LIMIT],
    transient: false,
};

pub(in super::super) fn rule(error: &ConnectError, facts: &Facts<'_>) -> Draft {
    let Some(Attempt { address, failure }) = error.decisive() else {
        return Draft::new(Code::TcpFailed, "There was no address to connect to.");
    };
    let others = others(error);
    match failure {
        ConnectFailure::Refused => {
            let summary = format!("{address} refused the connection{others}.");
            let draft = through_tunnel(Draft::new(Code::TcpRefused, summary), facts);
            of_resource(wrong_port(draft, *address, facts), facts)
        }
        ConnectFailure::TimedOut { after } => {
            let after = human_duration(*after);
            let summary = format!("{address} did not answer within {after}{others}.");
            let draft = through_tunnel(Draft::new(Code::TcpTimeout, summary), facts);
            // A proxy with its own port listens, or is not ready.
            let draft = wrong_port(draft.ruled_out(&NOTHING_LISTENS), *address, facts);
            let draft = by_address(draft, address.ip(), facts);
            of_resource(silent(draft, facts), facts)
        }
        ConnectFailure::Unreachable(error) => {
            let summary = format!("{address} is unreachable: {error}{others}.");
            let draft = by_address(Draft::new(Code::TcpUnreachable, summary), address.ip(), facts);
            if address.is_ipv6() {
                draft.observed(&NO_ROUTE, format!("{address} is an IPv6 address."))
            } else {
                draft
            }
        }
        ConnectFailure::Other(error) => Draft::new(
            Code::TcpFailed,
            format!("The connection to {address} failed: {error}{others}."),
        ),
    }
}

fn through_tunnel(draft: Draft, facts: &Facts<'_>) -> Draft {
    match facts.config {
        Some(config) if config.socket_is_elsewhere => {
            draft.observed(&TUNNEL_DOWN, format!("DB_CONNECT_TO is \"{}\".", config.socket))
        }
        Some(_) | None => draft.ruled_out(&TUNNEL_DOWN),
    }
}

/// RDS Proxy's port is fixed, a database's is not:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-endpoints.html>.
fn wrong_port(draft: Draft, address: SocketAddr, facts: &Facts<'_>) -> Draft {
    let is_other = address.port() != facts.engine().proxy_port() && !facts.is_elsewhere();
    match facts.resource() {
        Resource::Proxy if is_other => {
            let fact = format!("DB_PORT is \"{}\".", address.port());
            draft.ruled_out(&DATABASE_PORT).observed(&NOTHING_LISTENS, fact)
        }
        Resource::Proxy => draft.ruled_out(&DATABASE_PORT),
        Resource::Cluster | Resource::Instance | Resource::Unknown => {
            draft.ruled_out(&NOTHING_LISTENS)
        }
    }
}

/// What can drop packets between the function and such an endpoint.
fn silent(draft: Draft, facts: &Facts<'_>) -> Draft {
    let others: &[&'static Advice] = match facts.resource() {
        Resource::Proxy => {
            &[&DATABASE_SECURITY_GROUP, &ALIAS_SECURITY_GROUP, &PRIVATE_ADDRESS, &PUBLIC_ADDRESS]
        }
        Resource::Cluster | Resource::Instance => {
            &[&SECURITY_GROUP, &ALIAS_SECURITY_GROUP, &NOT_IN_VPC, &PROXY_NOT_READY]
        }
        Resource::Unknown => {
            &[&SECURITY_GROUP, &DATABASE_SECURITY_GROUP, &NOT_IN_VPC, &PROXY_NOT_READY]
        }
    };
    others.iter().fold(draft, |draft, advice| draft.ruled_out(advice))
}

/// Whether a database has a private or a public address decides who can reach it.
fn by_address(draft: Draft, address: IpAddr, facts: &Facts<'_>) -> Draft {
    if facts.is_elsewhere() {
        return draft.ruled_out(&PRIVATE_ADDRESS).ruled_out(&PUBLIC_ADDRESS);
    }
    match (facts.resource(), is_private(address)) {
        (Resource::Proxy, _) => draft.ruled_out(&PUBLIC_ADDRESS),
        (Resource::Cluster | Resource::Instance | Resource::Unknown, Some(true)) => draft
            .ruled_out(&PUBLIC_ADDRESS)
            .noted(&PRIVATE_ADDRESS, format!("{address} is a private address.")),
        (Resource::Cluster | Resource::Instance | Resource::Unknown, Some(false)) => draft
            .ruled_out(&PRIVATE_ADDRESS)
            .noted(&PUBLIC_ADDRESS, format!("{address} is a public address.")),
        (Resource::Cluster | Resource::Instance | Resource::Unknown, None) => draft,
    }
}

/// Whether an address is private; `None` for IPv6, whose addresses in a VPC look public.
fn is_private(address: IpAddr) -> Option<bool> {
    match address {
        IpAddr::V4(address) => {
            // 100.64.0.0/10, which VPCs may use: https://www.rfc-editor.org/rfc/rfc6598
            let [first, second, ..] = address.octets();
            let is_shared = first == 100 && (64..128).contains(&second);
            Some(address.is_private() || is_shared || address.is_loopback())
        }
        IpAddr::V6(_) => None,
    }
}

/// The other addresses, if there were any.
fn others(error: &ConnectError) -> String {
    let decisive = error.decisive().map(|attempt| attempt.address);
    let list: Vec<String> = error
        .attempts
        .iter()
        .filter(|attempt| Some(attempt.address) != decisive)
        .map(|Attempt { address, failure }| match failure {
            ConnectFailure::Refused => format!("{address} refused it"),
            ConnectFailure::TimedOut { .. } => format!("{address} did not answer"),
            ConnectFailure::Unreachable(error) | ConnectFailure::Other(error) => {
                format!("{address}: {error}")
            }
        })
        .collect();
    if list.is_empty() { String::new() } else { format!(" ({})", list.join("; ")) }
}
