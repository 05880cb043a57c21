//! Whether the function's packets reach the proxy, and the proxy's the database.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-network-prereqs.html>

use crate::inspect::account::{
    Account, Direction, Function, Gateway, Network, Proxy, ProxyEndpoint, Subnet,
};
use crate::inspect::finding::{Certainty, Finding};
use crate::inspect::network::{Cidr, Flow, Passage, Side, first_refusal, passage, route_to};
use crate::inspect::shell;

/// Where the function connects to: the proxy's default endpoint, or one that was added.
struct Entrance<'a> {
    vpc_id: Option<&'a str>,
    subnets: &'a [String],
    groups: &'a [String],
}

/// What keeps packets from getting through.
pub(super) fn findings(account: &Account) -> Vec<Finding> {
    let Some(proxy) = account.proxy.known() else { return vec![] };
    let mut found = Vec::new();
    if let Some(function) = account.function.known() {
        found.extend(to_proxy(account, function, proxy));
    }
    found.extend(to_database(account, proxy));
    found.extend(addresses(account, proxy));
    found
}

/// The endpoint that the function's variables name, else the default one.
fn entrance<'a>(account: &'a Account, function: &Function, proxy: &'a Proxy) -> Entrance<'a> {
    let is_named = |endpoint: &&ProxyEndpoint| {
        let hosts = &function.variables.hosts;
        hosts.iter().any(|named| Some(&named.host) == endpoint.host.as_ref())
    };
    match account.endpoints.iter().find(is_named) {
        Some(endpoint) => Entrance {
            vpc_id: endpoint.vpc_id.as_deref(),
            subnets: &endpoint.subnet_ids,
            groups: &endpoint.security_group_ids,
        },
        None => Entrance {
            vpc_id: proxy.vpc_id.as_deref(),
            subnets: &proxy.subnet_ids,
            groups: &proxy.security_group_ids,
        },
    }
}

fn to_proxy(account: &Account, function: &Function, proxy: &Proxy) -> Vec<Finding> {
    let entrance = entrance(account, function, proxy);
    if !function.is_in_vpc() {
        // Without a name, the subnets were just not given.
        return function
            .name
            .as_ref()
            .map(|name| outside(account, name, &entrance))
            .into_iter()
            .collect();
    }
    let (from, to) = (
        Side { groups: &function.security_group_ids, subnets: &function.subnet_ids },
        Side { groups: entrance.groups, subnets: entrance.subnets },
    );
    let port = proxy.port();
    let mut found: Vec<Finding> = route(account, function, &entrance).into_iter().collect();
    let who = (account.question.region.as_str(), port);
    let label = function.label();
    let names = Names { from: &label, to: "the proxy" };
    found.extend(group(account, ("function_outbound", "proxy_inbound"), (from, to), who, names));
    found.extend(acl(account, (from, to), port, names));
    found
}

fn to_database(account: &Account, proxy: &Proxy) -> Vec<Finding> {
    let from = Side { groups: &proxy.security_group_ids, subnets: &proxy.subnet_ids };
    let mut found: Vec<Finding> = Vec::new();
    for database in account.databases.iter().filter(|it| !it.security_group_ids.is_empty()) {
        let to = Side { groups: &database.security_group_ids, subnets: &database.subnet_ids };
        let port = database.port.unwrap_or_else(|| proxy.port());
        let who = (account.question.region.as_str(), port);
        let names = Names { from: "the proxy", to: "the database" };
        let more = group(account, ("proxy_outbound", "database_inbound"), (from, to), who, names);
        let more = more.into_iter().chain(acl(account, (from, to), port, names));
        for finding in more {
            // A cluster and its instances have the same groups.
            if !found.iter().any(|other| other.id == finding.id) {
                found.push(finding);
            }
        }
    }
    found
}

fn outside(account: &Account, name: &str, entrance: &Entrance<'_>) -> Finding {
    let problem = format!(
        "The function \"{name}\" doesn't run in a VPC, and the proxy has addresses in its VPC only."
    );
    let command = format!(
        "{} --function-name {} --vpc-config SubnetIds={},SecurityGroupIds=SECURITY-GROUP",
        shell::aws("lambda update-function-configuration", &account.question.region),
        shell::word(name),
        entrance.subnets.join(",")
    );
    let remedy = "Attach it to private subnets of the proxy's VPC, with a security group from which the proxy's takes connections. Its role needs AWSLambdaVPCAccessExecutionRole.";
    Finding::certain("function_outside_vpc", problem, remedy.to_owned()).typing(command)
}

/// Whether there is a route between two VPCs, and back.
fn route(account: &Account, function: &Function, entrance: &Entrance<'_>) -> Option<Finding> {
    let network = &account.network;
    let subnets =
        |ids: &[String]| ids.iter().filter_map(|id| network.subnet(id)).collect::<Vec<_>>();
    let (from, to) = (subnets(&function.subnet_ids), subnets(entrance.subnets));
    let own_vpc = from.first().map(|subnet| subnet.vpc_id.as_str())?;
    if entrance.vpc_id.is_none_or(|other| other == own_vpc) {
        return None;
    }
    let other_vpc = entrance.vpc_id.unwrap_or_default();
    let there = lacking(network, &from, &to);
    let (id, problem) = if let Some((table, cidr)) = there {
        let problem = format!(
            "The function runs in {own_vpc}, the proxy in {other_vpc}, and there is no route from one to the other: {table} has none to {cidr}."
        );
        ("no_route", problem)
    } else {
        let (table, cidr) = lacking(network, &to, &from)?;
        let problem = format!(
            "Packets of the function in {own_vpc} reach the proxy in {other_vpc}, but its answers have no route back: {table} has none to {cidr}."
        );
        ("no_route_back", problem)
    };
    let remedy =
        "Run the function in the proxy's VPC; or connect the VPCs, with routes in both directions.";
    let command = format!(
        "{} --filters Name=requester-vpc-info.vpc-id,Values={own_vpc} Name=accepter-vpc-info.vpc-id,Values={other_vpc}",
        shell::aws("ec2 describe-vpc-peering-connections", &account.question.region)
    );
    Some(Finding::certain(id, problem, remedy.to_owned()).typing(command))
}

/// A route table of `from` that leads nowhere for a subnet of `to`, and that subnet's addresses.
fn lacking(network: &Network, from: &[&Subnet], to: &[&Subnet]) -> Option<(String, String)> {
    let tables = from.iter().filter_map(|subnet| network.route_table(subnet));
    tables.into_iter().find_map(|table| {
        let missing = to.iter().find(|subnet| {
            let route = Cidr::parse(&subnet.cidr).and_then(|cidr| route_to(table, &cidr));
            !route.is_some_and(|route| {
                let leads = match route.gateway {
                    Gateway::Peering | Gateway::Other => true,
                    Gateway::Local | Gateway::Internet | Gateway::Nat => false,
                };
                leads && !route.is_blackhole
            })
        });
        missing.map(|subnet| (table.id.clone(), subnet.cidr.clone()))
    })
}

/// How the two sides are called in sentences.
#[derive(Clone, Copy)]
struct Names<'a> {
    from: &'a str,
    to: &'a str,
}

/// The security groups of both sides.
fn group(
    account: &Account,
    (out_id, in_id): (&'static str, &'static str),
    (from, to): (Side<'_>, Side<'_>),
    (region, port): (&str, u16),
    Names { from: from_name, to: to_name }: Names<'_>,
) -> Vec<Finding> {
    let network = &account.network;
    let of = |id, (own, other): (Side<'_>, Side<'_>), direction, sentence: [&str; 2]| {
        let (certainty, detail) = match passage(network, own, other, direction, port) {
            Passage::Open | Passage::Unknown => return None,
            Passage::Closed => (Certainty::Certain, String::new()),
            Passage::Partly(missing) => {
                (Certainty::Possible, format!(" of the subnets {}", missing.join(", ")))
            }
        };
        let word = match direction {
            Direction::Inbound => "ingress",
            Direction::Outbound => "egress",
        };
        let [whose, what] = sentence;
        let (own, other) = (own.groups.first()?, other.groups.first()?);
        let problem =
            format!("The security groups of {whose} don't let {what}{detail} at port {port}.");
        let remedy = format!("Let {own} have {other} as a peer at port {port}.");
        Some(Finding::certain(id, problem, remedy).but(certainty).typing(shell::open(
            (word, region),
            own,
            port,
            other,
        )))
    };
    let out = format!("it out to {to_name}");
    let inward = format!("{from_name} in");
    let outbound = of(out_id, (from, to), Direction::Outbound, [from_name, &out]);
    let inbound = of(in_id, (to, from), Direction::Inbound, [to_name, &inward]);
    outbound.into_iter().chain(inbound).collect()
}

/// The network ACLs between all subnets of both sides.
fn acl(
    account: &Account,
    (from, to): (Side<'_>, Side<'_>),
    port: u16,
    Names { from: from_name, to: to_name }: Names<'_>,
) -> Option<Finding> {
    let network = &account.network;
    let subnets = |side: Side<'_>| {
        side.subnets.iter().filter_map(|id| network.subnet(id)).collect::<Vec<_>>()
    };
    let (from, to) = (subnets(from), subnets(to));
    let flows: Vec<Flow<'_>> =
        (from.iter()).flat_map(|from| to.iter().map(move |to| Flow { from, to, port })).collect();
    let refusals: Vec<_> = flows.iter().filter_map(|flow| first_refusal(network, *flow)).collect();
    let (id, direction, ports) = refusals.first()?;
    let certainty =
        if refusals.len() == flows.len() { Certainty::Certain } else { Certainty::Possible };
    let way = match direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    };
    let problem = format!(
        "The network ACL {id} drops {way} packets at port {ports} between {from_name} and {to_name}."
    );
    let remedy = "Allow them: an ACL has no memory, so answers need an entry too (TCP 1024-65535).";
    let command = format!(
        "{} --network-acl-ids {}",
        shell::aws("ec2 describe-network-acls", &account.question.region),
        shell::word(id)
    );
    Some(Finding::certain("network_acl", problem, remedy.to_owned()).but(certainty).typing(command))
}

/// Subnets of the proxy without a free address, in which it can't grow.
fn addresses(account: &Account, proxy: &Proxy) -> Option<Finding> {
    let subnets = proxy.subnet_ids.iter().filter_map(|id| account.network.subnet(id));
    let full: Vec<&str> = subnets
        .filter(|subnet| subnet.free_addresses == Some(0))
        .map(|subnet| subnet.id.as_str())
        .collect();
    if full.is_empty() {
        return None;
    }
    let problem = format!("The proxy's subnets have no free address: {}.", full.join(", "));
    let remedy = "Free addresses, or create the proxy again in larger subnets.".to_owned();
    Some(Finding::certain("no_free_addresses", problem, remedy).but(Certainty::Possible))
}
