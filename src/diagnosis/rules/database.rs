//! Causes at the endpoint itself, whatever the step: a database without a proxy that is stopped,
//! restarting or paused, or what is behind an alias.

use super::super::draft::Draft;
use super::super::{Advice, Command, Facts};
use crate::config::Resource;

/// How long a resume takes, and that any attempt starts it:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html>.
/// What it looks like: <https://github.com/cyrilgdn/terraform-provider-postgresql/issues/540>.
pub(super) static PAUSED: Advice = Advice {
    engine: None,
    cause: "The database is an Aurora Serverless cluster that has paused at 0 ACU and is resuming. \
            That takes about 15 seconds, or 30 and more if it was paused for longer than a day. \
            This attempt has woken it.",
    remedy: "Probe again after 30 seconds. If it pauses often, raise PROBE_TIMEOUT_MS{ and the \
             function's timeout|} above the time that it takes to resume, or set a minimum \
             capacity above 0 ACU, which costs more and never pauses.",
    commands: &[Command::Shell(
        "aws rds describe-db-clusters --region {region} \
         --query 'DBClusters[].[DBClusterIdentifier,Status,ServerlessV2ScalingConfiguration]'",
    )],
};

/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/accessing-monitoring.html>
pub(super) static CLUSTER_AWAY: Advice = Advice {
    engine: None,
    cause: "The cluster is stopped, starting, restarting or failing over.",
    remedy: "Look at its status and its events. If it is stopped, start it with the last command; \
             a restart or a failover is usually over within two minutes, so probe again.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-clusters --region {region} --db-cluster-identifier {identifier} \
             --query 'DBClusters[].[Status,Endpoint,Port]'",
        ),
        Command::Shell(
            "aws rds describe-events --region {region} --source-type db-cluster \
             --source-identifier {identifier} --duration 60",
        ),
        Command::Shell(
            "aws rds start-db-cluster --region {region} --db-cluster-identifier {identifier}",
        ),
    ],
};

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html>
pub(super) static INSTANCE_AWAY: Advice = Advice {
    engine: None,
    cause: "The instance is stopped, starting, restarting or failing over.",
    remedy: "Look at its status and its events. If it is stopped, start it with the last command \
             (an Aurora instance starts with its cluster); a restart or a failover is usually over \
             within two minutes, so probe again.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-instances --region {region} \
             --db-instance-identifier {identifier} \
             --query 'DBInstances[].[DBInstanceStatus,Endpoint.Address,Endpoint.Port]'",
        ),
        Command::Shell(
            "aws rds describe-events --region {region} --source-type db-instance \
             --source-identifier {identifier} --duration 60",
        ),
        Command::Shell(
            "aws rds start-db-instance --region {region} --db-instance-identifier {identifier}",
        ),
    ],
};

pub(super) static BEHIND_ALIAS_AWAY: Advice = Advice {
    engine: None,
    cause: "The proxy or database that the name leads to is stopped, starting, restarting or \
            failing over.",
    remedy: "Find out where the name leads, with dig {nearby}. Then \
             look at the status of that proxy, cluster or instance.",
    commands: &[
        Command::Shell("dig +short {socket_name}"),
        Command::Shell(
            "aws rds describe-db-proxies --region {region} \
             --query 'DBProxies[].[Endpoint,Status]'",
        ),
        Command::Shell(
            "aws rds describe-db-clusters --region {region} \
             --query 'DBClusters[].[Endpoint,Port,Status]'",
        ),
        Command::Shell(
            "aws rds describe-db-instances --region {region} \
             --query 'DBInstances[].[Endpoint.Address,Endpoint.Port,DBInstanceStatus]'",
        ),
    ],
};

/// Keeps only the causes that are possible for the endpoint: a cluster with a proxy never pauses
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html>).
pub(super) fn of_resource(draft: Draft, facts: &Facts<'_>) -> Draft {
    let out = |draft: Draft, others: &[&'static Advice]| {
        others.iter().fold(draft, |draft, advice| draft.ruled_out(advice))
    };
    match facts.resource() {
        Resource::Proxy => {
            out(draft, &[&PAUSED, &CLUSTER_AWAY, &INSTANCE_AWAY, &BEHIND_ALIAS_AWAY])
        }
        Resource::Cluster => out(draft, &[&INSTANCE_AWAY, &BEHIND_ALIAS_AWAY]),
        Resource::Instance => out(draft, &[&CLUSTER_AWAY, &BEHIND_ALIAS_AWAY]),
        Resource::Unknown => out(draft, &[&CLUSTER_AWAY, &INSTANCE_AWAY]),
    }
}

/// A paused cluster does not answer or closes the connection, so for a cluster's name it is the first
/// cause; an instance's name does not tell whether it belongs to a cluster.
pub(super) fn may_be_paused(draft: Draft, facts: &Facts<'_>) -> Draft {
    match facts.resource() {
        Resource::Cluster => draft.observed(&PAUSED, "DB_HOST leads to a cluster."),
        Resource::Proxy | Resource::Instance | Resource::Unknown => draft,
    }
}
