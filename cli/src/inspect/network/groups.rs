//! Security groups: whether one side's rules let a connection through to or from the other.
//! <https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>

use super::cidr::Cidr;
use crate::inspect::account::{Direction, Network, Peer, SgRule};

/// One side of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// Its security groups.
    pub groups: &'a [String],
    /// The subnets that it may be in.
    pub subnets: &'a [String],
}

/// Whether rules let a connection through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passage {
    /// Yes.
    Open,
    /// Not to or from these subnets' addresses.
    Partly(Vec<String>),
    /// No rule allows it.
    Closed,
    /// That was not read.
    Unknown,
}

/// Whether the rules of `own` for this direction let TCP through between it and `other`, at this
/// port of the side that is connected to.
pub fn passage(
    network: &Network,
    own: Side<'_>,
    other: Side<'_>,
    direction: Direction,
    port: u16,
) -> Passage {
    let groups: Option<Vec<_>> = own.groups.iter().map(|id| network.group(id)).collect();
    let Some(groups) = groups.filter(|groups| !groups.is_empty()) else { return Passage::Unknown };
    let rules = groups.iter().flat_map(|group| match direction {
        Direction::Inbound => &group.inbound,
        Direction::Outbound => &group.outbound,
    });
    let peers: Vec<&Peer> =
        rules.filter(|rule| has_port(rule, port)).flat_map(|rule| &rule.peers).collect();
    let is_member = |peer: &&Peer| match peer {
        Peer::Group(id) => other.groups.contains(id),
        Peer::Cidr(cidr) => cidr == "0.0.0.0/0",
        Peer::Cidr6(_) | Peer::PrefixList(_) => false,
    };
    if peers.iter().any(is_member) {
        return Passage::Open;
    }
    if peers.iter().any(|peer| matches!(peer, Peer::PrefixList(_))) {
        return Passage::Unknown;
    }
    let blocks: Vec<Cidr> = peers.iter().filter_map(|peer| block(peer)).collect();
    if blocks.is_empty() {
        return Passage::Closed;
    }
    let subnets: Option<Vec<_>> = other.subnets.iter().map(|id| network.subnet(id)).collect();
    let Some(subnets) = subnets.filter(|subnets| !subnets.is_empty()) else {
        return Passage::Unknown;
    };
    let is_covered = |cidr: &str| {
        Cidr::parse(cidr).is_some_and(|cidr| blocks.iter().any(|block| block.contains(&cidr)))
    };
    let missing: Vec<String> = (subnets.iter().filter(|subnet| !is_covered(&subnet.cidr)))
        .map(|subnet| format!("{} ({})", subnet.id, subnet.cidr))
        .collect();
    match missing.len() {
        0 => Passage::Open,
        count if count < subnets.len() => Passage::Partly(missing),
        _ => Passage::Closed,
    }
}

fn block(peer: &Peer) -> Option<Cidr> {
    match peer {
        Peer::Cidr(cidr) => Cidr::parse(cidr),
        Peer::Cidr6(_) | Peer::Group(_) | Peer::PrefixList(_) => None,
    }
}

fn has_port(rule: &SgRule, port: u16) -> bool {
    ["-1", "tcp", "6"].contains(&rule.protocol.as_str())
        && (rule.protocol == "-1"
            || rule.ports.is_none_or(|(first, last)| (first..=last).contains(&port)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::account::{Answer, SecurityGroup, Subnet};

    fn network(rules: Vec<SgRule>) -> Network {
        let group = SecurityGroup { id: "sg-own".to_owned(), inbound: rules, ..Default::default() };
        let subnet = |id: &str, cidr: &str| Subnet {
            id: id.to_owned(),
            cidr: cidr.to_owned(),
            ..Default::default()
        };
        Network {
            security_groups: Answer::Known(vec![group]),
            subnets: Answer::Known(vec![subnet("a", "10.0.1.0/24"), subnet("b", "10.0.2.0/24")]),
            ..Default::default()
        }
    }

    fn rule(protocol: &str, ports: Option<(u16, u16)>, peer: Peer) -> SgRule {
        SgRule { protocol: protocol.to_owned(), ports, peers: vec![peer] }
    }

    #[test]
    fn a_rule_lets_a_group_or_addresses_through_at_its_ports() {
        let group = |id: &str| Peer::Group(id.to_owned());
        let cidr = |text: &str| Peer::Cidr(text.to_owned());
        let at = Some((5432, 5432));
        for (rules, expected) in [
            (vec![], Passage::Closed),
            (vec![rule("tcp", at, group("sg-other"))], Passage::Open),
            (vec![rule("tcp", at, group("sg-third"))], Passage::Closed),
            (vec![rule("tcp", Some((3306, 3306)), group("sg-other"))], Passage::Closed),
            (vec![rule("udp", at, group("sg-other"))], Passage::Closed),
            (vec![rule("-1", None, group("sg-other"))], Passage::Open),
            (vec![rule("tcp", at, cidr("10.0.0.0/16"))], Passage::Open),
            (vec![rule("tcp", at, cidr("0.0.0.0/0"))], Passage::Open),
            (
                vec![rule("tcp", at, cidr("10.0.1.0/24"))],
                Passage::Partly(vec!["b (10.0.2.0/24)".to_owned()]),
            ),
            (vec![rule("tcp", at, cidr("192.168.0.0/16"))], Passage::Closed),
            (vec![rule("tcp", at, Peer::Cidr6("::/0".to_owned()))], Passage::Closed),
            (vec![rule("tcp", at, Peer::PrefixList("pl-1".to_owned()))], Passage::Unknown),
        ] {
            let network = network(rules.clone());
            let (own, other) = (["sg-own".to_owned()], ["sg-other".to_owned()]);
            let subnets = ["a".to_owned(), "b".to_owned()];
            let own = Side { groups: &own, subnets: &[] };
            let other = Side { groups: &other, subnets: &subnets };
            let found = passage(&network, own, other, Direction::Inbound, 5432);
            assert_eq!(found, expected, "{rules:?}");
        }
    }

    #[test]
    fn a_group_that_was_not_read_decides_nothing() {
        let side = ["sg-unread".to_owned()];
        let side = Side { groups: &side, subnets: &[] };
        let found = passage(&network(vec![]), side, side, Direction::Inbound, 5432);
        assert_eq!(found, Passage::Unknown);
    }
}
