//! A server that exists but accepts no sessions now: starting, failing over, slow, resuming; a
//! connection that is lost during the login.

use std::time::Duration;

use crate::clock::human_duration;
use crate::config::Resource;
use crate::diagnosis::draft::Draft;
use crate::diagnosis::server::texts::QUOTA;
use crate::diagnosis::server::{Author, Reading};
use crate::diagnosis::{Advice, Code, Command, Entry, Facts};

use super::super::database::PAUSED;
use super::limits::SHOW_TARGETS;
use super::noted_tunnel;

pub(in crate::diagnosis) static CLUSTER_DISTURBED: Advice = Advice {
    engine: None,
    cause: "The cluster is starting, stopping, restarting or failing over, or it is overloaded.",
    remedy: "Look at the status of the cluster and its instances and at the latest events, and try \
             again when they are available.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-clusters --region {region} --db-cluster-identifier {identifier} \
             --query 'DBClusters[].[Status,DBClusterMembers]'",
        ),
        Command::Shell(
            "aws rds describe-events --region {region} --source-type db-cluster \
             --source-identifier {identifier} --duration 60",
        ),
    ],
};

pub(in crate::diagnosis) static INSTANCE_DISTURBED: Advice = Advice {
    engine: None,
    cause: "The instance is starting, stopping, restarting or failing over, or it is overloaded.",
    remedy: "Look at the instance's status and its latest events, and try again when it is \
             available.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-instances --region {region} --db-instance-identifier {identifier} \
             --query 'DBInstances[].[DBInstanceStatus,PendingModifiedValues]'",
        ),
        Command::Shell(
            "aws rds describe-events --region {region} --source-type db-instance \
             --source-identifier {identifier} --duration 60",
        ),
    ],
};

pub(in crate::diagnosis) static SERVER_DISTURBED: Advice = Advice {
    engine: None,
    cause: "The server is starting, stopping, restarting or overloaded.",
    remedy: "Look at the status and the log of the server that answers at {socket}, and try again.",
    commands: &[],
};

pub(in crate::diagnosis) static STARTING_OR_STOPPING: Advice = Advice {
    engine: None,
    cause: "The database behind the proxy is starting, stopping, recovering or failing over.",
    remedy: "Look at the health of the proxy's targets and at the latest events, and try again.",
    commands: &[
        SHOW_TARGETS,
        Command::Shell("aws rds describe-events --region {region} --duration 60"),
    ],
};

/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-gdb.html>
pub(in crate::diagnosis) static NO_WRITER_TARGET: Advice = Advice {
    engine: None,
    cause: "The proxy's target group has no writer, as in the secondary cluster of a global \
            database.",
    remedy: "See which cluster is the writer, and test the proxy in that cluster's Region.",
    commands: &[
        SHOW_TARGETS,
        Command::Shell(
            "aws rds describe-global-clusters --region {region} --query \
             'GlobalClusters[].GlobalClusterMembers[?IsWriter].DBClusterArn'",
        ),
    ],
};

pub(in crate::diagnosis) static POOLER_CANNOT_REACH: Advice = Advice {
    engine: None,
    cause: "A pooler or another provider's proxy answers, and it can't reach its database or log \
            in to it.",
    remedy: "Look at the pooler's log and at the database behind it.",
    commands: &[],
};

pub(in crate::diagnosis) static QUOTA_USED_UP: Advice = Advice {
    engine: None,
    cause: "The provider's quota of computing time is used up.",
    remedy: "Look at the account's quota at that provider.",
    commands: &[],
};

pub(in crate::diagnosis) static SERVER_UNAVAILABLE: Entry = Entry {
    meaning: "The server is there but accepts no sessions now.",
    seen: &[
        "the database system is starting up",
        "the database system is shutting down",
        "terminating connection due to administrator command",
        "The target group doesn't have any associated read/write instances",
        "Server shutdown in progress",
        "Connection was killed",
    ],
    causes: &[
        &STARTING_OR_STOPPING,
        &NO_WRITER_TARGET,
        &CLUSTER_DISTURBED,
        &INSTANCE_DISTURBED,
        &SERVER_DISTURBED,
        &POOLER_CANNOT_REACH,
        &QUOTA_USED_UP,
    ],
    transient: true,
};

/// `server_unavailable`.
pub(super) fn unavailable(draft: Draft, reading: &Reading<'_>, facts: &Facts<'_>) -> Draft {
    match reading.author {
        Author::Proxy => draft.only(vec![&NO_WRITER_TARGET, &STARTING_OR_STOPPING]),
        Author::Pooler if reading.text.contains(QUOTA) => {
            draft.only(vec![&QUOTA_USED_UP]).transient(false)
        }
        Author::Pooler => draft.only(vec![&POOLER_CANNOT_REACH]),
        Author::Database | Author::Unknown => draft.only(disturbed(facts.resource())),
    }
}

fn disturbed(resource: Resource) -> Vec<&'static Advice> {
    match resource {
        Resource::Proxy => vec![&STARTING_OR_STOPPING],
        Resource::Cluster => vec![&CLUSTER_DISTURBED],
        Resource::Instance => vec![&INSTANCE_DISTURBED],
        Resource::Unknown => vec![&SERVER_DISTURBED],
    }
}

pub(in crate::diagnosis) static NO_READER_TARGET: Advice = Advice {
    engine: None,
    cause: "The endpoint is read-only and the cluster has no reader, or the target is an RDS \
            instance: a proxy serves only its writer.",
    remedy: "See which targets the proxy has. Use the read/write endpoint, or add a reader to the \
             cluster, which is billed as an instance.",
    commands: &[
        SHOW_TARGETS,
        Command::Shell(
            "aws rds describe-db-proxies --region {region} --db-proxy-name {proxy} --query \
             'DBProxies[].Endpoint'",
        ),
        Command::Shell(
            "aws rds create-db-instance --region {region} --db-cluster-identifier CLUSTER \
             --db-instance-identifier NAME --db-instance-class CLASS --engine {aurora_engine}",
        ),
    ],
};

pub(in crate::diagnosis) static NO_READER: Entry = Entry {
    meaning: "The read-only endpoint has no reader to lead to.",
    seen: &["Target group doesnt have any associated read-only instances"],
    causes: &[&NO_READER_TARGET],
    transient: false,
};

pub(in crate::diagnosis) static SLOW_LOGIN: Advice = Advice {
    engine: None,
    cause: "The proxy is slow to answer the login: it is scaling, overloaded, or waits for the \
            database.",
    remedy: "Look at the health of the proxy's targets, and try again. Raise PROBE_TIMEOUT_MS \
             above the proxy's ConnectionBorrowTimeout (120 s by default) to see the proxy's own \
             answer.",
    commands: &[SHOW_TARGETS],
};

pub(in crate::diagnosis) static SLOW_HOP: Advice = Advice {
    engine: None,
    cause: "Something between {here} and the server, such as a tunnel or a pooler, accepted \
            the connection and forwards nothing.",
    remedy: "Check what answers at {socket}, and let DB_CONNECT_TO (or DB_HOST) lead straight to \
             the endpoint.",
    commands: &[],
};

pub(in crate::diagnosis) static TIMEOUT: Entry = Entry {
    meaning: "TLS is up, but the login did not end inside the budget.",
    seen: &["canceling authentication due to timeout"],
    causes: &[
        &SLOW_LOGIN,
        &PAUSED,
        &CLUSTER_DISTURBED,
        &INSTANCE_DISTURBED,
        &SERVER_DISTURBED,
        &SLOW_HOP,
    ],
    transient: true,
};

/// `auth_timeout`, by our clock.
pub(in crate::diagnosis) fn timed_out(after: Duration, facts: &Facts<'_>) -> Draft {
    let summary = format!("The login timed out after {}.", human_duration(after));
    slow(Draft::new(Code::AuthTimeout, summary), facts)
}

/// `auth_timeout`, by our clock or the server's.
pub(super) fn slow(draft: Draft, facts: &Facts<'_>) -> Draft {
    let draft = draft.only(match facts.resource() {
        Resource::Proxy => vec![&SLOW_LOGIN, &SLOW_HOP],
        Resource::Cluster => vec![&PAUSED, &CLUSTER_DISTURBED, &SLOW_HOP],
        Resource::Instance => vec![&PAUSED, &INSTANCE_DISTURBED, &SLOW_HOP],
        Resource::Unknown => vec![&SERVER_DISTURBED, &SLOW_HOP, &PAUSED],
    });
    only_with_tunnel(draft, &SLOW_HOP, facts)
}

/// If the socket connects directly to a name of RDS's, nothing is in between.
pub(in crate::diagnosis::rules) fn only_with_tunnel(
    draft: Draft,
    hop: &'static Advice,
    facts: &Facts<'_>,
) -> Draft {
    match facts.resource() {
        Resource::Proxy | Resource::Cluster | Resource::Instance if !facts.is_elsewhere() => {
            draft.ruled_out(hop)
        }
        Resource::Proxy | Resource::Cluster | Resource::Instance | Resource::Unknown => {
            noted_tunnel(draft, hop, facts)
        }
    }
}

pub(in crate::diagnosis) static CLOSED_DURING_LOGIN: Advice = Advice {
    engine: None,
    cause: "The proxy closed the connection: it restarts, is being modified, or is out of \
            resources.",
    remedy: "Try again. Then look at the proxy's status and log; DebugLogging makes the log say \
             more, for 24 hours.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-proxies --region {region} --db-proxy-name {proxy} --query \
             'DBProxies[].[Status,DebugLogging]'",
        ),
        Command::Shell("aws logs tail /aws/rds/proxy/{proxy} --region {region} --since 15m"),
        Command::Shell(
            "aws rds modify-db-proxy --region {region} --db-proxy-name {proxy} --debug-logging",
        ),
    ],
};

pub(in crate::diagnosis) static CLOSED_BY_HOP: Advice = Advice {
    engine: None,
    cause: "Something between {here} and the server, such as a tunnel or a pooler, closed \
            the connection.",
    remedy: "Check what answers at {socket} and its log; start the tunnel again if it is one.",
    commands: &[],
};

pub(in crate::diagnosis) static CONNECTION_LOST: Entry = Entry {
    meaning: "The connection ended during the login.",
    seen: &["server closed the connection unexpectedly", "Connection terminated unexpectedly"],
    causes: &[
        &CLOSED_DURING_LOGIN,
        &PAUSED,
        &CLUSTER_DISTURBED,
        &INSTANCE_DISTURBED,
        &SERVER_DISTURBED,
        &CLOSED_BY_HOP,
    ],
    transient: true,
};

/// `auth_connection_lost`.
pub(super) fn lost(draft: Draft, facts: &Facts<'_>) -> Draft {
    let draft = draft.only(match facts.resource() {
        Resource::Proxy => vec![&CLOSED_DURING_LOGIN, &CLOSED_BY_HOP],
        Resource::Cluster => vec![&PAUSED, &CLUSTER_DISTURBED, &CLOSED_BY_HOP],
        Resource::Instance => vec![&PAUSED, &INSTANCE_DISTURBED, &CLOSED_BY_HOP],
        Resource::Unknown => vec![&SERVER_DISTURBED, &CLOSED_BY_HOP, &PAUSED],
    });
    only_with_tunnel(draft, &CLOSED_BY_HOP, facts)
}
