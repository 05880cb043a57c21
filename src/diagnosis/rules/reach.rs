//! The sentences for `connect`: what prevents a TCP connection.

use super::super::{Advice, Command};

/// What to look at on the function's side of a connection.
const FUNCTIONS_NETWORK: Command = Command::Shell(
    "aws lambda get-function-configuration --region {region} --function-name FUNCTION \
     --query VpcConfig",
);

const INTO_THE_VPC: Command = Command::Shell(
    "aws lambda update-function-configuration --region {region} --function-name FUNCTION \
     --vpc-config SubnetIds=SUBNET_A,SUBNET_B,SecurityGroupIds=FUNCTION_SG",
);

const RULES_IN: Command = Command::Shell(
    "aws ec2 describe-security-groups --region {region} --group-ids ENDPOINT_SG \
     --query 'SecurityGroups[].IpPermissions'",
);

const RULES_OUT: Command = Command::Shell(
    "aws ec2 describe-security-groups --region {region} --group-ids FUNCTION_SG \
     --query 'SecurityGroups[].IpPermissionsEgress'",
);

const ALLOW_IN: Command = Command::Shell(
    "aws ec2 authorize-security-group-ingress --region {region} --group-id ENDPOINT_SG \
     --protocol tcp --port {port} --source-group FUNCTION_SG",
);

/// For an outbound rule, the AWS CLI's `--source-group` is the destination.
const ALLOW_OUT: Command = Command::Shell(
    "aws ec2 authorize-security-group-egress --region {region} --group-id FUNCTION_SG \
     --protocol tcp --port {port} --source-group ENDPOINT_SG",
);

const ROUTES: Command = Command::Shell(
    "aws ec2 describe-route-tables --region {region} \
     --filters Name=association.subnet-id,Values=SUBNET",
);

pub(super) static SECURITY_GROUP: Advice = Advice {
    engine: None,
    cause: "The proxy's security group does not allow connections from {here}, or \
            {here}'s own group does not allow them out: both drop packets silently.",
    remedy: "Check that the inbound rules of the proxy's security group allow port {port} from \
             {here}'s, and that the outbound rules of {here}'s allow it. Add the rule that is \
             missing: the last two commands add the inbound and the outbound one.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-proxies --region {region} \
             --query 'DBProxies[].[Endpoint,VpcId,VpcSecurityGroupIds]'",
        ),
        FUNCTIONS_NETWORK,
        RULES_IN,
        RULES_OUT,
        ALLOW_IN,
        ALLOW_OUT,
    ],
};

pub(super) static DATABASE_SECURITY_GROUP: Advice = Advice {
    engine: None,
    cause: "The database's security group does not allow connections from {here}, or \
            {here}'s own group does not allow them out: both drop packets silently.",
    remedy: "Check that the inbound rules of the database's security group allow port {port} from \
             {here}'s, and that the outbound rules of {here}'s allow it. Add the rule that is \
             missing: the last two commands add the inbound and the outbound one. A function \
             outside any VPC connects from a public address that changes, so no rule for a group \
             matches it.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-instances --region {region} --query 'DBInstances[]\
             .[Endpoint.Address,DBSubnetGroup.VpcId,VpcSecurityGroups[].VpcSecurityGroupId]'",
        ),
        FUNCTIONS_NETWORK,
        RULES_IN,
        RULES_OUT,
        ALLOW_IN,
        ALLOW_OUT,
    ],
};

pub(super) static ALIAS_SECURITY_GROUP: Advice = Advice {
    engine: None,
    cause: "The security group of the proxy or database does not allow connections from \
            {here}, or {here}'s own group does not allow them out: both drop packets \
            silently.",
    remedy: "Find out where the name leads, with dig {nearby}. Check that \
             the inbound rules of that endpoint's security group allow port {port} from {here}'s, \
             and that the outbound rules of {here}'s allow it. Add the rule that is missing: the \
             last two commands add the inbound and the outbound one.",
    commands: &[
        Command::Shell("dig +short {socket_name}"),
        FUNCTIONS_NETWORK,
        RULES_IN,
        RULES_OUT,
        ALLOW_IN,
        ALLOW_OUT,
    ],
};

/// A proxy is never public:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html#rds-proxy.limitations>.
pub(super) static NOT_IN_VPC: Advice = Advice {
    engine: None,
    cause: "{here} is neither in the proxy's VPC nor in one that is connected to it. A proxy \
            is never reachable from the internet.",
    remedy: "Compare {here}'s VPC with the proxy's. If they differ and are not connected, \
             put {here} into subnets of the proxy's VPC{ with the last command|}.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-proxies --region {region} \
             --query 'DBProxies[].[Endpoint,VpcId,VpcSubnetIds]'",
        ),
        FUNCTIONS_NETWORK,
        INTO_THE_VPC,
    ],
};

pub(super) static PRIVATE_ADDRESS: Advice = Advice {
    engine: None,
    cause: "The database's name leads to a private address, and {here} is neither in the \
            database's VPC nor in one that is connected to it.",
    remedy: "Compare {here}'s VPC with the database's. If they differ and are not connected, \
             put {here} into subnets of the database's VPC{ with the last command|}.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-instances --region {region} --query \
             'DBInstances[].[Endpoint.Address,DBSubnetGroup.VpcId,PubliclyAccessible]'",
        ),
        FUNCTIONS_NETWORK,
        INTO_THE_VPC,
    ],
};

/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/CHAP_GettingStartedAurora.AuroraPostgreSQL.ExpressConfig.html>,
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html>
pub(super) static PUBLIC_ADDRESS: Advice = Advice {
    engine: None,
    cause: "The database's name leads to a public address, and {here} has no route to the \
            internet: a function in a VPC reaches it only through a NAT gateway. Aurora in express \
            configuration has public addresses only.",
    remedy: "Check whether {here} is in a VPC and where its subnets route 0.0.0.0/0. A \
             function outside any VPC reaches the internet without a NAT gateway.",
    commands: &[
        FUNCTIONS_NETWORK,
        ROUTES,
        Command::Shell(
            "aws rds describe-db-clusters --region {region} \
             --query 'DBClusters[].[Endpoint,InternetAccessGatewayEnabled,PubliclyAccessible]'",
        ),
    ],
};

pub(super) static NETWORK_ACL: Advice = Advice {
    engine: None,
    cause: "A network ACL or a route table between the subnets drops the packets or their answers.",
    remedy: "Check that the ACLs of {here}'s and the endpoint's subnets allow port {port} \
             one way and ports 1024 to 65535 the other, and that each has a route to the other.",
    commands: &[
        Command::Shell(
            "aws ec2 describe-network-acls --region {region} \
             --filters Name=association.subnet-id,Values=SUBNET",
        ),
        ROUTES,
    ],
};

pub(in crate::diagnosis) static NOTHING_LISTENS: Advice = Advice {
    engine: None,
    cause: "Nothing listens on that port: the port is wrong, or the proxy is being created, \
            suspended or deleted. RDS Proxy listens on {proxy_port} only.",
    remedy: "Set DB_PORT to {proxy_port}, or leave it out. If it already is, look at the proxy's \
             status.",
    commands: &[Command::Shell(
        "aws rds describe-db-proxies --region {region} --query 'DBProxies[].[Endpoint,Status]'",
    )],
};

pub(super) static DATABASE_PORT: Advice = Advice {
    engine: None,
    cause: "The endpoint listens on another port. RDS Proxy's is {proxy_port}; a database's is \
            whatever its owner chose, and that is only the default.",
    remedy: "Compare DB_PORT with the port that RDS lists for the endpoint, and set it.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-clusters --region {region} --query 'DBClusters[].[Endpoint,Port]'",
        ),
        Command::Shell(
            "aws rds describe-db-instances --region {region} \
             --query 'DBInstances[].[Endpoint.Address,Endpoint.Port]'",
        ),
    ],
};

pub(in crate::diagnosis) static PROXY_NOT_READY: Advice = Advice {
    engine: None,
    cause: "The proxy is being created, suspended or deleted, and does not answer on its port.",
    remedy: "Look at the proxy's status. A new proxy takes 10 to 15 minutes.",
    commands: &[Command::Shell(
        "aws rds describe-db-proxies --region {region} --query 'DBProxies[].[Endpoint,Status]'",
    )],
};

/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-sessions-start.html>
pub(super) static TUNNEL_DOWN: Advice = Advice {
    engine: None,
    cause: "If DB_CONNECT_TO is set, it leads the connection elsewhere, and the tunnel or \
            forwarder there is not running.",
    remedy: "Start the tunnel on the machine and the port that DB_CONNECT_TO names, or \
             {unset DB_CONNECT_TO|leave DB_CONNECT_TO out} to connect to {host} itself.",
    commands: &[Command::Shell(
        "aws ssm start-session --region {region} --target INSTANCE_ID \
         --document-name AWS-StartPortForwardingSessionToRemoteHost \
         --parameters host={host},portNumber={port},localPortNumber=LOCAL_PORT",
    )],
};

pub(super) static NO_ROUTE: Advice = Advice {
    engine: None,
    cause: "{here}'s subnets have no route to the address: it is in another VPC without \
            peering, or it is an IPv6 address and the subnets have no IPv6.",
    remedy: "Look at the routes of {here}'s subnets, and add the one that is missing.",
    commands: &[FUNCTIONS_NETWORK, ROUTES],
};

pub(super) static LOCAL_LIMIT: Advice = Advice {
    engine: None,
    cause: "The machine refuses to open the connection: it is out of file descriptors, ports or \
            memory, or a local rule forbids it.",
    remedy: "Read the error in the summary. In Lambda, deploy the function again: it then starts \
             in a new execution environment.",
    commands: &[],
};
