//! VPCs: addresses, routes, security groups, network ACLs, endpoints.

use super::Answer;

/// What was read of the VPCs of function, proxy and database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// The function's VPCs.
    pub vpcs: Answer<Vec<Vpc>>,
    /// The subnets of function, proxy and database.
    pub subnets: Answer<Vec<Subnet>>,
    /// All route tables of these VPCs.
    pub route_tables: Answer<Vec<RouteTable>>,
    /// The security groups of function, proxy and database, and of the VPC's endpoints.
    pub security_groups: Answer<Vec<SecurityGroup>>,
    /// All network ACLs of these VPCs.
    pub acls: Answer<Vec<NetworkAcl>>,
    /// The function's VPC's endpoints.
    pub endpoints: Answer<Vec<Endpoint>>,
}

/// A VPC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vpc {
    /// Its id.
    pub id: String,
    /// Whether it resolves names at all.
    pub dns_support: Option<bool>,
}

/// A subnet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subnet {
    /// Its id.
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Its IPv4 addresses.
    pub cidr: String,
    /// How many of them are free.
    pub free_addresses: Option<u32>,
}

/// A route table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteTable {
    /// Its id.
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Whether it counts for subnets without one.
    pub is_main: bool,
    /// The subnets that it was given.
    pub subnet_ids: Vec<String>,
    /// Its routes.
    pub routes: Vec<Route>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The addresses that it is for; `None` for a prefix list or IPv6.
    pub cidr: Option<String>,
    /// Where packets go.
    pub gateway: Gateway,
    /// Whether what it leads to is gone.
    pub is_blackhole: bool,
}

/// Where a route leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gateway {
    /// The VPC itself.
    Local,
    /// The internet, for those that have a public address; a function has none.
    Internet,
    /// The internet, through a NAT gateway or instance.
    Nat,
    /// Another VPC.
    Peering,
    /// A transit gateway, a VPN or another appliance, behind which anything may be.
    Other,
}

/// A security group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityGroup {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its VPC.
    pub vpc_id: String,
    /// What may come in.
    pub inbound: Vec<SgRule>,
    /// What may go out.
    pub outbound: Vec<SgRule>,
}

/// A rule of a security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SgRule {
    /// `tcp`, `udp`, `-1` for all, or a number.
    pub protocol: String,
    /// The first and the last port; `None` for all.
    pub ports: Option<(u16, u16)>,
    /// The other side.
    pub peers: Vec<Peer>,
}

/// The other side of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// IPv4 addresses.
    Cidr(String),
    /// IPv6 addresses.
    Cidr6(String),
    /// The members of a security group.
    Group(String),
    /// A list of addresses that was not read.
    PrefixList(String),
}

/// A network ACL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkAcl {
    /// Its id.
    pub id: String,
    /// Its subnets.
    pub subnet_ids: Vec<String>,
    /// Its entries, in any order.
    pub entries: Vec<AclEntry>,
}

/// An entry of a network ACL: the first that fits decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclEntry {
    /// Its place in the order.
    pub number: u32,
    /// Which way it is for.
    pub direction: Direction,
    /// Whether it allows packets.
    pub allows: bool,
    /// `-1` for all, `6` for TCP.
    pub protocol: String,
    /// The first and the last port; `None` for all.
    pub ports: Option<(u16, u16)>,
    /// The other side's IPv4 addresses; `None` for IPv6.
    pub cidr: Option<String>,
}

/// Which way packets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Into a subnet or to a group's members.
    Inbound,
    /// Out of it.
    Outbound,
}

/// A VPC's endpoint for a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: String,
    /// `com.amazonaws.eu-west-1.secretsmanager` and so on.
    pub service: String,
    /// `Interface` or `Gateway`.
    pub kind: String,
    /// `available`, `pending` and so on.
    pub state: String,
    /// Whether the service's usual name leads to it.
    pub private_dns: bool,
    /// Its security groups.
    pub security_group_ids: Vec<String>,
}

impl Network {
    /// A subnet, by its id.
    pub fn subnet(&self, id: &str) -> Option<&Subnet> {
        self.subnets.known()?.iter().find(|subnet| subnet.id == id)
    }

    /// A security group, by its id.
    pub fn group(&self, id: &str) -> Option<&SecurityGroup> {
        self.security_groups.known()?.iter().find(|group| group.id == id)
    }

    /// A VPC, by its id.
    pub fn vpc(&self, id: &str) -> Option<&Vpc> {
        self.vpcs.known()?.iter().find(|vpc| vpc.id == id)
    }

    /// The route table that counts for a subnet.
    pub fn route_table(&self, subnet: &Subnet) -> Option<&RouteTable> {
        let tables = self.route_tables.known()?;
        let own = tables.iter().find(|table| table.subnet_ids.contains(&subnet.id));
        own.or_else(|| tables.iter().find(|table| table.is_main && table.vpc_id == subnet.vpc_id))
    }

    /// The network ACL of a subnet.
    pub fn acl(&self, subnet: &str) -> Option<&NetworkAcl> {
        self.acls.known()?.iter().find(|acl| acl.subnet_ids.iter().any(|id| id == subnet))
    }
}
