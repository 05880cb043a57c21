//! VPCs, by EC2.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html>

use std::collections::BTreeSet;

use rds_proxy_probe::token::AwsRefusal;

use super::Reader;
use crate::inspect::account::{
    Account, AclEntry, Answer, Call, Direction, Endpoint, Gateway, Network, NetworkAcl, Peer,
    Route, RouteTable, SecurityGroup, SgRule, Subnet, Vpc,
};
use crate::inspect::aws::{Node, Page, Parameters, Service};

/// The most values of one filter.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html>
const VALUES: usize = 200;

impl Reader<'_> {
    pub(super) async fn network(&self, account: &Account) -> Network {
        let (own, others) = places(account);
        let subnet_ids = own.iter().chain(&others).map(|place| place.0);
        let subnet_ids: BTreeSet<&str> = subnet_ids.flatten().map(String::as_str).collect();
        let subnets = self
            .described((Call::DescribeSubnets, "subnetSet"), "subnet-id", &subnet_ids, subnet)
            .await;
        let vpc_of = |id: &String| {
            let subnets = subnets.known()?;
            subnets.iter().find(|subnet| subnet.id == *id).map(|subnet| subnet.vpc_id.as_str())
        };
        let own_vpcs: BTreeSet<&str> =
            own.iter().flat_map(|place| place.0).filter_map(vpc_of).collect();
        let known = subnets.known().into_iter().flatten();
        let vpcs: BTreeSet<&str> = known.map(|subnet| subnet.vpc_id.as_str()).collect();
        let endpoints = async {
            self.described(
                (Call::DescribeVpcEndpoints, "vpcEndpointSet"),
                "vpc-id",
                &own_vpcs,
                endpoint,
            )
            .await
        };
        let (tables, acls, endpoints, own_vpcs_read) = tokio::join!(
            self.described(
                (Call::DescribeRouteTables, "routeTableSet"),
                "vpc-id",
                &vpcs,
                route_table
            ),
            self.described((Call::DescribeNetworkAcls, "networkAclSet"), "vpc-id", &vpcs, acl),
            endpoints,
            self.vpcs(&own_vpcs)
        );
        let of_endpoints = endpoints.known().into_iter().flatten();
        let of_endpoints = of_endpoints.flat_map(|endpoint| &endpoint.security_group_ids);
        let group_ids: BTreeSet<&str> = (own.iter().chain(&others))
            .flat_map(|place| place.1)
            .chain(of_endpoints)
            .map(String::as_str)
            .collect();
        let security_groups = self
            .described(
                (Call::DescribeSecurityGroups, "securityGroupInfo"),
                "group-id",
                &group_ids,
                group,
            )
            .await;
        Network {
            vpcs: own_vpcs_read,
            subnets,
            route_tables: tables,
            security_groups,
            acls,
            endpoints,
        }
    }

    /// Everything that a filter with these values finds.
    async fn described<T>(
        &self,
        (call, list): (Call, &str),
        filter: &str,
        values: &BTreeSet<&str>,
        read: fn(Node<'_>) -> T,
    ) -> Answer<Vec<T>> {
        if values.is_empty() {
            return Answer::Unknown;
        }
        let mut parameters: Parameters = vec![("Filter.1.Name".to_owned(), filter.to_owned())];
        for (number, value) in (1..).zip(values.iter().take(VALUES)) {
            parameters.push((format!("Filter.1.Value.{number}"), (*value).to_owned()));
        }
        // An action is named as its permission is.
        let action = call.permission().trim_start_matches("ec2:");
        let answer =
            self.client.list((Service::Ec2, action), &parameters, |root| page(root, list, read));
        let about = values.iter().copied().collect::<Vec<_>>().join(", ");
        self.note(call, &about, answer.await)
    }

    /// VPCs with what they do about names.
    async fn vpcs(&self, ids: &BTreeSet<&str>) -> Answer<Vec<Vpc>> {
        if ids.is_empty() {
            return Answer::Unknown;
        }
        let mut all = Vec::new();
        for id in ids {
            let support = self.attribute(id, "enableDnsSupport").await;
            let dns_support = self.note(Call::DescribeVpcAttribute, id, support);
            all.push(Vpc {
                id: (*id).to_owned(),
                dns_support: dns_support.known().copied().flatten(),
            });
        }
        Answer::Known(all)
    }

    async fn attribute(&self, vpc: &str, name: &str) -> Result<Answer<Option<bool>>, AwsRefusal> {
        let parameters =
            vec![("VpcId".to_owned(), vpc.to_owned()), ("Attribute".to_owned(), name.to_owned())];
        let call = (Service::Ec2, "DescribeVpcAttribute");
        let read = |root: Node<'_>| root.child(name).map(|attribute| attribute.is_true("value"));
        self.client.query(call, &parameters, read).await
    }
}

/// Subnets and security groups of one.
type Place<'a> = (&'a Vec<String>, &'a Vec<String>);

/// Those of the function, and those of proxy, endpoints and databases.
fn places(account: &Account) -> (Vec<Place<'_>>, Vec<Place<'_>>) {
    let function = account.function.known();
    let own = function.map(|it| (&it.subnet_ids, &it.security_group_ids)).into_iter().collect();
    let proxy = account.proxy.known().map(|it| (&it.subnet_ids, &it.security_group_ids));
    let endpoints = account.endpoints.iter().map(|it| (&it.subnet_ids, &it.security_group_ids));
    let databases = account.databases.iter().map(|it| (&it.subnet_ids, &it.security_group_ids));
    (own, proxy.into_iter().chain(endpoints).chain(databases).collect())
}

/// A page of one of EC2's lists.
fn page<T>(root: Node<'_>, list: &str, read: fn(Node<'_>) -> T) -> Page<T> {
    let next = root.string("nextToken").map(|token| ("NextToken", token));
    (root.items(list).map(read).collect(), next)
}

fn subnet(item: Node<'_>) -> Subnet {
    Subnet {
        id: item.string_or_empty("subnetId"),
        vpc_id: item.string_or_empty("vpcId"),
        cidr: item.string_or_empty("cidrBlock"),
        free_addresses: item.number("availableIpAddressCount"),
    }
}

fn route_table(item: Node<'_>) -> RouteTable {
    RouteTable {
        id: item.string_or_empty("routeTableId"),
        vpc_id: item.string_or_empty("vpcId"),
        is_main: item.items("associationSet").any(|association| association.is_true("main")),
        subnet_ids: item.texts_in("associationSet", "subnetId"),
        routes: item.items("routeSet").map(route).collect(),
    }
}

fn route(item: Node<'_>) -> Route {
    let has = |name: &str| item.text(name).is_some();
    let gateway = match item.text("gatewayId") {
        Some("local") => Gateway::Local,
        Some(id) if id.starts_with("igw-") => Gateway::Internet,
        _ if has("natGatewayId") || has("instanceId") => Gateway::Nat,
        _ if has("vpcPeeringConnectionId") => Gateway::Peering,
        _ => Gateway::Other,
    };
    Route {
        cidr: item.string("destinationCidrBlock"),
        gateway,
        is_blackhole: item.text("state") == Some("blackhole"),
    }
}

fn group(item: Node<'_>) -> SecurityGroup {
    SecurityGroup {
        id: item.string_or_empty("groupId"),
        name: item.string_or_empty("groupName"),
        vpc_id: item.string_or_empty("vpcId"),
        inbound: item.items("ipPermissions").map(rule).collect(),
        outbound: item.items("ipPermissionsEgress").map(rule).collect(),
    }
}

fn rule(item: Node<'_>) -> SgRule {
    let texts = |list: &str, name: &str| item.texts_in(list, name).into_iter();
    let peers = (texts("groups", "groupId").map(Peer::Group))
        .chain(texts("ipRanges", "cidrIp").map(Peer::Cidr))
        .chain(texts("ipv6Ranges", "cidrIpv6").map(Peer::Cidr6))
        .chain(texts("prefixListIds", "prefixListId").map(Peer::PrefixList));
    SgRule {
        protocol: item.string_or_empty("ipProtocol"),
        ports: item.number("fromPort").zip(item.number("toPort")),
        peers: peers.collect(),
    }
}

fn acl(item: Node<'_>) -> NetworkAcl {
    NetworkAcl {
        id: item.string_or_empty("networkAclId"),
        subnet_ids: item.texts_in("associationSet", "subnetId"),
        entries: item.items("entrySet").filter_map(entry).collect(),
    }
}

fn entry(item: Node<'_>) -> Option<AclEntry> {
    let ports = item.child("portRange");
    let outbound = item.is_true("egress");
    Some(AclEntry {
        number: item.number("ruleNumber")?,
        direction: if outbound { Direction::Outbound } else { Direction::Inbound },
        allows: item.text("ruleAction") == Some("allow"),
        protocol: item.string_or_empty("protocol"),
        ports: ports.and_then(|it| it.number("from").zip(it.number("to"))),
        cidr: item.string("cidrBlock"),
    })
}

fn endpoint(item: Node<'_>) -> Endpoint {
    Endpoint {
        id: item.string_or_empty("vpcEndpointId"),
        service: item.string_or_empty("serviceName"),
        kind: item.string_or_empty("vpcEndpointType"),
        state: item.string_or_empty("state"),
        private_dns: item.is_true("privateDnsEnabled"),
        security_group_ids: item.texts_in("groupSet", "groupId"),
    }
}
