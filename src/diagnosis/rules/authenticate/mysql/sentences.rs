//! What is said of a login at MySQL, and of what MySQL refuses after it.

use crate::config::Engine;
use crate::diagnosis::{Advice, Command};

use super::super::method::SHOW_LIST;

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html>
pub(in crate::diagnosis) static UNKNOWN_TO_PROXY: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "The proxy has no usable secret for this user. It answers that with the same error as a \
            wrong password or token.",
    remedy: "Check that the proxy's list has an entry whose secret holds exactly this user name \
             (upper and lower case count). Read in the proxy's log whether it couldn't read a \
             secret.",
    commands: &[
        SHOW_LIST,
        Command::Shell("aws logs tail /aws/rds/proxy/{proxy} --region {region} --since 15m"),
    ],
};

const SHOW_ACCOUNTS: Command = Command::MySql(
    "SELECT user, host, plugin FROM mysql.user WHERE lower(user) = lower('{user}');",
);

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.DBAccounts.html>
pub(in crate::diagnosis) static USER_WITHOUT_IAM: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "DB_HOST points at a database, not a proxy, and the user isn't identified by IAM there \
            (AWSAuthenticationPlugin), so the database asks for a password.",
    remedy: "Set DB_HOST to the proxy's endpoint if you mean to test a proxy. Otherwise see which \
             plugin the user has, logged in as an administrator, and change it; after that the \
             user can't log in by password.",
    commands: &[
        SHOW_ACCOUNTS,
        Command::MySql("ALTER USER '{user}'@'%' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS';"),
        Command::MySql("ALTER USER '{user}'@'%' REQUIRE SSL;"),
    ],
};

pub(in crate::diagnosis) static USER_WITH_IAM: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "The user is identified by IAM at the database (AWSAuthenticationPlugin), and \
            {here} sent the secret's password.",
    remedy: "See which plugin the user has, logged in as an administrator. Then test with tokens \
             (DB_AUTH=iam and DB_USER={user}), or as a user with a password.",
    commands: &[SHOW_ACCOUNTS],
};

pub(in crate::diagnosis) static NO_SUCH_ACCOUNT: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "There is no such user, or not from the address that the connection comes from: MySQL \
            answers that with the same error as a wrong password. Upper and lower case count.",
    remedy: "List the users whose names differ only in case, with the hosts that they may log in \
             from (% is any). Correct DB_USER or the secret's username, or create the user.",
    commands: &[SHOW_ACCOUNTS],
};

pub(in crate::diagnosis) static OTHER_PLUGIN: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "The user has an authentication plugin that the server or {here} lacks, such as \
            auth_ed25519, or mysql_native_password on MySQL 8.4, where it is off. {here} has \
            mysql_clear_password, caching_sha2_password and mysql_native_password.",
    remedy: "See which plugin the user has, logged in as an administrator. Give it \
             caching_sha2_password, with MariaDB mysql_native_password, or for tokens \
             AWSAuthenticationPlugin.",
    commands: &[SHOW_ACCOUNTS],
};

const SHOW_ROTATION: Command = Command::Shell(
    "aws secretsmanager describe-secret --region {secret_region} --secret-id {secret} --query \
     '[RotationEnabled,LastRotatedDate,VersionIdsToStages]'",
);

const SET_PASSWORD: Command = Command::MySql("ALTER USER '{user}'@'%' IDENTIFIED BY 'PASSWORD';");

pub(in crate::diagnosis) static SECRET_STALE: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "The secret and the database have different passwords: one of the two was changed \
            alone, or a rotation is under way.",
    remedy: "Look first whether a rotation is under way: a version with AWSPENDING beside \
             AWSCURRENT. If so, wait until it ends, or find out why it doesn't. Otherwise give the \
             user the secret's password, as an administrator.",
    commands: &[SHOW_ROTATION, SET_PASSWORD],
};

pub(in crate::diagnosis) static PROXYS_SECRET_STALE: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "The database rejected the proxy's own login: the secret in the proxy's list has \
            another password for this user than the database, or the user isn't there.",
    remedy: "Look at the health of the proxy's targets (AUTH_FAILURE), and whether the secret in \
             the proxy's list is being rotated. If not, give the user the secret's password, as an \
             administrator.",
    commands: &[SHOW_LIST, SHOW_ACCOUNTS, SET_PASSWORD],
};

/// <https://dev.mysql.com/doc/refman/8.4/en/expired-password-handling.html>
pub(in crate::diagnosis) static PASSWORD_EXPIRED: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "The user's password is right and has expired.",
    remedy: "Give the user another password, as an administrator, and write it into the secret.",
    commands: &[SET_PASSWORD],
};

pub(in crate::diagnosis) static REWRITTEN_LOGIN: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "Something between {here} and the server changes the login's character set: \
            {here} logs in with utf8mb4, which RDS Proxy accepts.",
    remedy: "Let DB_CONNECT_TO (or DB_HOST) lead straight to the endpoint.",
    commands: &[],
};

pub(in crate::diagnosis) static NO_SUCH_SCHEMA: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "The database's name is mistyped, or it was never created on this server. On RDS upper \
            and lower case count. The name that the console shows is an identifier, and no \
            database's name.",
    remedy: "List the server's databases, and set DB_NAME to one of them, or leave it out: \
             {here} then logs in without a database. If yours is missing, create it.",
    commands: &[Command::MySql("SHOW DATABASES;"), Command::MySql("CREATE DATABASE {database};")],
};

pub(in crate::diagnosis) static NO_PRIVILEGES: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "The user has no privilege on this database. Without one, a database that doesn't exist \
            is refused like this too.",
    remedy: "See what the user may do, and grant what it lacks, logged in as an administrator.",
    commands: &[
        Command::MySql("SHOW GRANTS FOR '{user}'@'%';"),
        Command::MySql("GRANT SELECT ON {database}.* TO '{user}'@'%';"),
    ],
};

pub(in crate::diagnosis) static HOST_NOT_ALLOWED: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "No user may log in from the address that the connection comes from: each user's \
            account names a host.",
    remedy: "See from which hosts the user may log in, logged in as an administrator, and create \
             it for {here}'s or the proxy's subnets ('{user}'@'10.0.%'), or for any \
             ('{user}'@'%').",
    commands: &[SHOW_ACCOUNTS],
};

/// <https://dev.mysql.com/doc/refman/8.4/en/host-cache.html>
pub(in crate::diagnosis) static HOST_BLOCKED: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "The server blocks the address after max_connect_errors connections in a row that broke \
            off before the login, as those of a health check by TCP do.",
    remedy: "Empty the server's list of hosts, logged in as an administrator from another address, \
             and find what connects without logging in. RDS may need a reboot if no login works.",
    commands: &[
        Command::MySql("TRUNCATE TABLE performance_schema.host_cache;"),
        Command::MySql("SHOW VARIABLES LIKE 'max_connect_errors';"),
    ],
};

pub(in crate::diagnosis) static ACCOUNT_LOCKED: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "The user's account is locked, by an administrator or after too many wrong passwords.",
    remedy: "Unlock it, logged in as an administrator, if you know why it was locked.",
    commands: &[Command::MySql("ALTER USER '{user}'@'%' ACCOUNT UNLOCK;")],
};

const BY_CLIENT: Command = Command::MySql(
    "SELECT user, host, command, count(*) FROM information_schema.processlist GROUP BY 1, 2, 3 \
     ORDER BY 4 DESC;",
);

pub(in crate::diagnosis) static DATABASE_FULL: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "The database has reached max_connections: clients open sessions and don't close them, \
            or more run at once than the limit allows.",
    remedy: "Log in as the master user, for which MySQL keeps one connection, and see who holds \
             the others. Then close idle sessions or lower the clients' concurrency.",
    commands: &[BY_CLIENT, Command::MySql("SHOW VARIABLES LIKE 'max_connections';")],
};

/// <https://dev.mysql.com/doc/refman/8.4/en/user-resources.html>
pub(in crate::diagnosis) static USER_FULL: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "The user's own limit is reached: of simultaneous connections (max_user_connections), \
            or of connections or queries in an hour.",
    remedy: "Log in as another user, see who holds the connections and which limits are set (0 is \
             none), and close idle sessions or raise the limit.",
    commands: &[
        BY_CLIENT,
        Command::MySql(
            "SELECT user, host, max_user_connections, max_connections, max_questions FROM \
             mysql.user WHERE user = '{user}';",
        ),
        Command::MySql("SHOW VARIABLES LIKE 'max_user_connections';"),
    ],
};
