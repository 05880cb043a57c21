//! What no other code covers: an internal error, a role that does not exist, a server that breaks the
//! protocol, and unrecognized errors.

use crate::config::{Engine, Resource};
use crate::diagnosis::draft::Draft;
use crate::diagnosis::placeholder::{Context, fill};
use crate::diagnosis::server::texts::{UNKNOWN_ERROR, USER_MISSING};
use crate::diagnosis::server::{Reading, is_missing_role};
use crate::diagnosis::{Advice, Command, Entry, Facts};

use super::method::REWRITTEN_STARTUP;
use super::noted_tunnel;
use super::password::upper_case_user;

pub(in crate::diagnosis) static INTERNAL_FAULT: Advice = Advice {
    engine: None,
    cause: "The server has an internal fault.",
    remedy: "Try again, as AWS says. If it stays, open a case with AWS Support, with the time and \
             the endpoint.",
    commands: &[],
};

pub(in crate::diagnosis) static NO_SUCH_ROLE: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "There is no such user on the server. CREATE USER makes a name lower case unless it is \
            quoted.",
    remedy: "List the users whose names differ only in case, and correct DB_USER or the secret's \
             username; if there is none, create the user.",
    commands: &[
        Command::Sql(
            "SELECT rolname, rolcanlogin FROM pg_roles WHERE lower(rolname) = lower('{user}');",
        ),
        Command::Sql("CREATE USER {user};"),
    ],
};

pub(in crate::diagnosis) static NOT_THE_PROTOCOL: Advice = Advice {
    engine: None,
    cause: "What answers does not keep to {engine}'s protocol: a pooler, a tunnel that leads \
            elsewhere, or another service.",
    remedy: "Check which server answers at {socket}, and let DB_CONNECT_TO (or DB_HOST) lead \
             straight to the endpoint.",
    commands: &[],
};

pub(in crate::diagnosis) static SEE_PROXY_LOG: Advice = Advice {
    engine: None,
    cause: "The probe doesn't recognize this error of the proxy's.",
    remedy: "Read server_message and sqlstate, and the proxy's log; DebugLogging makes it say \
             more, for 24 hours.",
    commands: &[
        Command::Shell("aws logs tail /aws/rds/proxy/{proxy} --region {region} --since 15m"),
        Command::Shell(
            "aws rds modify-db-proxy --region {region} --db-proxy-name {proxy} --debug-logging",
        ),
    ],
};

pub(super) const LIST_LOGS: Command = Command::Shell(
    "aws rds describe-db-log-files --region {region} --db-instance-identifier INSTANCE \
     --filename-contains {log_name}",
);

pub(super) const SHOW_LOG: Command = Command::Shell(
    "aws rds download-db-log-file-portion --region {region} --db-instance-identifier INSTANCE \
     --log-file-name LOG_FILE --output text",
);

pub(in crate::diagnosis) static SEE_CLUSTER_LOG: Advice = Advice {
    engine: None,
    cause: "The probe doesn't recognize this error of the cluster's.",
    remedy: "Read server_message and sqlstate, and the log of the cluster's instance that \
             answered.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-clusters --region {region} --db-cluster-identifier {identifier} \
             --query 'DBClusters[].DBClusterMembers'",
        ),
        LIST_LOGS,
        SHOW_LOG,
    ],
};

pub(in crate::diagnosis) static SEE_INSTANCE_LOG: Advice = Advice {
    engine: None,
    cause: "The probe doesn't recognize this error of the instance's.",
    remedy: "Read server_message and sqlstate, and the instance's log.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-log-files --region {region} --db-instance-identifier {identifier} \
             --filename-contains {log_name}",
        ),
        Command::Shell(
            "aws rds download-db-log-file-portion --region {region} --db-instance-identifier \
             {identifier} --log-file-name LOG_FILE --output text",
        ),
    ],
};

pub(in crate::diagnosis) static SEE_SERVER_LOG: Advice = Advice {
    engine: None,
    cause: "The probe doesn't recognize this error of the server's.",
    remedy: "Read server_message and sqlstate, and the log of the server that answers at {socket}.",
    commands: &[],
};

pub(in crate::diagnosis) static FAILED: Entry = Entry {
    meaning: "The login failed in a way that no other code names; sqlstate and server_message \
              have the server's own words.",
    seen: &["Unknown error.", "role \"app\" does not exist"],
    causes: &[
        &SEE_PROXY_LOG,
        &SEE_CLUSTER_LOG,
        &SEE_INSTANCE_LOG,
        &SEE_SERVER_LOG,
        &INTERNAL_FAULT,
        &NO_SUCH_ROLE,
        &REWRITTEN_STARTUP,
        &NOT_THE_PROTOCOL,
    ],
    transient: false,
};

/// Where to look for an unknown error.
pub(in crate::diagnosis::rules) fn see_log(resource: Resource) -> &'static Advice {
    match resource {
        Resource::Proxy => &SEE_PROXY_LOG,
        Resource::Cluster => &SEE_CLUSTER_LOG,
        Resource::Instance => &SEE_INSTANCE_LOG,
        Resource::Unknown => &SEE_SERVER_LOG,
    }
}

/// `auth_failed` of what the server said.
pub(super) fn said(draft: Draft, reading: &Reading<'_>, facts: &Facts<'_>) -> Draft {
    let see_log = see_log(facts.resource());
    if reading.text.starts_with(UNKNOWN_ERROR) {
        let fact = "The server names no reason.";
        draft.only(vec![see_log]).observed(&INTERNAL_FAULT, fact)
    } else if is_missing_role(reading.text) {
        let fact = "The server says that the role does not exist.";
        let fact = upper_case_user(facts).unwrap_or_else(|| fact.to_owned());
        draft.only(vec![&NO_SUCH_ROLE]).observed(&NO_SUCH_ROLE, fact)
    } else if reading.text.starts_with(USER_MISSING) {
        let fact = fill("{here} named the user.", Context::Prose, Some(facts)).text;
        draft.only(vec![&REWRITTEN_STARTUP]).observed(&REWRITTEN_STARTUP, fact)
    } else {
        draft.only(vec![see_log])
    }
}

/// `auth_failed` or `query_failed` of a server that broke the protocol.
pub(in crate::diagnosis::rules) fn broken(draft: Draft, facts: &Facts<'_>) -> Draft {
    noted_tunnel(draft.only(vec![&NOT_THE_PROTOCOL]), &NOT_THE_PROTOCOL, facts)
}
