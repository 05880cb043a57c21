//! Routes: the most exact one that is not a blackhole counts.
//! <https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html>

use super::cidr::Cidr;
use crate::inspect::account::{Gateway, Route, RouteTable};

/// The route to these addresses.
pub fn route_to<'a>(table: &'a RouteTable, cidr: &Cidr) -> Option<&'a Route> {
    let fits = |route: &&Route| block(route).is_some_and(|block| block.contains(cidr));
    let routes = table.routes.iter().filter(fits);
    routes.max_by_key(|route| block(route).map_or(0, |block| block.length()))
}

/// Whether a network interface without a public address reaches the internet.
pub fn reaches_internet(table: &RouteTable) -> bool {
    let default = table.routes.iter().find(|route| route.cidr.as_deref() == Some("0.0.0.0/0"));
    default.is_some_and(|route| {
        !route.is_blackhole
            && match route.gateway {
                // What is behind a transit gateway is not known.
                Gateway::Nat | Gateway::Other | Gateway::Peering => true,
                Gateway::Internet | Gateway::Local => false,
            }
    })
}

fn block(route: &Route) -> Option<Cidr> {
    Cidr::parse(route.cidr.as_deref()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_exact_route_counts() {
        let route = |cidr: &str, gateway| Route {
            cidr: Some(cidr.to_owned()),
            gateway,
            is_blackhole: false,
        };
        let table = RouteTable {
            routes: vec![
                route("10.0.0.0/16", Gateway::Local),
                route("0.0.0.0/0", Gateway::Nat),
                route("10.1.0.0/16", Gateway::Peering),
            ],
            ..Default::default()
        };
        for (to, expected) in [
            ("10.0.1.0/24", Gateway::Local),
            ("10.1.9.0/24", Gateway::Peering),
            ("8.8.8.8", Gateway::Nat),
        ] {
            let found = route_to(&table, &Cidr::parse(to).unwrap()).unwrap();
            assert_eq!(found.gateway, expected, "{to}");
        }
        assert!(reaches_internet(&table));
        assert_eq!(route_to(&RouteTable::default(), &Cidr::parse("10.0.0.0/8").unwrap()), None);
    }
}
