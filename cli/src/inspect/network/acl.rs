//! Network ACLs, which have no memory: a connection and its answers are looked up one by one.
//! <https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html>

use super::cidr::Cidr;
use crate::inspect::account::{AclEntry, Direction, Network, NetworkAcl, Subnet};

/// Two ports from which Linux connects, the first and the last unless it is configured otherwise.
const EPHEMERAL: [u16; 2] = [32_768, 60_999];

/// A connection between two subnets.
#[derive(Clone, Copy, Debug)]
pub struct Flow<'a> {
    /// Where it comes from.
    pub from: &'a Subnet,
    /// Where it goes.
    pub to: &'a Subnet,
    /// At which port.
    pub port: u16,
}

/// The first network ACL that drops packets of a connection or of its answers: its id, which way
/// they go, and at which port. Packets within a subnet meet none.
pub fn first_refusal(network: &Network, flow: Flow<'_>) -> Option<(String, Direction, String)> {
    let Flow { from, to, port } = flow;
    if from.id == to.id {
        return None;
    }
    let there = port.to_string();
    let back = "1024-65535".to_owned();
    let checks = [
        (from, to, Direction::Outbound, &[port][..], &there),
        (to, from, Direction::Inbound, &[port][..], &there),
        (to, from, Direction::Outbound, &EPHEMERAL[..], &back),
        (from, to, Direction::Inbound, &EPHEMERAL[..], &back),
    ];
    checks.into_iter().find_map(|(own, other, direction, ports, words)| {
        let acl = network.acl(&own.id)?;
        let other = Cidr::parse(&other.cidr)?;
        let is_dropped = ports.iter().any(|port| !allows(acl, direction, &other, *port));
        is_dropped.then(|| (acl.id.clone(), direction, words.clone()))
    })
}

/// Whether the first entry that fits allows TCP; without one, nothing does.
fn allows(acl: &NetworkAcl, direction: Direction, other: &Cidr, port: u16) -> bool {
    let fits = |entry: &&AclEntry| {
        let cidr = entry.cidr.as_deref().and_then(Cidr::parse);
        entry.direction == direction
            && ["-1", "6", "tcp"].contains(&entry.protocol.as_str())
            && (entry.protocol == "-1"
                || entry.ports.is_none_or(|(first, last)| (first..=last).contains(&port)))
            && cidr.is_some_and(|cidr| cidr.contains(other))
    };
    let first = acl.entries.iter().filter(fits).min_by_key(|entry| entry.number);
    first.is_some_and(|entry| entry.allows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::account::Answer;

    fn entry(
        number: u32,
        direction: Direction,
        allows: bool,
        ports: Option<(u16, u16)>,
    ) -> AclEntry {
        let cidr = Some("0.0.0.0/0".to_owned());
        AclEntry { number, direction, allows, protocol: "6".to_owned(), ports, cidr }
    }

    fn refusal(entries: Vec<AclEntry>) -> Option<(Direction, String)> {
        let subnet = |id: &str, cidr: &str| Subnet {
            id: id.to_owned(),
            cidr: cidr.to_owned(),
            ..Default::default()
        };
        let (from, to) = (subnet("a", "10.0.1.0/24"), subnet("b", "10.0.2.0/24"));
        let acl = NetworkAcl { id: "acl-1".to_owned(), subnet_ids: vec!["a".to_owned()], entries };
        let network = Network { acls: Answer::Known(vec![acl]), ..Default::default() };
        let found = first_refusal(&network, Flow { from: &from, to: &to, port: 5432 });
        found.map(|(_, direction, ports)| (direction, ports))
    }

    #[test]
    fn the_connection_and_its_answers_must_both_pass() {
        use Direction::{Inbound, Outbound};
        let out = entry(100, Outbound, true, Some((5432, 5432)));
        let back = entry(100, Inbound, true, Some((1024, 65535)));
        assert_eq!(refusal(vec![out.clone(), back.clone()]), None);
        assert_eq!(refusal(vec![out.clone()]), Some((Inbound, "1024-65535".to_owned())));
        assert_eq!(refusal(vec![back.clone()]), Some((Outbound, "5432".to_owned())));
        let deny = entry(50, Outbound, false, None);
        assert_eq!(refusal(vec![out, back, deny]), Some((Outbound, "5432".to_owned())));
    }
}
