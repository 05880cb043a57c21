//! An account in which everything is right: a function, a proxy and a cluster in one VPC, logins by
//! IAM, a secret of the user's with a key.

use rds_proxy_probe_cli::inspect::account::{
    Account, AclEntry, Answer, AuthEntry, Database, Direction, Function, Gateway, NamedHost,
    Network, NetworkAcl, Peer, Policy, Proxy, Question, Role, Route, RouteTable, Secret,
    SecurityGroup, SgRule, Subnet, Target, Variables, Vpc,
};

pub(super) const ACCOUNT: &str = "123456789012";
pub(super) const DBUSER: &str =
    "arn:aws:rds-db:eu-west-1:123456789012:dbuser:prx-0123456789abcdef0/app";
pub(super) const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf";
pub(super) const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/k";
pub(super) const HOST: &str = "app.proxy-abc.eu-west-1.rds.amazonaws.com";
pub(super) const CLUSTER_HOST: &str = "main.cluster-abc.eu-west-1.rds.amazonaws.com";
const OWN_ROLE: &str = "arn:aws:iam::123456789012:role/orders";
const PROXY_ROLE: &str = "arn:aws:iam::123456789012:role/proxy";

pub(super) fn text(text: &str) -> String {
    text.to_owned()
}

pub(super) fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|it| text(it)).collect()
}

/// A statement that allows this.
pub(super) fn allow(action: &str, resource: &str) -> String {
    format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"}}"#)
}

/// A policy of these statements.
pub(super) fn policy(name: &str, statements: &str) -> Policy {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    Policy { name: text(name), document }
}

/// A trust policy for a service.
pub(super) fn trust(service: &str) -> String {
    format!(
        r#"{{"Statement": [{{"Effect": "Allow", "Principal": {{"Service": "{service}"}}, "Action": "sts:AssumeRole"}}]}}"#
    )
}

pub(super) fn role(arn: &str, trust: String, policies: Vec<Policy>) -> Role {
    Role {
        arn: text(arn),
        trust: Answer::Known(trust),
        policies: Answer::Known(policies),
        boundary: Answer::Absent,
        simulated: vec![],
    }
}

pub(super) fn subnet(id: &str, vpc: &str, cidr: &str) -> Subnet {
    Subnet { id: text(id), vpc_id: text(vpc), cidr: text(cidr), free_addresses: Some(200) }
}

pub(super) fn rule(port: u16, peer: Peer) -> SgRule {
    SgRule { protocol: text("tcp"), ports: Some((port, port)), peers: vec![peer] }
}

pub(super) fn from_group(port: u16, id: &str) -> SgRule {
    rule(port, Peer::Group(text(id)))
}

fn to_all() -> SgRule {
    SgRule { protocol: text("-1"), ports: None, peers: vec![Peer::Cidr(text("0.0.0.0/0"))] }
}

pub(super) fn security_group(id: &str, inbound: Vec<SgRule>) -> SecurityGroup {
    SecurityGroup {
        id: text(id),
        name: text(id),
        vpc_id: text("vpc-1"),
        inbound,
        outbound: vec![to_all()],
    }
}

pub(super) fn route(cidr: &str, gateway: Gateway) -> Route {
    Route { cidr: Some(text(cidr)), gateway, is_blackhole: false }
}

pub(super) fn acl_entry(number: u32, direction: Direction, allows: bool) -> AclEntry {
    let (protocol, cidr) = (text("-1"), Some(text("0.0.0.0/0")));
    AclEntry { number, direction, allows, protocol, ports: None, cidr }
}

fn network() -> Network {
    let all = texts(&["subnet-f1", "subnet-f2", "subnet-p1", "subnet-p2", "subnet-d1"]);
    Network {
        vpcs: Answer::Known(vec![Vpc { id: text("vpc-1"), dns_support: Some(true) }]),
        subnets: Answer::Known(vec![
            subnet("subnet-f1", "vpc-1", "10.0.1.0/24"),
            subnet("subnet-f2", "vpc-1", "10.0.2.0/24"),
            subnet("subnet-p1", "vpc-1", "10.0.11.0/24"),
            subnet("subnet-p2", "vpc-1", "10.0.12.0/24"),
            subnet("subnet-d1", "vpc-1", "10.0.21.0/24"),
        ]),
        route_tables: Answer::Known(vec![RouteTable {
            id: text("rtb-1"),
            vpc_id: text("vpc-1"),
            is_main: true,
            subnet_ids: vec![],
            routes: vec![route("10.0.0.0/16", Gateway::Local)],
        }]),
        security_groups: Answer::Known(vec![
            security_group("sg-function", vec![]),
            security_group("sg-proxy", vec![from_group(5432, "sg-function")]),
            security_group("sg-database", vec![from_group(5432, "sg-proxy")]),
        ]),
        acls: Answer::Known(vec![NetworkAcl {
            id: text("acl-1"),
            subnet_ids: all,
            entries: vec![
                acl_entry(100, Direction::Inbound, true),
                acl_entry(100, Direction::Outbound, true),
            ],
        }]),
        endpoints: Answer::Known(vec![]),
    }
}

fn proxy() -> Proxy {
    Proxy {
        name: text("app"),
        arn: text("arn:aws:rds:eu-west-1:123456789012:db-proxy:prx-0123456789abcdef0"),
        status: text("available"),
        endpoint: Some(text(HOST)),
        engine_family: text("POSTGRESQL"),
        requires_tls: true,
        default_auth_scheme: Some(text("NONE")),
        auth: vec![entry("app", "REQUIRED")],
        role_arn: Some(text(PROXY_ROLE)),
        vpc_id: Some(text("vpc-1")),
        subnet_ids: texts(&["subnet-p1", "subnet-p2"]),
        security_group_ids: texts(&["sg-proxy"]),
    }
}

pub(super) fn entry(user: &str, iam: &str) -> AuthEntry {
    AuthEntry { user: Some(text(user)), secret_arn: Some(text(SECRET)), iam_auth: Some(text(iam)) }
}

fn databases() -> Vec<Database> {
    vec![Database {
        id: text("main"),
        is_cluster: true,
        resource_id: Some(text("cluster-ABCDEFGHIJKL")),
        engine: text("aurora-postgresql"),
        status: text("available"),
        port: Some(5432),
        hosts: vec![text(CLUSTER_HOST)],
        has_iam: true,
        security_group_ids: texts(&["sg-database"]),
        subnet_ids: texts(&["subnet-d1"]),
        vpc_id: Some(text("vpc-1")),
    }]
}

pub(super) fn target(role: &str, state: &str, reason: Option<&str>) -> Target {
    Target {
        id: text("main-1"),
        cluster: Some(text("main")),
        kind: text("RDS_INSTANCE"),
        port: Some(5432),
        role: Some(text(role)),
        state: Some(text(state)),
        reason: reason.map(text),
        description: None,
    }
}

/// The whole of it.
pub(super) fn right() -> Account {
    let reading = [allow("secretsmanager:GetSecretValue", SECRET), allow("kms:Decrypt", KEY)];
    let secret = Secret {
        name: text("app"),
        kms_key: Some(text(KEY)),
        key_state: Some(text("Enabled")),
        is_deleted: false,
        has_value: true,
    };
    let variables = Variables {
        hosts: vec![NamedHost { variable: text("DB_HOST"), host: text(HOST) }],
        user: Some(text("app")),
        ..Variables::default()
    };
    Account {
        question: Question {
            caller: text("orders"),
            proxy: text("app"),
            user: text("app"),
            region: text("eu-west-1"),
            partition: text("aws"),
            account: Some(text(ACCOUNT)),
        },
        function: Answer::Known(Function {
            name: Some(text("orders")),
            role_arn: Some(text(OWN_ROLE)),
            subnet_ids: texts(&["subnet-f1", "subnet-f2"]),
            security_group_ids: texts(&["sg-function"]),
            state: Some(text("Active")),
            last_update: Some(text("Successful")),
            variables,
            ..Function::default()
        }),
        role: Answer::Known(role(
            OWN_ROLE,
            trust("lambda.amazonaws.com"),
            vec![policy("db", &allow("rds-db:connect", DBUSER))],
        )),
        assumed: None,
        proxy: Answer::Known(proxy()),
        endpoints: vec![],
        targets: Answer::Known(vec![target("READ_WRITE", "AVAILABLE", None)]),
        databases: databases(),
        proxy_role: Answer::Known(role(
            PROXY_ROLE,
            trust("rds.amazonaws.com"),
            vec![policy("secrets", &reading.join(", "))],
        )),
        secrets: vec![(text(SECRET), Answer::Known(secret))],
        network: network(),
        unread: vec![],
    }
}
