//! The login succeeds, but the database does not exist, or this user is not allowed to connect to it.

use crate::config::{Config, DbName, DbUser, EndpointKind, Engine, Resource};
use crate::diagnosis::draft::Draft;
use crate::diagnosis::server::{Author, Reading, quoted_after};
use crate::diagnosis::{Advice, Command, Entry, Facts};

use super::super::database::PAUSED;
use super::driver::NO_DATABASE;
use super::unknown::{LIST_LOGS, SHOW_LOG};
use super::{mysql, noted_tunnel};

pub(in crate::diagnosis) static NO_SUCH_DATABASE: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The database's name is mistyped, or it was never created on this server.",
    remedy: "List the server's databases, logged in to the database \"postgres\", and set DB_NAME \
             to one of them. If yours is missing, create it (CREATE DATABASE).",
    commands: &[
        Command::Shell("psql -h {socket_name} -p {socket_port} -U {user} -d postgres -l"),
        Command::Sql("CREATE DATABASE {database};"),
    ],
};

pub(in crate::diagnosis) static UPPER_CASE_DATABASE: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The database exists in lower case: CREATE DATABASE makes a name lower case unless it \
            is quoted, and DB_NAME is case-sensitive.",
    remedy: "List the databases whose names differ only in case, logged in to the database \
             postgres, and set DB_NAME to the right one.",
    commands: &[Command::Sql(
        "SELECT datname FROM pg_database WHERE lower(datname) = lower('{database}');",
    )],
};

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_CreatePostgreSQLInstance.html>: the
/// initial database is `postgres` unless another name was given.
pub(in crate::diagnosis) static NAME_OF_THE_CONSOLE: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "DB_NAME is the name that the console shows, an identifier of RDS's, which is not a \
            database's name. RDS creates the database \"postgres\", and another one only if it was \
            asked for.",
    remedy: "Set DB_NAME to a database on this server: \"postgres\" is on every RDS server.",
    commands: NO_SUCH_DATABASE_LIST,
};

const NO_SUCH_DATABASE_LIST: &[Command] =
    &[Command::Shell("psql -h {socket_name} -p {socket_port} -U {user} -d postgres -l")];

/// RDS Proxy needs it: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html>.
pub(in crate::diagnosis) static POSTGRES_DROPPED: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The database \"postgres\" was dropped. RDS Proxy and many tools need it.",
    remedy: "Log in to \"template1\" as an administrator and create it again.",
    commands: &[
        Command::Shell("psql -h {socket_name} -p {socket_port} -U ADMIN -d template1"),
        Command::Sql("CREATE DATABASE postgres;"),
    ],
};

pub(in crate::diagnosis) static USERS_NAME_TAKEN: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The client named no database, and then the user's name counts as one. {here} \
            always sends DB_NAME, so a pooler or another hop has left it out or replaced it.",
    remedy: "Check which server answers at {socket}, and let DB_CONNECT_TO (or DB_HOST) lead \
             straight to the endpoint.",
    commands: &[],
};

/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/limitless-shard.html>
pub(in crate::diagnosis) static LIMITLESS_DATABASE: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "A shard group of Aurora PostgreSQL Limitless has one database, \
            \"postgres_limitless\".",
    remedy: "Set DB_NAME to \"postgres_limitless\".",
    commands: &[],
};

pub(in crate::diagnosis) static DATABASE_NOT_FOUND: Entry = Entry {
    meaning: "The login is good; the database does not exist.",
    seen: &[
        "Request returned an error: database \"app\" does not exist",
        "database \"app\" does not exist",
        "Unknown database 'app'",
    ],
    causes: &[
        &NO_SUCH_DATABASE,
        &UPPER_CASE_DATABASE,
        &NAME_OF_THE_CONSOLE,
        &POSTGRES_DROPPED,
        &USERS_NAME_TAKEN,
        &LIMITLESS_DATABASE,
        &NO_DATABASE,
        &mysql::NO_SUCH_SCHEMA,
    ],
    transient: false,
};

/// `database_not_found`.
pub(super) fn not_found(draft: Draft, reading: &Reading<'_>, facts: &Facts<'_>) -> Draft {
    let Some(config) = facts.config else {
        return draft.only(vec![&NO_SUCH_DATABASE, &UPPER_CASE_DATABASE, &NO_DATABASE]);
    };
    let draft = draft.only(vec![&NO_SUCH_DATABASE]);
    let wanted = config.database.as_ref().map(DbName::as_str).unwrap_or_default();
    match quoted_after(reading.text, "database") {
        Some(found) if found != wanted => {
            let fact = format!("The server looked for \"{found}\"; DB_NAME is \"{wanted}\".");
            return draft.observed(&USERS_NAME_TAKEN, fact);
        }
        Some(_) | None => {}
    }
    let kind = config.endpoint.host.kind();
    if wanted == "postgres" {
        draft.observed(&POSTGRES_DROPPED, "The server has no database \"postgres\".")
    } else if let Some(fact) = is_of_the_console(config) {
        draft.observed(&NAME_OF_THE_CONSOLE, fact)
    } else if kind == EndpointKind::ShardGroup {
        draft.observed(&LIMITLESS_DATABASE, "DB_HOST is a shard group's name.")
    } else if wanted.bytes().any(|byte| byte.is_ascii_uppercase()) {
        let fact = format!("DB_NAME, \"{wanted}\", has upper-case letters.");
        draft.observed(&UPPER_CASE_DATABASE, fact)
    } else {
        draft
    }
}

/// Evidence if `DB_NAME` is the first part of `DB_HOST`, which is what the console lists.
fn is_of_the_console(config: &Config) -> Option<String> {
    let what = match config.endpoint.host.kind() {
        EndpointKind::Proxy | EndpointKind::ProxyEndpoint => "the proxy's",
        EndpointKind::Cluster | EndpointKind::ClusterCustom => "the cluster's",
        EndpointKind::Instance => "the instance's",
        EndpointKind::GlobalWriter => "the global database's",
        EndpointKind::ShardGroup => "the shard group's",
        EndpointKind::OtherRds => "RDS's",
        EndpointKind::Other => return None,
    };
    let (database, host) = (config.database.as_ref()?.as_str(), config.endpoint.host.as_str());
    let identifier = host.split('.').next()?;
    database.eq_ignore_ascii_case(identifier).then(|| {
        format!("DB_NAME is \"{database}\", which is {what} name: DB_HOST begins with it.")
    })
}

pub(in crate::diagnosis) static NO_CONNECT_PRIVILEGE: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The user lacks the privilege CONNECT on this database.",
    remedy: "Grant it, logged in as the database's owner.",
    commands: &[Command::Sql("GRANT CONNECT ON DATABASE {database} TO {user};")],
};

pub(in crate::diagnosis) static NO_LOGIN: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The role is not a user: it has no LOGIN, as roles that stand for a group.",
    remedy: "Log in as a user that is a member of it, or let the role log in.",
    commands: &[Command::Sql("ALTER ROLE {user} LOGIN;")],
};

pub(in crate::diagnosis) static NOT_ACCEPTING: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The database is closed for connections, as \"template0\" is and as one may be while it \
            is restored.",
    remedy: "Set DB_NAME to another database, or open this one, logged in to another.",
    commands: &[Command::Sql("ALTER DATABASE {database} ALLOW_CONNECTIONS true;")],
};

/// The text: <https://github.com/phppgadmin/phppgadmin/issues/130>.
pub(in crate::diagnosis) static AWS_OWN: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The name is AWS's own: the database \"rdsadmin\" and the users \"rdsadmin\", \
            \"rdsrepladmin\" and \"rdsproxyadmin\" are for RDS alone.",
    remedy: "Set DB_NAME to a database of yours, or \"postgres\", and log in as a user of yours.",
    commands: &[],
};

pub(in crate::diagnosis) static RDS_RULES: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "RDS's own rules reject this user or database. RDS writes pg_hba.conf itself, from its \
            parameters, and it cannot be edited.",
    remedy: "Look into the database's log: the line below the refusal names the rule that matched. \
             Then use a database and a user of your own.",
    commands: &[LIST_LOGS, SHOW_LOG],
};

pub(in crate::diagnosis) static HOST_RULES: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The server is one of your own, and its pg_hba.conf has no rule for this user from this \
            address.",
    remedy: "Add a hostssl rule to that server's pg_hba.conf and reload it.",
    commands: &[Command::Sql("SHOW hba_file;"), Command::Sql("SELECT pg_reload_conf();")],
};

pub(in crate::diagnosis) static POOLERS_RULES: Advice = Advice {
    engine: None,
    cause: "A pooler or another provider's proxy answers, and its own rules, such as a list of \
            allowed addresses, refuse this client.",
    remedy: "Allow {here}'s address or user there, or let DB_CONNECT_TO (or DB_HOST) lead \
             straight to the endpoint.",
    commands: &[],
};

pub(in crate::diagnosis) static CONNECT_NOT_PERMITTED: Entry = Entry {
    meaning: "The server knows this user, or its rules, and does not let it connect to this \
              database.",
    seen: &[
        "permission denied for database \"app\"",
        "role \"app\" is not permitted to log in",
        "no pg_hba.conf entry for host \"…\", user \"app\", database \"app\", SSL encryption",
        "pg_hba.conf rejects connection for host \"…\", user \"app\", database \"rdsadmin\", SSL encryption",
        "Access denied for user 'app'@'%' to database 'app'",
        "Host '10.0.0.1' is not allowed to connect to this MySQL server",
        "Host '10.0.0.1' is blocked because of many connection errors; unblock with 'mysqladmin flush-hosts'",
        "Access denied for user 'app'@'%'. Account is locked.",
    ],
    causes: &[
        &NO_CONNECT_PRIVILEGE,
        &PAUSED,
        &AWS_OWN,
        &NO_LOGIN,
        &NOT_ACCEPTING,
        &RDS_RULES,
        &HOST_RULES,
        &POOLERS_RULES,
        &mysql::NO_PRIVILEGES,
        &mysql::HOST_NOT_ALLOWED,
        &mysql::HOST_BLOCKED,
        &mysql::ACCOUNT_LOCKED,
    ],
    transient: false,
};

/// The users that RDS and RDS Proxy keep for themselves.
const AWS_USERS: [&str; 3] = ["rdsadmin", "rdsrepladmin", "rdsproxyadmin"];

/// `connect_not_permitted`.
pub(super) fn not_permitted(draft: Draft, reading: &Reading<'_>, facts: &Facts<'_>) -> Draft {
    let text = reading.text;
    if let Some(fact) = aws_own(text, facts) {
        return draft.only(vec![&AWS_OWN]).observed(&AWS_OWN, fact);
    }
    match reading.author {
        Author::Pooler => return draft.only(vec![&POOLERS_RULES]),
        Author::Proxy | Author::Database | Author::Unknown => {}
    }
    if text.contains("pg_hba.conf") {
        of_host_rules(draft, text, facts)
    } else if text.contains("is not permitted to log in") {
        draft.only(vec![&NO_LOGIN])
    } else if text.contains("is not currently accepting connections") {
        draft.only(vec![&NOT_ACCEPTING])
    } else {
        draft.only(vec![&NO_CONNECT_PRIVILEGE])
    }
}

fn aws_own(text: &str, facts: &Facts<'_>) -> Option<String> {
    let database = facts.config.and_then(|config| config.database.as_ref()).map(DbName::as_str);
    let database = quoted_after(text, "database").or(database);
    let user = facts.user().map(DbUser::as_str);
    if database == Some("rdsadmin") {
        return Some("The database is \"rdsadmin\".".to_owned());
    }
    let user = user.filter(|user| AWS_USERS.contains(user))?;
    Some(format!("The user is \"{user}\"."))
}

/// On RDS an encrypted connection always has an entry, except while a cluster resumes.
fn of_host_rules(draft: Draft, text: &str, facts: &Facts<'_>) -> Draft {
    let has_no_entry = text.starts_with("no pg_hba.conf entry");
    let draft = match (facts.resource(), facts.kind()) {
        (Resource::Cluster | Resource::Instance, _) | (_, EndpointKind::OtherRds)
            if has_no_entry =>
        {
            let fact = "DB_HOST is a name of RDS's, and the server said that pg_hba.conf has no \
                        entry for this connection, which is encrypted.";
            draft.only(vec![&RDS_RULES]).observed(&PAUSED, fact).transient(true)
        }
        (Resource::Proxy | Resource::Cluster | Resource::Instance, _)
        | (Resource::Unknown, EndpointKind::OtherRds) => draft.only(vec![&RDS_RULES]),
        (Resource::Unknown, _) if has_no_entry => draft.only(vec![&HOST_RULES, &PAUSED]),
        (Resource::Unknown, _) => draft.only(vec![&HOST_RULES, &RDS_RULES]),
    };
    noted_tunnel(draft, &HOST_RULES, facts)
}
