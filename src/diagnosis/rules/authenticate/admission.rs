//! What a server can refuse once it knows who comes: the sentences, for the answers and for
//! TROUBLESHOOTING.md.
//!
//! The proxy's texts and what they mean:
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html>.

use crate::diagnosis::{Advice, Entry};

static NO_SUCH_DATABASE: Advice = Advice {
    cause: "The database is mistyped, or was never made on this server.",
    remedy: "psql -l lists them. Set DB_NAME, or on the server: CREATE DATABASE \"{database}\";",
    commands: &[],
};

pub(in crate::diagnosis) static DATABASE_NOT_FOUND: Entry = Entry {
    meaning: "The login is good; the database does not exist.",
    seen: &[
        "Request returned an error: database \"app\" does not exist",
        "database \"app\" does not exist",
    ],
    causes: &[&NO_SUCH_DATABASE],
    transient: false,
};

static CLIENTS_LEAK: Advice = Advice {
    cause: "Clients open sessions and do not close them, or more of them run at once than the \
            limit lets.",
    remedy: "Look at the proxy's metrics ClientConnections and DatabaseConnections; on the \
             database: SELECT usename, application_name, count(*) FROM pg_stat_activity \
             GROUP BY 1, 2 ORDER BY 3 DESC; lower the function's reserved concurrency.",
    commands: &[],
};

pub(in crate::diagnosis) static TOO_MANY_CONNECTIONS: Entry = Entry {
    meaning: "A limit of simultaneous connections is reached: the proxy's, the database's, or the \
              user's.",
    seen: &[
        "The maximum number of client connections to the proxy exceeded",
        "sorry, too many clients already",
        "remaining connection slots are reserved",
        "too many connections for role \"app\"",
    ],
    causes: &[&CLIENTS_LEAK],
    transient: true,
};

static CONNECT_BURST: Advice = Advice {
    cause: "Clients open new connections faster than the proxy lets.",
    remedy: "Keep sessions instead of opening one per request, and spread retries at random.",
    commands: &[],
};

pub(in crate::diagnosis) static RATE_EXCEEDED: Entry = Entry {
    meaning: "The proxy's limit of new connections per second is reached.",
    seen: &["Rate of connection to proxy exceeded"],
    causes: &[&CONNECT_BURST],
    transient: true,
};

static POOL_EXHAUSTED: Advice = Advice {
    cause: "Every pooled connection is taken: by pinned sessions, by long transactions, or \
            because the pool or the database's max_connections is too small.",
    remedy: "Compare the proxy's metrics DatabaseConnectionsCurrentlyBorrowed, \
             DatabaseConnectionsCurrentlySessionPinned and MaxDatabaseConnectionsAllowed. A \
             longer ConnectionBorrowTimeout only hides it.",
    commands: &[],
};

pub(in crate::diagnosis) static TARGET_DOWN: Advice = Advice {
    cause: "The proxy cannot reach or log in to the database: failover, restart, a security group \
            between the two, or the secret's password.",
    remedy: "aws rds describe-db-proxy-targets --region {region} --db-proxy-name {proxy} \
             --query 'Targets[].[RdsResourceId,Role,TargetHealth]'",
    commands: &[],
};

pub(in crate::diagnosis) static BORROW_TIMEOUT: Entry = Entry {
    meaning: "The proxy had no connection to the database to lend in time. The way to the proxy \
              is good.",
    seen: &["Timed-out waiting to acquire database connection"],
    causes: &[&TARGET_DOWN, &POOL_EXHAUSTED],
    transient: true,
};

pub(in crate::diagnosis) static NO_READER_TARGET: Advice = Advice {
    cause: "The endpoint is read-only and the cluster has no reader, or the target is an RDS \
            instance, for which a proxy serves the writer alone.",
    remedy: "aws rds create-db-instance --region {region} --db-cluster-identifier CLUSTER \
             --db-instance-identifier NAME --db-instance-class CLASS --engine aurora-postgresql; \
             or use the read/write endpoint.",
    commands: &[],
};

pub(in crate::diagnosis) static NO_READER: Entry = Entry {
    meaning: "The read-only endpoint has no reader to lead to.",
    seen: &["Target group doesnt have any associated read-only instances"],
    causes: &[&NO_READER_TARGET],
    transient: false,
};

pub(in crate::diagnosis) static STARTING_OR_STOPPING: Advice = Advice {
    cause: "The database is starting, stopping, recovering or failing over, or its target group \
            has no writer, as in the secondary cluster of a global database.",
    remedy: "aws rds describe-events --region {region} --duration 60; then try again. In a \
             secondary Region use the primary Region's proxy.",
    commands: &[],
};

pub(in crate::diagnosis) static SERVER_UNAVAILABLE: Entry = Entry {
    meaning: "The database is there but does not take sessions now.",
    seen: &[
        "the database system is starting up",
        "the database system is shutting down",
        "terminating connection due to administrator command",
        "The target group doesn't have any associated read/write instances",
    ],
    causes: &[&STARTING_OR_STOPPING],
    transient: true,
};

pub(super) static NO_CONNECT_PRIVILEGE: Advice = Advice {
    cause: "The user may not connect to this database.",
    remedy: "On the database: GRANT CONNECT ON DATABASE \"{database}\" TO \"{user}\"; \
             ALTER ROLE \"{user}\" LOGIN;",
    commands: &[],
};

pub(super) static HOST_RULES: Advice = Advice {
    cause: "The server's pg_hba.conf has no rule that lets this user in from here.",
    remedy: "On a server of your own: add a hostssl rule to pg_hba.conf and SELECT \
             pg_reload_conf(). On RDS the rules follow from parameters such as rds.force_ssl.",
    commands: &[],
};

pub(in crate::diagnosis) static CONNECT_NOT_PERMITTED: Entry = Entry {
    meaning: "The login is good; this user may not connect to this database.",
    seen: &[
        "permission denied for database \"app\"",
        "no pg_hba.conf entry for host \"…\", user \"app\", database \"app\", SSL encryption",
    ],
    causes: &[&NO_CONNECT_PRIVILEGE, &HOST_RULES],
    transient: false,
};

pub(in crate::diagnosis) static SLOW_LOGIN: Advice = Advice {
    cause: "The proxy is slow to judge the login: it is scaling, overloaded, or waits for the \
            database.",
    remedy: "Look at the proxy's metrics ClientConnectionsSetupFailedAuth and \
             DatabaseConnectionsBorrowLatency; try again; raise PROBE_TIMEOUT_MS above the \
             proxy's ConnectionBorrowTimeout (120 s by default) to see its own answer.",
    commands: &[],
};

pub(in crate::diagnosis) static TIMEOUT: Entry = Entry {
    meaning: "TLS is up, but the login did not end inside the budget.",
    seen: &["canceling authentication due to timeout"],
    causes: &[&SLOW_LOGIN],
    transient: true,
};

static CLOSED_DURING_LOGIN: Advice = Advice {
    cause: "The proxy or a hop before it ended the connection: it restarts, is being modified, or \
            is out of resources.",
    remedy: "Try again; then look at the proxy's log, /aws/rds/proxy/{proxy}, with DebugLogging on: \
             aws rds modify-db-proxy --region {region} --db-proxy-name {proxy} --debug-logging",
    commands: &[],
};

pub(in crate::diagnosis) static CONNECTION_LOST: Entry = Entry {
    meaning: "The connection ended during the login, without an error message.",
    seen: &["server closed the connection unexpectedly", "Connection terminated unexpectedly"],
    causes: &[&CLOSED_DURING_LOGIN],
    transient: true,
};

static SEE_SERVER_LOG: Advice = Advice {
    cause: "The server's message says more than this function can read out of it.",
    remedy: "Look at server_message and sqlstate, and at the proxy's log, /aws/rds/proxy/{proxy}, \
             with DebugLogging on.",
    commands: &[],
};

pub(in crate::diagnosis) static FAILED: Entry = Entry {
    meaning: "The login failed in a way that no other code names; sqlstate and server_message \
              have the server's own words.",
    seen: &["Unknown error."],
    causes: &[&SEE_SERVER_LOG],
    transient: false,
};
