//! What can be wrong at the login: the sentences, for the answers and for TROUBLESHOOTING.md.
//!
//! The proxy's texts and what they mean:
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html>.

use crate::diagnosis::{Advice, Entry};

static NO_PERMISSION: Advice = Advice {
    cause: "The principal that signed may not rds-db:connect as this user: no policy allows it, \
            or its resource names the proxy by name, or a cluster or instance, instead of its \
            prx- id, or it carries a global condition key, of which RDS Proxy supports none.",
    remedy: "Allow it, with the id from aws rds describe-db-proxies --region {region} --query \
             'DBProxies[].[Endpoint,DBProxyArn]' (its last part begins with prx-): \
             {\"Effect\": \"Allow\", \"Action\": \"rds-db:connect\", \"Resource\": \
             \"arn:{partition}:rds-db:{region}:ACCOUNT:dbuser:prx-ID/{user}\"}",
};

pub(super) static WRONG_PRINCIPAL: Advice = Advice {
    cause: "The keys belong to another principal than meant, or have been revoked or have ended.",
    remedy: "aws sts get-caller-identity with the same keys; then \
             aws iam simulate-principal-policy --policy-source-arn ROLE_ARN --action-names \
             rds-db:connect --resource-arns \
             arn:{partition}:rds-db:{region}:ACCOUNT:dbuser:prx-ID/{user}",
};

pub(super) static NOT_THE_ENDPOINTS_NAME: Advice = Advice {
    cause: "The token was signed for a name that is not the endpoint's own; an alias is refused.",
    remedy: "Set DB_HOST to the name that RDS prints: aws rds describe-db-proxies --region \
             {region} --query 'DBProxies[].Endpoint'; the alias may go into DB_CONNECT_TO.",
};

pub(super) static NOT_THE_ENDPOINTS_PORT: Advice = Advice {
    cause: "The token was signed for a port that is not the endpoint's own: RDS Proxy for \
            PostgreSQL has 5432 alone.",
    remedy: "Set DB_PORT to 5432, and, if the socket must go to another port, that one in \
             DB_CONNECT_TO.",
};

static CLOCK_SKEW: Advice = Advice {
    cause: "This machine's clock is wrong, so that the token has ended or not begun.",
    remedy: "date -u; compare with: curl -sI https://sts.{region}.amazonaws.com | grep -i ^date",
};

pub(in crate::diagnosis) static IAM_REJECTED: Entry = Entry {
    meaning: "The proxy refused the token. It has this one text for every reason.",
    seen: &[
        "The IAM authentication failed for the role app. Check the IAM token for this role and try again.",
        "IAM authentication failed for user app. Check the IAM token for this user and try again.",
    ],
    causes: &[
        &NO_PERMISSION,
        &NOT_THE_ENDPOINTS_NAME,
        &NOT_THE_ENDPOINTS_PORT,
        &WRONG_PRINCIPAL,
        &CLOCK_SKEW,
    ],
};

static LOGIN_BURST: Advice = Advice {
    cause: "Too many clients sign in by IAM at the same time; the rate is limited, and users \
            report that it cannot be raised.",
    remedy: "Keep sessions instead of opening one per request, and spread retries at random.",
};

pub(in crate::diagnosis) static IAM_THROTTLED: Entry = Entry {
    meaning: "The proxy refused the token unread: too many IAM logins compete.",
    seen: &["The IAM authentication failed because of too many competing requests."],
    causes: &[&LOGIN_BURST],
};

static NOT_REGISTERED: Advice = Advice {
    cause: "No secret in the proxy's list holds this user name; with the standard scheme that is \
            needed for IAM logins too.",
    remedy: "aws secretsmanager create-secret --region {region} --name NAME --secret-string \
             '{\"username\": \"{user}\", \"password\": \"…\"}'; aws rds modify-db-proxy --region \
             {region} --db-proxy-name PROXY --auth AuthScheme=SECRETS,SecretArn=ARN,IAMAuth=REQUIRED \
             (the list replaces the present one: name every secret).",
};

static SECRET_UNREADABLE: Advice = Advice {
    cause: "The secret is registered, but the proxy's role may not read or decrypt it, or it is \
            not JSON with a lower-case username and password.",
    remedy: "The proxy's role needs secretsmanager:GetSecretValue on the secret and kms:Decrypt \
             on its key. Keys of the secret: aws secretsmanager get-secret-value --secret-id ARN \
             --query SecretString --output text | jq keys",
};

pub(in crate::diagnosis) static NO_CREDENTIALS: Entry = Entry {
    meaning: "The proxy does not know this user: it has no usable secret for it.",
    seen: &[
        "This RDS proxy has no credentials for the role app. Check the credentials for this role and try again.",
    ],
    causes: &[&NOT_REGISTERED, &SECRET_UNREADABLE],
};

pub(super) static IAM_DISABLED: Advice = Advice {
    cause: "The user's entry at the proxy has IAM authentication disabled, so that the token was \
            taken for a password.",
    remedy: "aws rds modify-db-proxy --region {region} --db-proxy-name PROXY --auth \
             AuthScheme=SECRETS,SecretArn=ARN,IAMAuth=REQUIRED (the list replaces the present \
             one: name every secret).",
};

pub(super) static NOT_IN_RDS_IAM: Advice = Advice {
    cause: "The endpoint is the database itself, and the user does not exist there or is not in \
            rds_iam, so that the token was taken for a password.",
    remedy: "On the database: CREATE USER \"{user}\"; GRANT rds_iam TO \"{user}\"; and set \
             DB_HOST to the proxy's endpoint if it is the proxy that you mean to test.",
};

pub(in crate::diagnosis) static PASSWORD_REJECTED: Entry = Entry {
    meaning: "The server took what was sent for a password, and it is not the right one.",
    seen: &[
        "The password that was provided for the role app is wrong.",
        "password authentication failed for user \"app\"",
    ],
    causes: &[&IAM_DISABLED, &NOT_IN_RDS_IAM],
};

static CLEAR_TEXT_HOP: Advice = Advice {
    cause: "Something between the function and the server ends TLS and goes on in clear text: \
            the function itself always encrypts.",
    remedy: "Let {socket} lead straight to the endpoint, without a pooler or balancer in between.",
};

pub(in crate::diagnosis) static TLS_REQUIRED: Entry = Entry {
    meaning: "The server says that the connection is not encrypted, though the function's is.",
    seen: &[
        "This RDS Proxy requires TLS connections",
        "IAM authentication is allowed only with SSL connections.",
        "no pg_hba.conf entry for host \"…\", user \"app\", database \"app\", no encryption",
    ],
    causes: &[&CLEAR_TEXT_HOP],
};

pub(super) static DATABASE_REFUSED_TOKEN: Advice = Advice {
    cause: "The endpoint is the database itself, and the principal may not rds-db:connect to it: \
            its resource is named by cluster- or db- id, not by the proxy's prx- id.",
    remedy: "Allow arn:{partition}:rds-db:{region}:ACCOUNT:dbuser:cluster-ID/{user} (an Aurora \
             cluster's resource id; db-ID for an instance); or set DB_HOST to the proxy.",
};

static END_TO_END_REFUSED: Advice = Advice {
    cause: "The proxy signs in to the database by IAM end to end, and its own role may not, or \
            IAM authentication is off at the database.",
    remedy: "Give the proxy's role rds-db:connect on the cluster's or instance's dbuser resource; \
             aws rds modify-db-cluster --db-cluster-identifier ID \
             --enable-iam-database-authentication",
};

pub(in crate::diagnosis) static PAM_REJECTED: Entry = Entry {
    meaning: "The database itself refused an IAM token: its PAM module said no. The proxy's own \
              refusal reads differently.",
    seen: &["PAM authentication failed for user \"app\""],
    causes: &[&DATABASE_REFUSED_TOKEN, &END_TO_END_REFUSED],
};

pub(super) static ENTRY_WITHOUT_IAM: Advice = Advice {
    cause: "The user's entry at the proxy has IAM authentication disabled: it asks for a password.",
    remedy: "aws rds modify-db-proxy --region {region} --db-proxy-name PROXY --auth \
             AuthScheme=SECRETS,SecretArn=ARN,IAMAuth=REQUIRED (the list replaces the present \
             one: name every secret).",
};

pub(super) static DATABASE_WITHOUT_IAM: Advice = Advice {
    cause: "The endpoint is the database itself, and the user is not in rds_iam, so that a \
            password is asked for.",
    remedy: "On the database: GRANT rds_iam TO \"{user}\"; and set DB_HOST to the proxy's \
             endpoint if it is the proxy that you mean to test.",
};

pub(in crate::diagnosis) static METHOD_UNSUPPORTED: Entry = Entry {
    meaning: "Server and function do not agree on a way to sign in. A token is given only to a \
              server that asks for a password in clear inside TLS; to any other request nothing \
              derived from the token is sent.",
    seen: &[
        "RDS Proxy supports only IAM, MD5, or SCRAM authentication.",
        "RDS supports only IAM or MD5 authentication.",
    ],
    causes: &[&ENTRY_WITHOUT_IAM, &DATABASE_WITHOUT_IAM],
};

static REWRITTEN_STARTUP: Advice = Advice {
    cause: "Something between the function and the proxy adds startup parameters: the function \
            sends only user, database, application_name and client_encoding, which the proxy \
            takes.",
    remedy: "Let {socket} lead straight to the endpoint. For your own application: remove \
             options=… and other startup parameters from its connection string.",
};

pub(in crate::diagnosis) static PARAMETER_UNSUPPORTED: Entry = Entry {
    meaning: "The proxy does not take a parameter of the startup message.",
    seen: &[
        "Feature not supported: RDS Proxy currently doesn’t support command-line options.",
        "Feature not supported: RDS Proxy currently doesn’t support the option NAME.",
    ],
    causes: &[&REWRITTEN_STARTUP],
};

static NO_SUCH_DATABASE: Advice = Advice {
    cause: "The database is mistyped, or was never made on this server.",
    remedy: "psql -l lists them. Set DB_NAME, or on the server: CREATE DATABASE \"{database}\";",
};

pub(in crate::diagnosis) static DATABASE_NOT_FOUND: Entry = Entry {
    meaning: "The login is good; the database does not exist.",
    seen: &[
        "Request returned an error: database \"app\" does not exist",
        "database \"app\" does not exist",
    ],
    causes: &[&NO_SUCH_DATABASE],
};

static CLIENTS_LEAK: Advice = Advice {
    cause: "Clients open sessions and do not close them, or more of them run at once than the \
            limit lets.",
    remedy: "Look at the proxy's metrics ClientConnections and DatabaseConnections; on the \
             database: SELECT usename, application_name, count(*) FROM pg_stat_activity \
             GROUP BY 1, 2 ORDER BY 3 DESC; lower the function's reserved concurrency.",
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
};

static CONNECT_BURST: Advice = Advice {
    cause: "Clients open new connections faster than the proxy lets.",
    remedy: "Keep sessions instead of opening one per request, and spread retries at random.",
};

pub(in crate::diagnosis) static RATE_EXCEEDED: Entry = Entry {
    meaning: "The proxy's limit of new connections per second is reached.",
    seen: &["Rate of connection to proxy exceeded"],
    causes: &[&CONNECT_BURST],
};

static POOL_EXHAUSTED: Advice = Advice {
    cause: "Every pooled connection is taken: by pinned sessions, by long transactions, or \
            because the pool or the database's max_connections is too small.",
    remedy: "Compare the proxy's metrics DatabaseConnectionsCurrentlyBorrowed, \
             DatabaseConnectionsCurrentlySessionPinned and MaxDatabaseConnectionsAllowed. A \
             longer ConnectionBorrowTimeout only hides it.",
};

static TARGET_DOWN: Advice = Advice {
    cause: "The proxy cannot reach or log in to the database: failover, restart, a security group \
            between the two, or the secret's password.",
    remedy: "aws rds describe-db-proxy-targets --region {region} --db-proxy-name PROXY \
             --query 'Targets[].[RdsResourceId,Role,TargetHealth]'",
};

pub(in crate::diagnosis) static BORROW_TIMEOUT: Entry = Entry {
    meaning: "The proxy had no connection to the database to lend in time. The way to the proxy \
              is good.",
    seen: &["Timed-out waiting to acquire database connection"],
    causes: &[&TARGET_DOWN, &POOL_EXHAUSTED],
};

static NO_READER_TARGET: Advice = Advice {
    cause: "The endpoint is read-only and the cluster has no reader, or the target is an RDS \
            instance, for which a proxy serves the writer alone.",
    remedy: "aws rds create-db-instance --region {region} --db-cluster-identifier CLUSTER \
             --db-instance-identifier NAME --db-instance-class CLASS --engine aurora-postgresql; \
             or use the read/write endpoint.",
};

pub(in crate::diagnosis) static NO_READER: Entry = Entry {
    meaning: "The read-only endpoint has no reader to lead to.",
    seen: &["Target group doesnt have any associated read-only instances"],
    causes: &[&NO_READER_TARGET],
};

static STARTING_OR_STOPPING: Advice = Advice {
    cause: "The database is starting, stopping, recovering or failing over, or its target group \
            has no writer, as in the secondary cluster of a global database.",
    remedy: "aws rds describe-events --region {region} --duration 60; then try again. In a \
             secondary Region use the primary Region's proxy.",
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
};

pub(super) static NO_CONNECT_PRIVILEGE: Advice = Advice {
    cause: "The user may not connect to this database.",
    remedy: "On the database: GRANT CONNECT ON DATABASE \"{database}\" TO \"{user}\"; \
             ALTER ROLE \"{user}\" LOGIN;",
};

pub(super) static HOST_RULES: Advice = Advice {
    cause: "The server's pg_hba.conf has no rule that lets this user in from here.",
    remedy: "On a server of your own: add a hostssl rule to pg_hba.conf and SELECT \
             pg_reload_conf(). On RDS the rules follow from parameters such as rds.force_ssl.",
};

pub(in crate::diagnosis) static CONNECT_NOT_PERMITTED: Entry = Entry {
    meaning: "The login is good; this user may not connect to this database.",
    seen: &[
        "permission denied for database \"app\"",
        "no pg_hba.conf entry for host \"…\", user \"app\", database \"app\", SSL encryption",
    ],
    causes: &[&NO_CONNECT_PRIVILEGE, &HOST_RULES],
};

static SLOW_LOGIN: Advice = Advice {
    cause: "The proxy is slow to judge the login: it is scaling, overloaded, or waits for the \
            database.",
    remedy: "Look at the proxy's metrics ClientConnectionsSetupFailedAuth and \
             DatabaseConnectionsBorrowLatency; try again; raise PROBE_TIMEOUT_MS above the \
             proxy's ConnectionBorrowTimeout (120 s by default) to see its own answer.",
};

pub(in crate::diagnosis) static TIMEOUT: Entry = Entry {
    meaning: "TLS is up, but the login did not end inside the budget.",
    seen: &["canceling authentication due to timeout"],
    causes: &[&SLOW_LOGIN],
};

static CLOSED_DURING_LOGIN: Advice = Advice {
    cause: "The proxy or a hop before it ended the connection: it restarts, is being modified, or \
            is out of resources.",
    remedy: "Try again; then look at the proxy's log, /aws/rds/proxy/PROXY, with DebugLogging on: \
             aws rds modify-db-proxy --region {region} --db-proxy-name PROXY --debug-logging",
};

pub(in crate::diagnosis) static CONNECTION_LOST: Entry = Entry {
    meaning: "The connection ended during the login, without an error message.",
    seen: &["server closed the connection unexpectedly", "Connection terminated unexpectedly"],
    causes: &[&CLOSED_DURING_LOGIN],
};

static SEE_SERVER_LOG: Advice = Advice {
    cause: "The server's message says more than this function can read out of it.",
    remedy: "Look at server_message and sqlstate, and at the proxy's log, /aws/rds/proxy/PROXY, \
             with DebugLogging on.",
};

pub(in crate::diagnosis) static FAILED: Entry = Entry {
    meaning: "The login failed in a way that no other code names; sqlstate and server_message \
              have the server's own words.",
    seen: &["Unknown error."],
    causes: &[&SEE_SERVER_LOG],
};
