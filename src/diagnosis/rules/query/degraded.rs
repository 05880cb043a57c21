//! A database that answers, but not as expected: another role, a certificate that expires soon, a
//! login without a question for the token.

use crate::clock::{human_duration, rfc3339_seconds};
use crate::config::{EndpointKind, Engine, ExpectedRole, Resource};
use crate::diagnosis::draft::Draft;
use crate::diagnosis::placeholder::Placeholder;
use crate::diagnosis::{Advice, Code, Command, Entry, Facts};
use crate::health::{Role, Route};
use crate::probe::Degradation;

static FAILED_OVER: Advice = Advice {
    engine: None,
    cause: "Writer and reader changed places in a failover, and the connection is still to the old \
            one.",
    remedy: "Probe again with {\"fresh\": true}, and look at the latest events.",
    commands: &[Command::Shell("aws rds describe-events --region {region} --duration 60")],
};

static OTHER_ENDPOINT: Advice = Advice {
    engine: None,
    cause: "DB_HOST is the proxy's endpoint for the other role.",
    remedy: "List the proxy's endpoints with their roles, and set DB_HOST to the one that you \
             need. If this is the one, set DB_EXPECT_ROLE.",
    commands: &[Command::Shell(
        "aws rds describe-db-proxy-endpoints --region {region} --query \
         'DBProxyEndpoints[].[Endpoint,TargetRole]'",
    )],
};

static OTHER_CLUSTER_ENDPOINT: Advice = Advice {
    engine: None,
    cause: "DB_HOST is the cluster's endpoint for the other role.",
    remedy: "List the cluster's endpoints, and set DB_HOST to the one that you need. If this is \
             the one, set DB_EXPECT_ROLE.",
    commands: SHOW_CLUSTERS_ENDPOINTS,
};

const SHOW_CLUSTERS_ENDPOINTS: &[Command] = &[Command::Shell(
    "aws rds describe-db-clusters --region {region} --query \
     'DBClusters[].[DBClusterIdentifier,Endpoint,ReaderEndpoint,DBClusterMembers]'",
)];

/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Endpoints.Reader.html>
static CLUSTER_WITHOUT_READER: Advice = Advice {
    engine: None,
    cause: "The cluster has no reader, and then its reader endpoint leads to the writer.",
    remedy: "See which members the cluster has. Set DB_EXPECT_ROLE=any, or add a reader, which is \
             billed as an instance.",
    commands: SHOW_CLUSTERS_ENDPOINTS,
};

static INSTANCES_ROLE: Advice = Advice {
    engine: None,
    cause: "An instance's endpoint leads to that instance whatever its role, and the role changes \
            with a failover or a promotion.",
    remedy: "Set DB_HOST to an endpoint that follows the role (a cluster's or a proxy's). If you \
             need this very instance, set DB_EXPECT_ROLE.",
    commands: &[Command::Shell(
        "aws rds describe-db-instances --region {region} --db-instance-identifier {identifier} \
         --query 'DBInstances[].[DBClusterIdentifier,ReadReplicaSourceDBInstanceIdentifier]'",
    )],
};

/// <https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-DEFAULT-TRANSACTION-READ-ONLY>
static READ_ONLY_TRANSACTION: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The server is a writer and the transaction is read-only: the application began it so, \
            or default_transaction_read_only is on for this user or database.",
    remedy: "See whether the server is a reader, and what new transactions are. If they are \
             read-only on a writer, check where that is set: ALTER ROLE, ALTER DATABASE or the \
             parameter group.",
    commands: &[
        Command::Sql(
            "SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only');",
        ),
        Command::Sql(
            "SELECT d.datname, r.rolname, s.setconfig FROM pg_db_role_setting s LEFT JOIN \
             pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole;",
        ),
    ],
};

/// <https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html#sysvar_read_only>
static READ_ONLY_SETTING: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "The server is a writer, and read_only is on in its parameter group.",
    remedy: "See which of the two is on. If innodb_read_only is off and the instance isn't a \
             replica, reset read_only in its parameter group.",
    commands: &[Command::MySql(
        "SHOW VARIABLES WHERE Variable_name IN ('innodb_read_only', 'read_only');",
    )],
};

pub(in crate::diagnosis) static ROLE_MISMATCH: Entry = Entry {
    meaning: "The database answers, but it is a writer where a reader was expected, or the other \
              way round; or it rejected a write, as a reader does.",
    seen: &[
        "cannot execute INSERT in a read-only transaction",
        "The MySQL server is running with the --read-only option so it cannot execute this statement",
    ],
    causes: &[
        &OTHER_ENDPOINT,
        &OTHER_CLUSTER_ENDPOINT,
        &CLUSTER_WITHOUT_READER,
        &INSTANCES_ROLE,
        &FAILED_OVER,
        &READ_ONLY_TRANSACTION,
        &READ_ONLY_SETTING,
    ],
    transient: false,
};

static RENEWAL_DUE: Advice = Advice {
    engine: None,
    cause: "The certificate's renewal is due. AWS renews those of RDS Proxy.",
    remedy: "Ask AWS Support if fewer than 7 days are left on an endpoint of RDS Proxy. On \
             anything in between, renew it there.",
    commands: &[],
};

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL-certificate-rotation.html>
static DATABASE_RENEWAL_DUE: Advice = Advice {
    engine: None,
    cause: "The certificate of the database instance is due for renewal. RDS renews it, for some \
            engine versions only with a restart in the maintenance window.",
    remedy: "See until when the instances' certificates are valid and what maintenance is pending.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-instances --region {region} --query \
             'DBInstances[].[DBInstanceIdentifier,CertificateDetails]'",
        ),
        Command::Shell("aws rds describe-pending-maintenance-actions --region {region}"),
    ],
};

pub(in crate::diagnosis) static CERTIFICATE_EXPIRING: Entry = Entry {
    meaning: "The database answers; the server's certificate expires within 14 days.",
    seen: &[],
    causes: &[&RENEWAL_DUE, &DATABASE_RENEWAL_DUE],
    transient: false,
};

static HOP_LOGS_IN: Advice = Advice {
    engine: None,
    cause: "A pooler, a tunnel or a sidecar answers, and logs in to the database with its own \
            identity.",
    remedy: "Check which server answers at {socket}, and let DB_CONNECT_TO (or DB_HOST) lead \
             straight to the endpoint. Until then the probe does not test IAM: a missing \
             rds-db:connect or expired credentials would go unnoticed.",
    commands: &[],
};

/// <https://www.postgresql.org/docs/current/auth-trust.html>
static SERVER_TRUSTS: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The server is one of your own, and a rule in its pg_hba.conf says trust: it \
            accepts clients without a password. RDS and RDS Proxy always ask for one.",
    remedy: "Check which server answers at {socket}. If it is the one that you mean, replace trust \
             in its rules. Until then the probe does not test IAM: a missing rds-db:connect or \
             expired credentials would go unnoticed.",
    commands: &[Command::Sql("SELECT * FROM pg_hba_file_rules WHERE auth_method = 'trust';")],
};

/// <https://dev.mysql.com/doc/refman/8.4/en/socket-pluggable-authentication.html>
static ACCOUNT_WITHOUT_PASSWORD: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "The server is one of your own, and the user's account has no password. RDS and RDS \
            Proxy always ask for one.",
    remedy: "Check which server answers at {socket}. If it is the one that you mean, give the \
             account a password. Until then the probe does not test IAM: a missing rds-db:connect \
             or expired credentials would go unnoticed.",
    commands: &[Command::MySql(
        "SELECT user, host, plugin, authentication_string = '' FROM mysql.user WHERE user = \
         '{user}';",
    )],
};

pub(in crate::diagnosis) static AUTH_NOT_ASKED: Entry = Entry {
    meaning: "The database answers, but the server never asked for the token. So the path works, \
              and whether IAM authentication works is not known.",
    seen: &[],
    causes: &[&HOP_LOGS_IN, &SERVER_TRUSTS, &ACCOUNT_WITHOUT_PASSWORD],
    transient: false,
};

const OTHER_ID: &str = "The connection ID in the server's greeting is not the database's, as with RDS Proxy or \
     another pooler.";
const SAME_ID: &str =
    "The connection ID in the server's greeting is the database's own, as without a proxy.";

pub(in crate::diagnosis) fn rule_degradation(
    degradation: &Degradation,
    facts: &Facts<'_>,
) -> Draft {
    match degradation {
        Degradation::NotAsked => not_asked(facts),
        Degradation::RoleMismatch { expected, found } => role_mismatch(*expected, *found, facts),
        Degradation::CertificateExpiring { not_after, left } => {
            let (end, left) = (rfc3339_seconds(*not_after), human_duration(*left));
            let summary = format!("The server's certificate expires at {end}, in {left}.");
            let draft = Draft::new(Code::CertificateExpiring, summary);
            match facts.resource() {
                Resource::Proxy => draft.only(vec![&RENEWAL_DUE]),
                Resource::Cluster | Resource::Instance => draft.only(vec![&DATABASE_RENEWAL_DUE]),
                Resource::Unknown => by_route(draft, facts, &RENEWAL_DUE, &DATABASE_RENEWAL_DUE),
            }
        }
    }
}

/// Connection IDs point to a cause that a proxy has, or to one that a database has itself.
fn by_route(
    draft: Draft,
    facts: &Facts<'_>,
    of_proxy: &'static Advice,
    of_database: &'static Advice,
) -> Draft {
    match facts.observed_route() {
        Some(Route::ThroughProxy) => draft.observed(of_proxy, OTHER_ID),
        Some(Route::Direct) => draft.observed(of_database, SAME_ID),
        None => draft,
    }
}

fn not_asked(facts: &Facts<'_>) -> Draft {
    let user = facts.say(Placeholder::User);
    let summary = format!("The server accepted the user {user} without asking for the IAM token.");
    let draft = Draft::new(Code::AuthNotAsked, summary);
    let draft = match facts.tls.and_then(|tls| tls.issuer.as_ref()) {
        Some(issuer) => {
            let fact = format!("The server's certificate is from \"{issuer}\".");
            draft.noted(&SERVER_TRUSTS, fact.as_str()).noted(&ACCOUNT_WITHOUT_PASSWORD, fact)
        }
        None => draft,
    };
    let socket = facts.is_elsewhere().then(|| facts.say(Placeholder::Socket));
    let mut of_hop: Vec<_> =
        socket.into_iter().map(|socket| format!("DB_CONNECT_TO is {socket}.")).collect();
    let draft = match facts.observed_route() {
        Some(Route::ThroughProxy) => {
            of_hop.push(OTHER_ID.to_owned());
            draft
        }
        Some(Route::Direct) => draft.observed(&ACCOUNT_WITHOUT_PASSWORD, SAME_ID),
        None => draft,
    };
    if of_hop.is_empty() { draft } else { draft.observed(&HOP_LOGS_IN, of_hop.join(" ")) }
}

fn role_mismatch(expected: ExpectedRole, found: Role, facts: &Facts<'_>) -> Draft {
    let wanted = match expected {
        ExpectedRole::Writer => "writer",
        ExpectedRole::Reader => "reader",
        ExpectedRole::Any => "server",
    };
    let summary = format!("A {} answered where a {wanted} was expected.", found.as_str());
    by_endpoint(Draft::new(Code::RoleMismatch, summary), found, facts)
}

/// `role_mismatch`, by the server's error: it rejected a write, as a reader does.
pub(in crate::diagnosis) fn said_read_only(draft: Draft, facts: &Facts<'_>) -> Draft {
    let draft = match facts.config {
        Some(_) => by_endpoint(draft, Role::Reader, facts),
        None => draft.ruled_out(&CLUSTER_WITHOUT_READER),
    };
    draft.also(&READ_ONLY_TRANSACTION).also(&READ_ONLY_SETTING)
}

/// What leads from such an endpoint to a server of this role.
fn by_endpoint(draft: Draft, found: Role, facts: &Facts<'_>) -> Draft {
    let host = facts.value(Placeholder::Host).unwrap_or_default();
    let is_readers_name = host.split('.').nth(1).is_some_and(|it| it.starts_with("cluster-ro-"));
    let named = |role: &str| format!("DB_HOST is \"{host}\", a name that leads to the {role}.");
    match (facts.kind(), found) {
        (EndpointKind::Proxy, Role::Writer) => draft
            .only(vec![&OTHER_ENDPOINT])
            .observed(&OTHER_ENDPOINT, "DB_HOST is the proxy's default endpoint."),
        (EndpointKind::ProxyEndpoint, Role::Writer | Role::Reader) => draft
            .only(vec![&OTHER_ENDPOINT, &FAILED_OVER])
            .observed(&OTHER_ENDPOINT, "DB_HOST is a user-defined endpoint of the proxy."),
        (EndpointKind::Cluster, Role::Writer) if is_readers_name => {
            draft.only(vec![&FAILED_OVER]).observed(&CLUSTER_WITHOUT_READER, named("readers"))
        }
        (EndpointKind::Cluster, Role::Reader) if is_readers_name => draft
            .only(vec![&OTHER_CLUSTER_ENDPOINT])
            .observed(&OTHER_CLUSTER_ENDPOINT, named("readers")),
        (EndpointKind::Cluster | EndpointKind::GlobalWriter, Role::Writer) => draft
            .only(vec![&OTHER_CLUSTER_ENDPOINT])
            .observed(&OTHER_CLUSTER_ENDPOINT, named("writer")),
        // A writer's name leads to a reader until a failover's DNS change arrives.
        (EndpointKind::Proxy, Role::Reader) => {
            draft.only(vec![&FAILED_OVER, &OTHER_ENDPOINT]).transient(true)
        }
        (EndpointKind::Cluster | EndpointKind::GlobalWriter, Role::Reader) => draft
            .only(vec![&OTHER_CLUSTER_ENDPOINT])
            .observed(&FAILED_OVER, named("writer"))
            .transient(true),
        (EndpointKind::ClusterCustom | EndpointKind::ShardGroup, Role::Writer | Role::Reader) => {
            draft.only(vec![&OTHER_CLUSTER_ENDPOINT, &FAILED_OVER])
        }
        (EndpointKind::Instance, Role::Writer | Role::Reader) => {
            draft.only(vec![&INSTANCES_ROLE]).observed(&INSTANCES_ROLE, "DB_HOST is an instance's.")
        }
        (EndpointKind::OtherRds | EndpointKind::Other, Role::Writer | Role::Reader) => {
            let draft = draft.only(vec![&OTHER_CLUSTER_ENDPOINT, &OTHER_ENDPOINT, &FAILED_OVER]);
            by_route(draft, facts, &OTHER_ENDPOINT, &OTHER_CLUSTER_ENDPOINT)
        }
    }
}
