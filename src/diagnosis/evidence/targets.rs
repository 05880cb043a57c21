//! The databases behind a proxy: their health, and what to do about each reason.
//!
//! The reasons: <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_TargetHealth.html>,
//! and what they mean in practice:
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html>.

use crate::diagnosis::draft::Draft;
use crate::diagnosis::rules::authenticate::{availability, limits};
use crate::diagnosis::{Advice, Code, Command};
use crate::explain::{ControlPlane, Health, Proxy, Reason, Target};

const SHOW_TARGETS: Command = Command::Shell(
    "aws rds describe-db-proxy-targets --region {region} --db-proxy-name {proxy} \
     --query 'Targets[].[RdsResourceId,Role,Port,TargetHealth]'",
);
const SHOW_LOG: Command =
    Command::Shell("aws logs tail /aws/rds/proxy/{proxy} --region {region} --since 15m");
const SHOW_DATABASE: Command = Command::Shell(
    "aws rds describe-db-instances --region {region} --db-instance-identifier {target} \
     --query 'DBInstances[].[DBInstanceStatus,Endpoint.Port,VpcSecurityGroups,StatusInfos]'",
);
const SHOW_EVENTS: Command = Command::Shell(
    "aws rds describe-events --region {region} --source-type db-instance \
     --source-identifier {target} --duration 60",
);

static SCALING: Advice = Advice {
    engine: None,
    cause: "The proxy is still scaling to the database (PENDING_PROXY_CAPACITY), as it does for 10 \
            to 15 minutes after it was created or changed.",
    remedy: "Wait and try again, until the target is AVAILABLE. If it stays for longer, look for \
             events of the proxy: without free addresses in its subnets it cannot scale.",
    commands: &[
        SHOW_TARGETS,
        Command::Shell(
            "aws rds describe-events --region {region} --source-type db-proxy \
             --source-identifier {proxy} --duration 120",
        ),
    ],
};

static REGISTERING: Advice = Advice {
    engine: None,
    cause: "The database has just been registered with the proxy (REGISTERING), which does not \
            send connections to it yet.",
    remedy: "Wait some minutes and try again, until the target is AVAILABLE.",
    commands: &[SHOW_TARGETS],
};

static LOGIN_REFUSED: Advice = Advice {
    engine: None,
    cause: "The proxy cannot log in to the database (AUTH_FAILURE): a secret in its list has \
            another password than the database or cannot be read by the proxy's role, or, with \
            end-to-end IAM, that role is not allowed rds-db:connect.",
    remedy: "Look at the proxy's role, scheme and secrets, and at its log, which names the secret \
             that it could not use. The role needs secretsmanager:GetSecretValue on the secrets \
             and kms:Decrypt on their keys; with DefaultAuthScheme IAM_AUTH it needs \
             rds-db:connect on the database. A rotation that is under way shows as a version \
             AWSPENDING.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-proxies --region {region} --db-proxy-name {proxy} \
             --query 'DBProxies[].[RoleArn,DefaultAuthScheme,Auth]'",
        ),
        SHOW_LOG,
        Command::Shell(
            "aws secretsmanager describe-secret --region {region} --secret-id PROXY_SECRET_ARN \
             --query '[KmsKeyId,LastRotatedDate,VersionIdsToStages]'",
        ),
    ],
};

static NO_PATH: Advice = Advice {
    engine: None,
    cause: "The proxy has no network path to the database (UNREACHABLE): the database's security \
            group does not allow its port from the proxy's, or the proxy's own group does not \
            allow it out.",
    remedy: "Compare the two security groups. The database's must allow port {target_port} from \
             the proxy's; add that rule if it is missing.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-proxies --region {region} --db-proxy-name {proxy} \
             --query 'DBProxies[].[VpcSecurityGroupIds,VpcSubnetIds]'",
        ),
        SHOW_DATABASE,
        Command::Shell(
            "aws ec2 describe-security-groups --region {region} \
             --group-ids DATABASE_SECURITY_GROUP PROXY_SECURITY_GROUP",
        ),
        Command::Shell(
            "aws ec2 authorize-security-group-ingress --region {region} \
             --group-id DATABASE_SECURITY_GROUP --protocol tcp --port {target_port} \
             --source-group PROXY_SECURITY_GROUP",
        ),
    ],
};

static CONNECTION_REFUSED: Advice = Advice {
    engine: None,
    cause: "The proxy reaches the database, which does not accept its connections \
            (CONNECTION_FAILED): it restarts, fails over or is stopped, or max_connections is \
            reached.",
    remedy: "Look at the database's status and its latest events. If it is available, compare its \
             connections with its max_connections, and close clients that bypass the proxy.",
    commands: &[
        SHOW_DATABASE,
        SHOW_EVENTS,
        Command::Sql("SELECT count(*), current_setting('max_connections') FROM pg_stat_activity;"),
    ],
};

static NOT_REPLICATING: Advice = Advice {
    engine: None,
    cause: "The database is a reader that does not replicate as it must \
            (INVALID_REPLICATION_STATE), so the proxy does not use it.",
    remedy: "Look at the replica's status: a replication error is in its status information. \
             Correct it, or replace the replica. Until then use the read/write endpoint.",
    commands: &[SHOW_DATABASE, SHOW_EVENTS],
};

static PROMOTED: Advice = Advice {
    engine: None,
    cause: "The database was a replica and has been promoted to a separate database (PROMOTED), so \
            it no longer belongs to what the proxy serves.",
    remedy: "Find out which database the proxy should serve: see its targets and the promotion's \
             event. Only then register that one; a proxy has one instance or cluster, so the old \
             target has to be deregistered first, which closes the sessions.",
    commands: &[
        SHOW_TARGETS,
        SHOW_EVENTS,
        Command::Shell(
            "aws rds deregister-db-proxy-targets --region {region} --db-proxy-name {proxy} \
             --db-instance-identifiers {target}",
        ),
        Command::Shell(
            "aws rds register-db-proxy-targets --region {region} --db-proxy-name {proxy} \
             --db-instance-identifiers INSTANCE_ID",
        ),
    ],
};

static NO_REASON: Advice = Advice {
    engine: None,
    cause: "The proxy cannot use the database, and the control plane gives no reason that is \
            known here: a fault inside AWS, or a security group between the two.",
    remedy: "Look at the target and at the proxy's log. Check that the database's security group \
             allows port {target_port} from the proxy's. If it stays and both are right, ask AWS \
             Support.",
    commands: &[SHOW_TARGETS, SHOW_LOG, SHOW_DATABASE],
};

static UNUSED: Advice = Advice {
    engine: None,
    cause: "The proxy does not use the database (UNUSED).",
    remedy: "See the proxy's targets. A read/write endpoint needs the cluster's writer among them; \
             for readers use a read-only endpoint.",
    commands: &[SHOW_TARGETS],
};

static NO_TARGETS: Advice = Advice {
    engine: None,
    cause: "No database is registered with the proxy.",
    remedy: "Register the cluster or the instance that the proxy should serve. A stack does it \
             with AWS::RDS::DBProxyTargetGroup.",
    commands: &[
        SHOW_TARGETS,
        Command::Shell(
            "aws rds register-db-proxy-targets --region {region} --db-proxy-name {proxy} \
             --db-cluster-identifiers CLUSTER_ID",
        ),
    ],
};

/// All of them.
pub(super) const ADVICE: &[&Advice] = &[
    &SCALING,
    &REGISTERING,
    &LOGIN_REFUSED,
    &NO_PATH,
    &CONNECTION_REFUSED,
    &NOT_REPLICATING,
    &PROMOTED,
    &NO_REASON,
    &UNUSED,
    &NO_TARGETS,
];

/// What a target's health means for a failure.
enum Relevance {
    /// The proxy needs the database for what failed.
    Explains,
    /// What failed is between client and proxy; the health is only related.
    Beside,
}

/// Weighs the health of the targets that the endpoint leads to.
pub(super) fn weigh(draft: Draft, owner: &Proxy, said: &ControlPlane) -> Draft {
    let Some(listed) = &said.targets else { return draft };
    let code = draft.code();
    if listed.is_empty() {
        return place(draft, &NO_TARGETS, format!("Proxy \"{}\" has no targets.", owner.name));
    }
    let draft = if code == Code::NoReader { readers(draft, owner, listed) } else { draft };
    let unavailable: Vec<&Target> = said.unavailable_targets().collect();
    let Some(worst) = unavailable.first() else { return available(draft, said) };
    let lines: Vec<String> = unavailable.iter().map(|target| target.health_line()).collect();
    let draft = match worst.health() {
        Health::Registering | Health::Unavailable(Reason::PendingProxyCapacity) => {
            draft.transient(true)
        }
        Health::Unavailable(_) | Health::Unused | Health::Available | Health::Unknown => draft,
    };
    // The same cause, without a reason.
    let draft = draft.ruled_out(&limits::TARGET_DOWN);
    place(draft, advice_of(worst.health()), format!("{}.", lines.join("; ")))
}

fn advice_of(health: Health) -> &'static Advice {
    match health {
        Health::Registering => &REGISTERING,
        Health::Unused => &UNUSED,
        Health::Unavailable(Reason::PendingProxyCapacity) => &SCALING,
        Health::Unavailable(Reason::AuthFailure) => &LOGIN_REFUSED,
        Health::Unavailable(Reason::Unreachable) => &NO_PATH,
        Health::Unavailable(Reason::ConnectionFailed) => &CONNECTION_REFUSED,
        Health::Unavailable(Reason::InvalidReplicationState) => &NOT_REPLICATING,
        Health::Unavailable(Reason::Promoted) => &PROMOTED,
        Health::Unavailable(Reason::NotGiven) | Health::Available | Health::Unknown => &NO_REASON,
    }
}

fn place(draft: Draft, advice: &'static Advice, evidence: String) -> Draft {
    match relevance(draft.code()) {
        Relevance::Explains => draft.decided(advice, evidence),
        Relevance::Beside => draft.observed(advice, evidence),
    }
}

/// A proxy verifies a token, a password and TLS itself, and has its own limits.
fn relevance(code: Code) -> Relevance {
    const NEEDS_THE_DATABASE: [Code; 11] = [
        Code::ProxyHasNoCredentials,
        Code::BorrowTimeout,
        Code::NoReader,
        Code::ServerUnavailable,
        Code::AuthTimeout,
        Code::AuthConnectionLost,
        Code::AuthFailed,
        Code::QueryTimeout,
        Code::QueryFailed,
        Code::ConnectionLost,
        Code::TooManyConnections,
    ];
    if NEEDS_THE_DATABASE.contains(&code) { Relevance::Explains } else { Relevance::Beside }
}

/// Available targets exclude only what they cover: the proxy's path to the database.
fn available(draft: Draft, said: &ControlPlane) -> Draft {
    let mut relevant = said.relevant_targets().peekable();
    let is_known =
        relevant.peek().is_some() && relevant.all(|target| target.health() == Health::Available);
    if is_known {
        draft.refuted(&limits::TARGET_DOWN, "Every target of the proxy is AVAILABLE.")
    } else {
        draft
    }
}

fn readers(draft: Draft, owner: &Proxy, listed: &[Target]) -> Draft {
    if listed.iter().any(|target| target.role.as_deref() == Some("READ_ONLY")) {
        return draft;
    }
    let count = listed.len();
    let name = &owner.name;
    let role = if owner.is_read_only() { " Its endpoint DB_HOST is READ_ONLY." } else { "" };
    let fact = format!("None of the {count} target(s) of proxy \"{name}\" is READ_ONLY.{role}");
    draft.observed(&availability::NO_READER_TARGET, fact)
}
