//! Looks up a name's addresses with the machine's own resolver.
//!
//! `getaddrinfo` through `dns-lookup`, since the standard library hides the code that tells a
//! name that does not exist from a resolver that does not answer. It blocks, so it runs on its own
//! thread; nothing waits for it past the deadline.

use std::io;
use std::net::SocketAddr;

use dns_lookup::{AddrInfoHints, LookupError, LookupErrorKind, SockType, getaddrinfo};

use super::error::ResolveError;
use crate::config::{SocketHost, SocketTarget};

/// The socket's addresses, in the resolver's order; never empty.
///
/// # Errors
/// [`ResolveError`], never `TimedOut`: the caller sets the deadline.
pub async fn resolve(target: &SocketTarget) -> Result<Vec<SocketAddr>, ResolveError> {
    let port = target.port;
    let name = match &target.host {
        SocketHost::Address(address) => return Ok(vec![SocketAddr::new(*address, port)]),
        SocketHost::Name(name) => name.as_str().to_owned(),
    };
    let looked_up = tokio::task::spawn_blocking(move || look_up(&name)).await;
    let mut addresses = looked_up.unwrap_or_else(|join| Err(failed(join.to_string(), false)))?;
    for address in &mut addresses {
        address.set_port(port);
    }
    Ok(addresses)
}

fn look_up(name: &str) -> Result<Vec<SocketAddr>, ResolveError> {
    let hints = AddrInfoHints { socktype: SockType::Stream.into(), ..AddrInfoHints::default() };
    let found: io::Result<Vec<_>> =
        getaddrinfo(Some(name), None, Some(hints)).map_err(classify)?.collect();
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for info in found.map_err(|error| failed(error.to_string(), false))? {
        if !addresses.contains(&info.sockaddr) {
            addresses.push(info.sockaddr);
        }
    }
    if addresses.is_empty() { Err(ResolveError::NotFound) } else { Ok(addresses) }
}

fn classify(error: LookupError) -> ResolveError {
    match error.kind() {
        LookupErrorKind::NoName | LookupErrorKind::NoData => ResolveError::NotFound,
        LookupErrorKind::Again => failed(io::Error::from(error).to_string(), true),
        LookupErrorKind::Badflags
        | LookupErrorKind::Fail
        | LookupErrorKind::Family
        | LookupErrorKind::Socktype
        | LookupErrorKind::Service
        | LookupErrorKind::Memory
        | LookupErrorKind::System
        | LookupErrorKind::Unknown
        | LookupErrorKind::IO => failed(io::Error::from(error).to_string(), false),
    }
}

fn failed(reason: String, temporary: bool) -> ResolveError {
    ResolveError::Failed { reason, temporary }
}
