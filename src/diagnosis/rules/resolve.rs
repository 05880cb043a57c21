//! Rules for `resolve`: name to addresses.

use std::time::Duration;

use super::super::draft::Draft;
use super::super::placeholder::Placeholder;
use super::super::{Advice, Code, Command, Entry, Facts};
use crate::clock::human_duration;
use crate::config::{EndpointKind, SocketHost};
use crate::session::ResolveError;

pub(in crate::diagnosis) static NO_SUCH_ENDPOINT: Advice = Advice {
    engine: None,
    cause: "The proxy's name is mistyped, or the endpoint was deleted, or it is in another region \
            or account.",
    remedy: "Compare the name with the endpoints that RDS lists, and set it as RDS prints it.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-proxies --region {region} \
             --query 'DBProxies[].[DBProxyName,Endpoint,Status]'",
        ),
        Command::Shell(
            "aws rds describe-db-proxy-endpoints --region {region} \
             --query 'DBProxyEndpoints[].[DBProxyName,Endpoint,Status]'",
        ),
    ],
};

static NO_SUCH_CLUSTER: Advice = Advice {
    engine: None,
    cause: "The cluster's name is mistyped, or the cluster or its endpoint was deleted or renamed, \
            or it is in another region or account.",
    remedy: "Compare the name with the writer, reader and custom endpoints that RDS lists, and set \
             it as RDS prints it. Renaming a cluster changes its endpoints.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-cluster-endpoints --region {region} \
             --query 'DBClusterEndpoints[].[Endpoint,EndpointType,Status]'",
        ),
        Command::Shell(
            "aws rds describe-db-clusters --region {region} \
             --query 'DBClusters[].[DBClusterIdentifier,Endpoint,ReaderEndpoint,Status]'",
        ),
    ],
};

static NO_SUCH_GLOBAL_CLUSTER: Advice = Advice {
    engine: None,
    cause: "The name of the global database's writer is mistyped, or the global database was \
            deleted.",
    remedy: "Compare the name with the endpoints that RDS lists, and set it as RDS prints it.",
    commands: &[Command::Shell(
        "aws rds describe-global-clusters --region {region} \
         --query 'GlobalClusters[].[GlobalClusterIdentifier,Endpoint,Status]'",
    )],
};

static NO_SUCH_SHARD_GROUP: Advice = Advice {
    engine: None,
    cause: "The shard group's name is mistyped, or the shard group was deleted, or it is in \
            another region or account.",
    remedy: "Compare the name with the endpoints that RDS lists, and set it as RDS prints it.",
    commands: &[Command::Shell(
        "aws rds describe-db-shard-groups --region {region} \
         --query 'DBShardGroups[].[DBShardGroupIdentifier,Endpoint,Status]'",
    )],
};

static NO_SUCH_INSTANCE: Advice = Advice {
    engine: None,
    cause: "The instance's name is mistyped, or the instance was deleted or renamed, is still \
            being created, or is in another region or account.",
    remedy: "Compare the name with the endpoints that RDS lists, and set it as RDS prints it. An \
             instance has no endpoint before it is created, and renaming it changes the name.",
    commands: &[Command::Shell(
        "aws rds describe-db-instances --region {region} \
         --query 'DBInstances[].[DBInstanceIdentifier,Endpoint.Address,DBInstanceStatus]'",
    )],
};

static NO_SUCH_ALIAS: Advice = Advice {
    engine: None,
    cause: "The name is not one of RDS's own. Its zone has no such record, or it is a private zone \
            that is not associated with {here}'s VPC.",
    remedy: "Look the name up {nearby}. If it is in a private hosted \
             zone, compare that zone's VPCs with {here}'s.",
    commands: &[
        Command::Shell("dig {socket_name}"),
        Command::Shell("aws route53 list-hosted-zones-by-vpc --vpc-id VPC --vpc-region {region}"),
    ],
};

static VPC_DNS_OFF: Advice = Advice {
    engine: None,
    cause: "{here}'s VPC does not use Amazon's DNS server, or its own resolver does not \
            forward this name to it.",
    remedy: "Check that DNS support is on in the VPC. If its DHCP options name other resolvers, \
             configure them to forward the name to the VPC's own: its network address plus two.",
    commands: &[
        Command::Shell(
            "aws ec2 describe-vpc-attribute --region {region} --vpc-id VPC \
             --attribute enableDnsSupport",
        ),
        Command::Shell("aws ec2 describe-dhcp-options --region {region}"),
    ],
};

/// dnsmasq's option `stop-dns-rebind` is such a filter:
/// <https://thekelleys.org.uk/dnsmasq/docs/dnsmasq-man.html>.
static PRIVATE_ANSWERS_DROPPED: Advice = Advice {
    engine: None,
    cause: "A resolver outside AWS drops answers with private addresses (protection against DNS \
            rebinding), and the endpoint has no other.",
    remedy: "Ask another resolver, if the probe runs outside AWS. If that one answers, allow \
             private addresses for this name in the first one.",
    commands: &[
        Command::Shell("dig +short {socket_name}"),
        Command::Shell("dig +short {socket_name} @1.1.1.1"),
    ],
};

static RESOLVER_SILENT: Advice = Advice {
    engine: None,
    cause: "The resolver is unreachable or does not answer in time.",
    remedy: "Check the resolvers in the VPC's DHCP options and, if they are not Amazon's, that \
             security groups and network ACLs allow UDP and TCP port 53 to them.",
    commands: &[Command::Shell("aws ec2 describe-dhcp-options --region {region}")],
};

pub(in super::super) static NOT_FOUND: Entry = Entry {
    meaning: "The resolver answered that the name does not exist or has no address.",
    seen: &["Name or service not known", "could not translate host name", "getaddrinfo ENOTFOUND"],
    causes: &[
        &NO_SUCH_ENDPOINT,
        &NO_SUCH_CLUSTER,
        &NO_SUCH_INSTANCE,
        &NO_SUCH_GLOBAL_CLUSTER,
        &NO_SUCH_SHARD_GROUP,
        &NO_SUCH_ALIAS,
        &VPC_DNS_OFF,
        &PRIVATE_ANSWERS_DROPPED,
    ],
    transient: false,
};

pub(in super::super) static FAILED: Entry = Entry {
    meaning: "The resolver could not say whether the name exists.",
    seen: &["Temporary failure in name resolution", "getaddrinfo EAI_AGAIN"],
    causes: &[&RESOLVER_SILENT, &VPC_DNS_OFF],
    transient: false,
};

pub(in super::super) static TIMEOUT: Entry = Entry {
    meaning: "The resolver did not answer in time.",
    seen: &[],
    causes: &[&RESOLVER_SILENT, &VPC_DNS_OFF],
    transient: true,
};

pub(in super::super) fn rule(error: &ResolveError, facts: &Facts<'_>) -> Draft {
    let name = facts.say(Placeholder::SocketName);
    match error {
        ResolveError::NotFound => {
            let summary = format!("The name {name} does not exist or has no address.");
            not_found(Draft::new(Code::DnsNotFound, summary), facts)
        }
        ResolveError::Failed { reason, temporary } => {
            let summary = format!("{name} could not be looked up: {reason}.");
            Draft::new(Code::DnsFailed, summary).transient(*temporary)
        }
    }
}

/// The kind of the name that is resolved, which may be that of `DB_CONNECT_TO`, decides.
fn not_found(draft: Draft, facts: &Facts<'_>) -> Draft {
    let names: [&Advice; 6] = [
        &NO_SUCH_ENDPOINT,
        &NO_SUCH_CLUSTER,
        &NO_SUCH_INSTANCE,
        &NO_SUCH_GLOBAL_CLUSTER,
        &NO_SUCH_SHARD_GROUP,
        &NO_SUCH_ALIAS,
    ];
    let kept: &[&Advice] = match looked_up(facts) {
        EndpointKind::Proxy | EndpointKind::ProxyEndpoint => &[&NO_SUCH_ENDPOINT],
        EndpointKind::Cluster | EndpointKind::ClusterCustom => &[&NO_SUCH_CLUSTER],
        EndpointKind::Instance => &[&NO_SUCH_INSTANCE],
        EndpointKind::GlobalWriter => &[&NO_SUCH_GLOBAL_CLUSTER],
        EndpointKind::ShardGroup => &[&NO_SUCH_SHARD_GROUP],
        EndpointKind::OtherRds => &[&NO_SUCH_CLUSTER, &NO_SUCH_INSTANCE],
        EndpointKind::Other => &[&NO_SUCH_ALIAS],
    };
    let is_kept = |advice: &&Advice| kept.iter().any(|other| std::ptr::eq(*other, *advice));
    let dropped = names.into_iter().filter(|advice| !is_kept(advice));
    let draft = dropped.fold(draft, Draft::ruled_out);
    match kept {
        [only] if facts.is_elsewhere() => {
            let name = facts.say(Placeholder::SocketName);
            draft.observed(only, format!("DB_CONNECT_TO names {name}."))
        }
        _ => draft,
    }
}

fn looked_up(facts: &Facts<'_>) -> EndpointKind {
    match facts.config.map(|config| &config.socket.host) {
        Some(SocketHost::Name(name)) => name.kind(),
        Some(SocketHost::Address(_)) | None => EndpointKind::Other,
    }
}

pub(in super::super) fn timed_out(after: Duration, facts: &Facts<'_>) -> Draft {
    let name = facts.say(Placeholder::SocketName);
    let after = human_duration(after);
    Draft::new(Code::DnsTimeout, format!("Looking up {name} timed out after {after}."))
}
