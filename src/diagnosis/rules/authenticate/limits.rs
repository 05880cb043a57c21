//! A limit that is reached: of connections, of new connections, of a proxy's database connections.

use crate::config::{Engine, Resource};
use crate::diagnosis::draft::Draft;
use crate::diagnosis::server::{Author, Reading};
use crate::diagnosis::{Advice, Command, Entry, Facts};

use super::mysql;

pub(in crate::diagnosis) static PROXY_FULL: Advice = Advice {
    engine: None,
    cause: "Too many clients are connected to the proxy at once: they open sessions and don't \
            close them, or more run at once than the limit allows.",
    remedy: "Look at the proxy's metrics ClientConnections and DatabaseConnections, and close idle \
             sessions or {lower the functions' reserved concurrency|run fewer clients at once}. \
             The limit grows with the database's size.",
    commands: &[Command::Shell(
        "aws cloudwatch list-metrics --region {region} --namespace AWS/RDS --metric-name \
         ClientConnections --dimensions Name=ProxyName,Value={proxy}",
    )],
};

const BY_CLIENT: Command = Command::Sql(
    "SELECT usename, application_name, state, count(*) FROM pg_stat_activity GROUP BY 1, 2, 3 \
     ORDER BY 4 DESC;",
);

/// Slots for the master user: <https://repost.aws/knowledge-center/rds-postgresql-error-connection-slots>
pub(in crate::diagnosis) static DATABASE_FULL: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The database has reached max_connections: clients open sessions and don't close them, \
            or more run at once than the limit allows.",
    remedy: "Try the master user: RDS may reserve connections for it. See who holds the others; if \
             that login is refused too, scale down some clients first. Then close idle sessions \
             or lower the clients' concurrency.",
    commands: &[BY_CLIENT, Command::Sql("SHOW max_connections;")],
};

pub(in crate::diagnosis) static NAME_FULL: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The user's or the database's own limit (CONNECTION LIMIT) is reached.",
    remedy: "Log in as another user or to another database, see who holds the connections and \
             which limits are set (-1 is none), and close idle sessions or raise the limit.",
    commands: &[
        BY_CLIENT,
        Command::Sql("SELECT rolname, rolconnlimit FROM pg_roles WHERE rolconnlimit <> -1;"),
        Command::Sql("SELECT datname, datconnlimit FROM pg_database WHERE datconnlimit <> -1;"),
    ],
};

pub(in crate::diagnosis) static POOLER_FULL: Advice = Advice {
    engine: None,
    cause: "A pooler answers, and all its connections are taken, by its own limit.",
    remedy: "Look at the pooler's statistics and limits (in PgBouncer SHOW POOLS, max_client_conn \
             and default_pool_size), and close idle sessions.",
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
        "Number simultaneous connections exceeded",
        "Too many connections",
        "User app already has more than 'max_user_connections' active connections",
    ],
    causes: &[
        &PROXY_FULL,
        &DATABASE_FULL,
        &NAME_FULL,
        &POOLER_FULL,
        &mysql::DATABASE_FULL,
        &mysql::USER_FULL,
    ],
    transient: true,
};

/// `too_many_connections`.
pub(super) fn too_many(draft: Draft, reading: &Reading<'_>, facts: &Facts<'_>) -> Draft {
    match (reading.author, facts.resource()) {
        (Author::Proxy, _) => draft.only(vec![&PROXY_FULL]),
        (Author::Pooler, _) => draft.only(vec![&POOLER_FULL]),
        (Author::Database, _) if reading.text.starts_with("too many connections for") => {
            draft.only(vec![&NAME_FULL])
        }
        (Author::Database, _) => draft.only(vec![&DATABASE_FULL]),
        (Author::Unknown, Resource::Proxy) => draft.only(vec![&PROXY_FULL, &DATABASE_FULL]),
        (Author::Unknown, Resource::Cluster | Resource::Instance) => {
            draft.only(vec![&DATABASE_FULL, &NAME_FULL])
        }
        (Author::Unknown, Resource::Unknown) => draft,
    }
}

static CONNECT_BURST: Advice = Advice {
    engine: None,
    cause: "Clients open new connections faster than the proxy allows.",
    remedy: "Keep sessions open instead of opening one per request, and spread retries at random.",
    commands: &[],
};

pub(in crate::diagnosis) static RATE_EXCEEDED: Entry = Entry {
    meaning: "The proxy's limit of new connections per second is reached.",
    seen: &["Rate of connection to proxy exceeded", "Connections rate limit exceeded"],
    causes: &[&CONNECT_BURST],
    transient: true,
};

pub(in crate::diagnosis) static POOL_EXHAUSTED: Advice = Advice {
    engine: None,
    cause: "Every pooled connection is taken: by pinned sessions, by long transactions, or because \
            the pool or the database's max_connections is too small.",
    remedy: "Compare the proxy's metrics DatabaseConnectionsCurrentlyBorrowed, \
             DatabaseConnectionsCurrentlySessionPinned and MaxDatabaseConnectionsAllowed. Shorten \
             transactions and avoid what pins. A longer ConnectionBorrowTimeout only hides it.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-proxy-target-groups --region {region} --db-proxy-name {proxy} \
             --query 'TargetGroups[].ConnectionPoolConfig'",
        ),
        Command::Shell(
            "aws cloudwatch list-metrics --region {region} --namespace AWS/RDS --metric-name \
             DatabaseConnectionsCurrentlySessionPinned --dimensions Name=ProxyName,Value={proxy}",
        ),
    ],
};

pub(in crate::diagnosis) static TARGET_DOWN: Advice = Advice {
    engine: None,
    cause: "The proxy can't reach or log in to the database: a failover, a restart, a security \
            group between the two, or the secret's password.",
    remedy: "Look at the health of the proxy's targets: its Reason and Description say which it \
             is.",
    commands: &[SHOW_TARGETS],
};

pub(in crate::diagnosis::rules) const SHOW_TARGETS: Command = Command::Shell(
    "aws rds describe-db-proxy-targets --region {region} --db-proxy-name {proxy} --query \
     'Targets[].[RdsResourceId,Role,TargetHealth]'",
);

pub(in crate::diagnosis) static BORROW_TIMEOUT: Entry = Entry {
    meaning: "The proxy couldn't get a database connection in time. The network path to the proxy \
              works.",
    seen: &["Timed-out waiting to acquire database connection"],
    causes: &[&TARGET_DOWN, &POOL_EXHAUSTED, &POOLER_FULL],
    transient: true,
};

/// `borrow_timeout`: RDS Proxy's text, or a pooler's of the same meaning. A database has none.
pub(super) fn not_lent(draft: Draft, reading: &Reading<'_>) -> Draft {
    match reading.author {
        Author::Pooler => draft.only(vec![&POOLER_FULL]),
        Author::Proxy | Author::Database | Author::Unknown => draft.ruled_out(&POOLER_FULL),
    }
}
