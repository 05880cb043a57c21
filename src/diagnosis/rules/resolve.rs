//! Rules for `resolve`: name to addresses.

use std::time::Duration;

use super::super::draft::Draft;
use super::super::placeholder::Placeholder;
use super::super::{Advice, Code, Entry, Facts};
use super::is_proxy;
use crate::clock::spoken;
use crate::session::ResolveError;

pub(in crate::diagnosis) static NO_SUCH_ENDPOINT: Advice = Advice {
    cause: "The name is mistyped, or the endpoint was deleted or lives in another region or \
            account.",
    remedy: "Compare it with what RDS has: aws rds describe-db-proxies --region {region} \
             --query 'DBProxies[].Endpoint'; aws rds describe-db-proxy-endpoints \
             --region {region} --query 'DBProxyEndpoints[].Endpoint'",
    commands: &[],
};

static NO_SUCH_ALIAS: Advice = Advice {
    cause: "The name is not one of RDS's own, and its zone has no such record, or is not \
            associated with this VPC.",
    remedy: "Ask from inside the VPC: dig +short {socket_name}. A private hosted zone must be \
             associated with the function's VPC.",
    commands: &[],
};

static VPC_DNS_OFF: Advice = Advice {
    cause: "The function's VPC does not use Amazon's DNS server, or a resolver of its own does \
            not forward amazonaws.com to it.",
    remedy: "aws ec2 describe-vpc-attribute --vpc-id VPC --attribute enableDnsSupport; with a \
             DHCP option set of your own, forward amazonaws.com to the VPC's address plus two.",
    commands: &[],
};

static RESOLVER_SILENT: Advice = Advice {
    cause: "The resolver is out of reach or does not answer in time.",
    remedy: "Check the DHCP option set of the VPC and, if a network ACL is in the way, that it \
             lets UDP and TCP port 53 through: aws ec2 describe-dhcp-options",
    commands: &[],
};

pub(in super::super) static NOT_FOUND: Entry = Entry {
    meaning: "The resolver answers that the name does not exist, or has no address.",
    seen: &["Name or service not known", "could not translate host name", "getaddrinfo ENOTFOUND"],
    causes: &[&NO_SUCH_ENDPOINT, &NO_SUCH_ALIAS, &VPC_DNS_OFF],
    transient: false,
};

pub(in super::super) static FAILED: Entry = Entry {
    meaning: "The resolver could not say whether the name exists.",
    seen: &["Temporary failure in name resolution", "getaddrinfo EAI_AGAIN"],
    causes: &[&RESOLVER_SILENT, &VPC_DNS_OFF],
    transient: false,
};

pub(in super::super) static TIMEOUT: Entry = Entry {
    meaning: "The resolver did not answer inside the budget.",
    seen: &[],
    causes: &[&RESOLVER_SILENT, &VPC_DNS_OFF],
    transient: true,
};

pub(in super::super) fn rule(error: &ResolveError, facts: &Facts<'_>) -> Draft {
    let name = facts.say(Placeholder::SocketName);
    match error {
        ResolveError::NotFound => {
            let ours = facts.config.is_some_and(|config| {
                !config.socket_is_elsewhere && is_proxy(config.endpoint.host.kind())
            });
            Draft::new(Code::DnsNotFound, format!("{name} has no address: the name is not known."))
                .ruled_out(if ours { &NO_SUCH_ALIAS } else { &NO_SUCH_ENDPOINT })
        }
        ResolveError::Failed { reason, temporary } => {
            let summary = format!("{name} could not be looked up: {reason}.");
            Draft::new(Code::DnsFailed, summary).transient(*temporary)
        }
    }
}

pub(in super::super) fn timed_out(after: Duration, facts: &Facts<'_>) -> Draft {
    let name = facts.say(Placeholder::SocketName);
    let after = spoken(after);
    Draft::new(Code::DnsTimeout, format!("{name} was not looked up within {after}."))
}
