//! Rules for `connect`: the TCP connection.

use super::super::draft::Draft;
use super::super::{Advice, Code, Entry, Facts};
use crate::clock::spoken;
use crate::session::{Attempt, ConnectError, ConnectFailure};

static SECURITY_GROUP: Advice = Advice {
    cause: "The proxy's security group does not let the function in, or the function's own does \
            not let it out: both drop packets without a word.",
    remedy: "aws ec2 authorize-security-group-ingress --group-id PROXY_SG --protocol tcp \
             --port {port} --source-group FUNCTION_SG; and check the function's egress rules: \
             aws ec2 describe-security-groups --group-ids FUNCTION_SG",
    commands: &[],
};

static NOT_IN_VPC: Advice = Advice {
    cause: "The function is not in the proxy's VPC, nor in one that is connected to it; a proxy \
            is never reachable from the internet.",
    remedy: "aws lambda update-function-configuration --function-name NAME \
             --vpc-config SubnetIds=…,SecurityGroupIds=…",
    commands: &[],
};

static NETWORK_ACL: Advice = Advice {
    cause: "A network ACL or a route table between the subnets drops the packets or their \
            answers.",
    remedy: "aws ec2 describe-network-acls --filters Name=association.subnet-id,Values=SUBNET: \
             port {port} must pass one way, ports 1024-65535 the other.",
    commands: &[],
};

pub(in crate::diagnosis) static NOBODY_LISTENS: Advice = Advice {
    cause: "Nothing listens on that port: the port is wrong, or the proxy is being created, \
            suspended or deleted.",
    remedy: "RDS Proxy for PostgreSQL listens on 5432 only; set DB_PORT accordingly. Status: \
             aws rds describe-db-proxies --region {region} --query 'DBProxies[].[Endpoint,Status]'",
    commands: &[],
};

pub(in crate::diagnosis) static PROXY_NOT_READY: Advice = Advice {
    cause: "The proxy is being created, suspended or deleted, and its port is silent meanwhile.",
    remedy: "aws rds describe-db-proxies --region {region} --query \
             'DBProxies[].[Endpoint,Status]'; a new proxy takes 10 to 15 minutes.",
    commands: &[],
};

static TUNNEL_DOWN: Advice = Advice {
    cause: "DB_CONNECT_TO leads the socket elsewhere, and that tunnel or forwarder is not up.",
    remedy: "Start it, or unset DB_CONNECT_TO: aws ssm start-session --target INSTANCE \
             --document-name AWS-StartPortForwardingSessionToRemoteHost \
             --parameters host={host},portNumber={port},localPortNumber=PORT",
    commands: &[],
};

static NO_ROUTE: Advice = Advice {
    cause: "The function's subnet has no route to the address, such as one of another VPC \
            without peering, or IPv6 where there is none.",
    remedy: "aws ec2 describe-route-tables --filters Name=association.subnet-id,Values=SUBNET",
    commands: &[],
};

static LOCAL_LIMIT: Advice = Advice {
    cause: "The machine refuses to open the socket: out of file descriptors, ports or memory, or \
            forbidden by its own rules.",
    remedy: "Look at the error in the summary; in Lambda, a new execution environment starts \
             clean: deploy the function anew.",
    commands: &[],
};

pub(in super::super) static REFUSED: Entry = Entry {
    meaning: "The address answered that nothing listens on the port. Network and security groups \
              let the packet through.",
    seen: &["Connection refused", "connect ECONNREFUSED"],
    causes: &[&TUNNEL_DOWN, &NOBODY_LISTENS],
    transient: true,
};

pub(in super::super) static UNREACHABLE: Entry = Entry {
    meaning: "There is no way to the address: no route, or a router on the way said so.",
    seen: &["Network is unreachable", "No route to host", "connect ENETUNREACH"],
    causes: &[&NO_ROUTE],
    transient: false,
};

pub(in super::super) static TIMEOUT: Entry = Entry {
    meaning: "Nobody answered the connection attempt inside the budget. No byte arrived, so this \
              is neither TLS nor a password.",
    seen: &["Connection timed out", "connect ETIMEDOUT", "Task timed out after"],
    causes: &[&TUNNEL_DOWN, &SECURITY_GROUP, &NOT_IN_VPC, &NETWORK_ACL, &PROXY_NOT_READY],
    transient: true,
};

pub(in super::super) static FAILED: Entry = Entry {
    meaning: "The connection failed in a way that no other code names; the summary has the \
              operating system's words.",
    seen: &[],
    causes: &[&LOCAL_LIMIT],
    transient: false,
};

pub(in super::super) fn rule(error: &ConnectError, facts: &Facts<'_>) -> Draft {
    let elsewhere = facts.config.is_some_and(|config| config.socket_is_elsewhere);
    let Some(Attempt { address, failure }) = error.decisive() else {
        return Draft::new(Code::TcpFailed, "There was no address to connect to.");
    };
    let others = others(error);
    match failure {
        ConnectFailure::Refused => {
            let summary = format!("{address} refused the connection{others}.");
            let draft = Draft::new(Code::TcpRefused, summary);
            judge_tunnel(draft, elsewhere, facts)
        }
        ConnectFailure::TimedOut { after } => {
            let after = spoken(*after);
            let summary = format!("{address} did not answer within {after}{others}.");
            let draft = Draft::new(Code::TcpTimeout, summary);
            judge_tunnel(draft, elsewhere, facts)
        }
        ConnectFailure::Unreachable(error) => {
            let summary = format!("{address} cannot be reached: {error}{others}.");
            let draft = Draft::new(Code::TcpUnreachable, summary);
            if address.is_ipv6() {
                draft.observed(&NO_ROUTE, format!("{address} is an IPv6 address."))
            } else {
                draft
            }
        }
        ConnectFailure::Other(error) => Draft::new(
            Code::TcpFailed,
            format!("{address} cannot be connected to: {error}{others}."),
        ),
    }
}

fn judge_tunnel(draft: Draft, elsewhere: bool, facts: &Facts<'_>) -> Draft {
    match facts.config {
        Some(config) if elsewhere => {
            draft.observed(&TUNNEL_DOWN, format!("DB_CONNECT_TO is {}.", config.socket))
        }
        _ => draft.ruled_out(&TUNNEL_DOWN),
    }
}

/// The other addresses, if there were any.
fn others(error: &ConnectError) -> String {
    let decisive = error.decisive().map(|attempt| attempt.address);
    let list: Vec<String> = error
        .attempts
        .iter()
        .filter(|attempt| Some(attempt.address) != decisive)
        .map(|Attempt { address, failure }| match failure {
            ConnectFailure::Refused => format!("{address} refused it"),
            ConnectFailure::TimedOut { .. } => format!("{address} did not answer"),
            ConnectFailure::Unreachable(error) | ConnectFailure::Other(error) => {
                format!("{address}: {error}")
            }
        })
        .collect();
    if list.is_empty() { String::new() } else { format!(" ({})", list.join("; ")) }
}
