//! Accounts whose networks or targets are wrong.

use rds_proxy_probe_cli::inspect::account::{
    Account, Answer, Endpoint, Gateway, Peer, ProxyEndpoint, RouteTable,
};

use super::case::{Case, by_secret, function, inbound, outbound, proxy, table, vpc};
use super::right::{
    allow, from_group, route, rule, security_group, subnet, target, text, texts, trust,
};

pub(super) const CASES: &[Case] = &[
    Case {
        link: "https://github.com/jkehler/awslambda-psycopg2/issues/41",
        words: "lambda function VPC setting is 'NO VPC'",
        cause: "function_outside_vpc",
        change: |account| function(account).subnet_ids = vec![],
    },
    Case {
        link: "https://github.com/serverless-nextjs/serverless-next.js/issues/893",
        words: "this is due to using Lambda@Edge which cannot be in VPC",
        cause: "function_outside_vpc",
        change: |account| {
            function(account).subnet_ids = vec![];
            function(account).security_group_ids = vec![];
        },
    },
    Case {
        link: "https://github.com/aws/aws-cdk/issues/20789",
        words: "the Lambda was using the default auto generated security group, they were not able to speak",
        cause: "proxy_inbound",
        change: |account| inbound(account, "sg-proxy", vec![from_group(5432, "sg-proxy")]),
    },
    Case {
        link: "https://github.com/antonputra/tutorials/issues/320",
        words: "I've added SG group with inbound rule for PostgreSQL port 5432 and it solved the issue",
        cause: "proxy_inbound",
        change: |account| inbound(account, "sg-proxy", vec![]),
    },
    Case {
        link: "https://github.com/binxio/cfn-postgresql-user-provider/issues/11",
        words: "when there are timeouts, there are security group issues",
        cause: "proxy_inbound",
        change: |account| {
            inbound(account, "sg-proxy", vec![rule(5432, Peer::Cidr(text("192.168.0.0/16")))]);
        },
    },
    Case {
        link: "https://github.com/cds-snc/forms-terraform/pull/914",
        words: "Adds missing egress rule from lambda to RDS",
        cause: "function_outbound",
        change: |account| {
            outbound(account, "sg-function", vec![rule(443, Peer::Cidr(text("0.0.0.0/0")))]);
        },
    },
    Case {
        link: "https://github.com/CMSgov/bcda-app/pull/1404",
        words: "add explicit security group rules for egress to db",
        cause: "function_outbound",
        change: |account| outbound(account, "sg-function", vec![from_group(5432, "sg-database")]),
    },
    Case {
        link: "https://github.com/nanlabs/terraform-aws-starter/pull/60",
        words: "Terraform automatically removes the default allow all egress rule",
        cause: "function_outbound",
        change: |account| outbound(account, "sg-function", vec![]),
    },
    Case {
        link: "https://github.com/antonbabenko/modules.tf-lambda/issues/64",
        words: "Security Group doesn't have default egress/outbound rules",
        cause: "proxy_outbound",
        change: |account| outbound(account, "sg-proxy", vec![]),
    },
    Case {
        link: "https://github.com/aws/aws-cdk/issues/8919",
        words: "Timed out waiting for target group to become available",
        cause: "database_inbound",
        change: |account| {
            inbound(account, "sg-database", vec![from_group(5432, "sg-function")]);
            unreachable(account);
        },
    },
    Case {
        link: "https://github.com/aws/aws-cdk/issues/8885",
        words: "the target was staying unavailable with a security group that is not allowed to access the instance",
        cause: "database_inbound",
        change: |account| inbound(account, "sg-database", vec![]),
    },
    Case {
        link: "https://github.com/aws/aws-cdk/pull/12953",
        words: "we were not creating a Security Group for it, and the Proxy could not connect to the Cluster",
        cause: "database_inbound",
        change: |account| {
            inbound(account, "sg-database", vec![from_group(5432, "sg-database")]);
            unreachable(account);
        },
    },
    Case {
        link: "https://github.com/terraform-aws-modules/terraform-aws-rds/issues/278",
        words: "Created RDS instance is missing inbound security group rule",
        cause: "database_inbound",
        change: |account| inbound(account, "sg-database", vec![from_group(3306, "sg-proxy")]),
    },
    Case {
        link: "https://github.com/atlassian-labs/data-center-terraform/pull/44",
        words: "cluster_security_group so that RDS instance can create security group inbound rule correctly",
        cause: "database_inbound",
        change: |account| inbound(account, "sg-database", vec![from_group(5432, "sg-nodes")]),
    },
    Case {
        link: "https://github.com/ansible/galaxy/issues/566",
        words: "both parties will need to configure their routes to communicate across the peering connection",
        cause: "no_route",
        change: |account| {
            apart(account);
            table(&mut account.network).routes.pop();
        },
    },
    Case {
        link: "https://github.com/PRX/Infrastructure/issues/78",
        words: "if the vpc can't route traffic back to the source, you'll never get a connection",
        cause: "no_route_back",
        change: |account| {
            apart(account);
            account.network.route_tables.known_mut().unwrap()[1].routes.pop();
        },
    },
    Case {
        link: "https://github.com/RJPearson94/terraform-aws-open-next/issues/45",
        words: "How can I provide access to secrets manager from within my lambda: it's timing out",
        cause: "service_unreachable",
        change: by_secret,
    },
    Case {
        link: "https://github.com/awslabs/aws-sdk-rust/issues/905",
        words: "HTTP connect timeout to secretsmanager; they're just on the default VPC",
        cause: "service_unreachable",
        change: |account| {
            by_secret(account);
            table(&mut account.network).routes.push(route("0.0.0.0/0", Gateway::Internet));
        },
    },
    Case {
        link: "https://github.com/amazon-archives/amazon-cognito-identity-js/issues/648",
        words: "I had my Lambda function setup to use a VPC and needed to add a NAT gateway for it",
        cause: "service_unreachable",
        change: |account| {
            by_secret(account);
            table(&mut account.network).routes[0].is_blackhole = true;
        },
    },
    Case {
        link: "https://github.com/nanlabs/terraform-aws-starter/issues/10",
        words: "We should have a VPC endpoint to connect from the private subnets to Secrets Manager",
        cause: "service_unreachable",
        change: |account| {
            by_secret(account);
            account.network.endpoints = Answer::Known(vec![endpoint("ssm", true)]);
        },
    },
    Case {
        link: "https://github.com/kubernetes-sigs/external-dns/issues/1944",
        words: "Just make sure the instance security group is allowed ingress to the security group of the endpoints",
        cause: "endpoint_inbound",
        change: |account| {
            assumes(account);
            with_endpoint(account, endpoint("sts", true), vec![]);
        },
    },
    Case {
        link: "https://github.com/awsdocs/amazon-vpc-user-guide/issues/20",
        words: "If you have enabled private DNS for the endpoint, the default DNS hostname leads to it",
        cause: "endpoint_private_dns",
        change: |account| {
            by_secret(account);
            let rules = vec![from_group(443, "sg-function")];
            with_endpoint(account, endpoint("secretsmanager", false), rules);
        },
    },
    Case {
        link: "https://github.com/Worklytics/psoxy/pull/677",
        words: "DNS failure: the VPC does not resolve the service's domain",
        cause: "dns_support",
        change: |account| vpc(account).dns_support = Some(false),
    },
    Case {
        link: "https://github.com/mizzy/playground/blob/f595132e031708aead04b3a6787881ef18578b2c/cross-account-rds-pattern-a/README.md",
        words: "Target group doesnt have any associated read-only instances",
        cause: "no_reader",
        change: reader,
    },
    Case {
        link: "https://github.com/aws/aws-cdk/issues/31304",
        words: "Proxy Target Group does not depend on Writer Instance",
        cause: "no_targets",
        change: |account| account.targets = Answer::Known(vec![]),
    },
    Case {
        link: "https://github.com/JHart724/TAILRD_PLATFORM/blob/8c5e2f87bfd2dfa0ed22daef8a1fd77c61440934/docs/TECH_DEBT_REGISTER.md",
        words: "DBProxy Target unavailable due to an internal error",
        cause: "target_unavailable",
        change: |account| {
            account.targets = Answer::Known(vec![target("READ_WRITE", "UNAVAILABLE", None)]);
        },
    },
];

pub(super) fn unreachable(account: &mut Account) {
    let failed = target("READ_WRITE", "UNAVAILABLE", Some("UNREACHABLE"));
    account.targets = Answer::Known(vec![failed]);
}

/// The function runs in another VPC, which is peered.
fn apart(account: &mut Account) {
    let network = &mut account.network;
    let subnets = network.subnets.known_mut().unwrap();
    subnets[0] = subnet("subnet-f1", "vpc-2", "10.9.1.0/24");
    subnets[1] = subnet("subnet-f2", "vpc-2", "10.9.2.0/24");
    let own = |id: &str, vpc: &str, own: &str, other: &str| RouteTable {
        id: text(id),
        vpc_id: text(vpc),
        is_main: true,
        subnet_ids: vec![],
        routes: vec![route(own, Gateway::Local), route(other, Gateway::Peering)],
    };
    network.route_tables = Answer::Known(vec![
        own("rtb-2", "vpc-2", "10.9.0.0/16", "10.0.0.0/16"),
        own("rtb-1", "vpc-1", "10.0.0.0/16", "10.9.0.0/16"),
    ]);
}

pub(super) fn endpoint(service: &str, private_dns: bool) -> Endpoint {
    Endpoint {
        id: text("vpce-1"),
        service: format!("com.amazonaws.eu-west-1.{service}"),
        kind: text("Interface"),
        state: text("available"),
        private_dns,
        security_group_ids: texts(&["sg-endpoint"]),
    }
}

pub(super) fn with_endpoint(
    account: &mut Account,
    endpoint: Endpoint,
    rules: Vec<rds_proxy_probe_cli::inspect::account::SgRule>,
) {
    account.network.endpoints = Answer::Known(vec![endpoint]);
    let groups = account.network.security_groups.known_mut().unwrap();
    groups.push(security_group("sg-endpoint", rules));
}

/// The function assumes a role in its own account to sign.
pub(super) fn assumes(account: &mut Account) {
    let arn = "arn:aws:iam::123456789012:role/signer";
    function(account).variables.assume_role_arn = Some(text(arn));
    let own = account.role.known().unwrap().arn.clone();
    let mut signer = account.role.known().unwrap().clone();
    signer.arn = text(arn);
    signer.trust =
        Answer::Known(trust("x").replace(r#"{"Service": "x"}"#, &format!(r#"{{"AWS": "{own}"}}"#)));
    account.assumed = Some(Answer::Known(signer));
    super::case::own_policy(account, &allow("sts:AssumeRole", arn));
}

fn reader(account: &mut Account) {
    let host = "app-ro.endpoint.proxy-abc.eu-west-1.rds.amazonaws.com";
    function(account).variables.hosts[0].host = text(host);
    let proxy = proxy(account).clone();
    account.endpoints = vec![ProxyEndpoint {
        name: text("app-ro"),
        host: Some(text(host)),
        status: text("available"),
        target_role: Some(text("READ_ONLY")),
        vpc_id: proxy.vpc_id,
        subnet_ids: proxy.subnet_ids,
        security_group_ids: proxy.security_group_ids,
    }];
}
