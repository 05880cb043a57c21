//! Where the socket connects to, if not to the endpoint itself: a tunnel, an alias.
//!
//! It changes the socket and nothing else: token, SNI and verification stay with `DB_HOST`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use super::host::Host;

/// The peer of the socket: a name or an address, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketTarget {
    /// Name or address.
    pub host: SocketHost,
    /// TCP port, never 0.
    pub port: u16,
}

/// A name to look up, or an address that needs none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketHost {
    /// To be resolved.
    Name(Host),
    /// Known already.
    Address(IpAddr),
}

impl SocketTarget {
    /// Reads `host[:port]`; an IPv6 address is in brackets.
    pub(super) fn parse(text: &str, default_port: u16) -> Result<Self, &'static str> {
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (address, port) = rest.split_once(']').ok_or("a closing bracket: [IPv6]:port")?;
            let address: Ipv6Addr =
                address.parse().or(Err("an IPv6 address between the brackets"))?;
            (SocketHost::Address(address.into()), port)
        } else {
            let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            let address = host.parse().map(SocketHost::Address);
            let name = || Host::parse(host).map(SocketHost::Name);
            (address.or_else(|_| name()).or(Err(FORM))?, port)
        };
        let port = match port.strip_prefix(':') {
            Some(digits) => parse_port(digits).ok_or(FORM)?,
            None if port.is_empty() => default_port,
            None => return Err(FORM),
        };
        Ok(Self { host, port })
    }
}

const FORM: &str = "host, host:port or [IPv6]:port, with a port from 1 to 65535";

/// A decimal port from 1 to 65535, digits only.
pub(super) fn parse_port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port != 0)
}

impl fmt::Display for SocketTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            SocketHost::Address(IpAddr::V6(address)) => write!(f, "[{address}]:{}", self.port),
            SocketHost::Address(IpAddr::V4(address)) => write!(f, "{address}:{}", self.port),
            SocketHost::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_name_or_an_address_with_or_without_a_port() {
        for (text, shown) in [
            ("localhost", "localhost:5432"),
            ("Bastion.example:15432", "bastion.example:15432"),
            ("127.0.0.1:1", "127.0.0.1:1"),
            ("[::1]", "[::1]:5432"),
            ("[fd00::2]:6000", "[fd00::2]:6000"),
        ] {
            assert_eq!(SocketTarget::parse(text, 5432).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", ":5432", "a:", "a:0", "a:65536", "a:+1", "::1", "[::1", "[a]:1", "[::1]x"]
        {
            assert!(SocketTarget::parse(text, 5432).is_err(), "{text}");
        }
    }
}
