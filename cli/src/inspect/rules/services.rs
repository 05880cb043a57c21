//! What the function needs besides the proxy: names, and the services that it calls before it logs
//! in. A token needs no call.

use crate::inspect::account::{
    Account, Direction, Endpoint, Function, Gateway, Login, RouteTable, Subnet,
};
use crate::inspect::finding::{Certainty, Finding};
use crate::inspect::network::{Passage, Side, passage, reaches_internet};
use crate::inspect::shell;

/// A service that the function calls.
#[derive(Clone, Copy, Debug)]
struct Need {
    /// The last part of its endpoint's name.
    service: &'static str,
    /// What for.
    purpose: &'static str,
    /// Whether it can't log in otherwise.
    is_vital: bool,
}

/// What keeps the function from resolving names or calling services.
pub(super) fn findings(account: &Account) -> Vec<Finding> {
    let Some(function) = account.function.known().filter(|function| function.is_in_vpc()) else {
        return vec![];
    };
    let mut found: Vec<Finding> = dns(account, function).into_iter().collect();
    found.extend(
        needs(account, function)
            .into_iter()
            .filter_map(|need| unreachable(account, function, need)),
    );
    found
}

fn needs(account: &Account, function: &Function) -> Vec<Need> {
    let mut needs = Vec::new();
    if account.assumed.is_some() {
        let purpose = "to assume the role that signs";
        needs.push(Need { service: "sts", purpose, is_vital: true });
    }
    if account.login() == Login::Secret {
        let purpose = "to read the secret";
        needs.push(Need { service: "secretsmanager", purpose, is_vital: true });
    }
    if function.variables.explains {
        let purpose = "to explain a failure";
        needs.push(Need { service: "rds", purpose, is_vital: false });
    }
    needs
}

fn dns(account: &Account, function: &Function) -> Option<Finding> {
    let subnet = function.subnet_ids.iter().find_map(|id| account.network.subnet(id))?;
    let vpc = account.network.vpc(&subnet.vpc_id)?;
    if vpc.dns_support != Some(false) {
        return None;
    }
    let problem = format!(
        "The function's VPC {} doesn't resolve names (enableDnsSupport is off), so the proxy's name has no address in it.",
        vpc.id
    );
    let command = format!(
        "{} --vpc-id {} --enable-dns-support",
        shell::aws("ec2 modify-vpc-attribute", &account.question.region),
        shell::word(&vpc.id)
    );
    Some(Finding::certain("dns_support", problem, "Turn it on.".to_owned()).typing(command))
}

fn unreachable(account: &Account, function: &Function, need: Need) -> Option<Finding> {
    let network = &account.network;
    let endpoints = network.endpoints.known();
    let suffix = format!(".{}", need.service);
    let endpoint = endpoints.and_then(|all| {
        all.iter().find(|it| it.service.ends_with(&suffix) && it.kind == "Interface")
    });
    let subnets: Vec<&Subnet> =
        function.subnet_ids.iter().filter_map(|id| network.subnet(id)).collect();
    let tables: Vec<&RouteTable> =
        subnets.iter().filter_map(|subnet| network.route_table(subnet)).collect();
    let has_internet = !tables.is_empty() && tables.iter().all(|table| reaches_internet(table));
    match endpoint {
        Some(endpoint) if endpoint.private_dns => {
            at_endpoint(account, function, (need, endpoint)).map(|finding| graded(need, finding))
        }
        // With another way out, the endpoint is not needed.
        _ if has_internet || tables.is_empty() || endpoints.is_none() => None,
        Some(endpoint) => Some(graded(need, without_name(account, need, endpoint))),
        None => Some(graded(need, nowhere(account, function, (need, &tables)))),
    }
}

fn graded(need: Need, finding: Finding) -> Finding {
    if need.is_vital { finding } else { finding.but(Certainty::Possible) }
}

/// What keeps packets from the endpoint.
fn at_endpoint(
    account: &Account,
    function: &Function,
    (need, endpoint): (Need, &Endpoint),
) -> Option<Finding> {
    let Need { service, purpose, .. } = need;
    if endpoint.state != "available" {
        let problem = format!(
            "The function calls {service} {purpose}, and the VPC's endpoint {} for it is {}.",
            endpoint.id, endpoint.state
        );
        let remedy = "Wait until it is available, or accept it.".to_owned();
        return Some(Finding::certain("endpoint_state", problem, remedy));
    }
    let from = Side { groups: &function.security_group_ids, subnets: &function.subnet_ids };
    let to = Side { groups: &endpoint.security_group_ids, subnets: &[] };
    let inbound = passage(&account.network, to, from, Direction::Inbound, 443);
    let outbound = passage(&account.network, from, to, Direction::Outbound, 443);
    let (id, problem, word, own, other) = if inbound == Passage::Closed {
        let problem = format!(
            "The function calls {service} {purpose}, and the security groups of the VPC's endpoint {} don't let it in at port 443.",
            endpoint.id
        );
        (
            "endpoint_inbound",
            problem,
            "ingress",
            endpoint.security_group_ids.first()?,
            function.security_group_ids.first()?,
        )
    } else if outbound == Passage::Closed {
        let problem = format!(
            "The function calls {service} {purpose}, and its security groups don't let it out to the VPC's endpoint {} at port 443.",
            endpoint.id
        );
        (
            "endpoint_outbound",
            problem,
            "egress",
            function.security_group_ids.first()?,
            endpoint.security_group_ids.first()?,
        )
    } else {
        return None;
    };
    let command = shell::open((word, &account.question.region), own, 443, other);
    Some(Finding::certain(id, problem, "Let it through.".to_owned()).typing(command))
}

fn without_name(account: &Account, need: Need, endpoint: &Endpoint) -> Finding {
    let problem = format!(
        "The function calls {} {}, and the VPC's endpoint {} for it has no private DNS name, so the usual name leads elsewhere.",
        need.service, need.purpose, endpoint.id
    );
    let command = format!(
        "{} --vpc-endpoint-id {} --private-dns-enabled",
        shell::aws("ec2 modify-vpc-endpoint", &account.question.region),
        shell::word(&endpoint.id)
    );
    let remedy = "Turn its private DNS name on; the VPC needs enableDnsSupport and enableDnsHostnames for it.";
    Finding::certain("endpoint_private_dns", problem, remedy.to_owned()).typing(command)
}

fn nowhere(
    account: &Account,
    function: &Function,
    (need, tables): (Need, &[&RouteTable]),
) -> Finding {
    let Need { service, purpose, .. } = need;
    let region = &account.question.region;
    let problem = format!(
        "The function calls {service} {purpose}, and its subnets have neither an endpoint for it nor a NAT gateway."
    );
    let is_public = tables.iter().flat_map(|table| &table.routes).any(|route| {
        route.cidr.as_deref() == Some("0.0.0.0/0") && route.gateway == Gateway::Internet
    });
    let vpc = function.subnet_ids.iter().find_map(|id| account.network.subnet(id));
    let vpc = vpc.map_or("VPC", |subnet| subnet.vpc_id.as_str());
    let command = format!(
        "{} --vpc-endpoint-type Interface --vpc-id {} --service-name com.amazonaws.{region}.{service} --subnet-ids {} --security-group-ids SECURITY-GROUP --private-dns-enabled",
        shell::aws("ec2 create-vpc-endpoint", region),
        shell::word(vpc),
        function.subnet_ids.join(" ")
    );
    let remedy = "Create an endpoint whose security group allows the function at port 443, or route through a NAT gateway.";
    let finding =
        Finding::certain("service_unreachable", problem, remedy.to_owned()).typing(command);
    if is_public {
        let evidence =
            "the subnets lead to an internet gateway, and a function has no public address";
        return finding.because(evidence.to_owned());
    }
    finding
}
