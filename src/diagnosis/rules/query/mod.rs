//! Rules for `query`: the health query fails. `degraded.rs` has the rules for an unexpected answer.

mod degraded;

use std::time::Duration;

use crate::clock::human_duration;
use crate::config::{Engine, Resource};
use crate::diagnosis::draft::Draft;
use crate::diagnosis::server::texts::UNKNOWN_ERROR;
use crate::diagnosis::server::{Phase, Reading, asks_to_retry};
use crate::diagnosis::{Advice, Code, Command, Entry, Facts};
use crate::health::QueryError;
use crate::session::{ServerError, WireError};

use super::authenticate::availability::{
    CLOSED_BY_HOP, CLUSTER_DISTURBED, INSTANCE_DISTURBED, SERVER_DISTURBED, SLOW_HOP,
    only_with_tunnel,
};
use super::authenticate::limits::SHOW_TARGETS;
use super::authenticate::of_server;
use super::authenticate::unknown::{
    INTERNAL_FAULT, NOT_THE_PROTOCOL, SEE_CLUSTER_LOG, SEE_INSTANCE_LOG, SEE_PROXY_LOG,
    SEE_SERVER_LOG, broken, see_log,
};

pub(in crate::diagnosis) use degraded::{
    AUTH_NOT_ASKED, CERTIFICATE_EXPIRING, ROLE_MISMATCH, rule_degradation, said_read_only,
};

pub(in crate::diagnosis) static BORROW_WAITS: Advice = Advice {
    engine: None,
    cause: "The proxy waits for a database connection, for up to its ConnectionBorrowTimeout (120 \
            s by default), which is longer than the budget.",
    remedy: "Look at the health of the proxy's targets. Raise PROBE_TIMEOUT_MS above the borrow \
             timeout to see the proxy's own answer.",
    commands: &[SHOW_TARGETS],
};

static SERVER_BUSY: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The database is overloaded or stalled.",
    remedy: "See what its sessions wait for, and look at its CPU, memory and storage metrics.",
    commands: &[Command::Sql(
        "SELECT state, wait_event_type, wait_event, count(*) FROM pg_stat_activity GROUP BY 1, 2, \
         3 ORDER BY 4 DESC;",
    )],
};

/// The question to MySQL, by hand.
const MYSQL_QUESTION: &[Command] = &[Command::MySql(
    "SELECT DATABASE(), CURRENT_USER(), VERSION(), @@innodb_read_only, @@read_only, \
     UTC_TIMESTAMP(6), CONNECTION_ID();",
)];

static MYSQL_BUSY: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: SERVER_BUSY.cause,
    remedy: SERVER_BUSY.remedy,
    commands: &[
        Command::MySql("SHOW FULL PROCESSLIST;"),
        Command::MySql("SHOW ENGINE INNODB STATUS;"),
    ],
};

static STATEMENT_TIMEOUT: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "A statement_timeout cut the query off: it is very short, or the database is slow.",
    remedy: "Look at the value that this user has in this database, and raise it or look for what \
             makes the database slow.",
    commands: &[
        Command::Sql("SHOW statement_timeout;"),
        Command::Sql(
            "SELECT d.datname, r.rolname, s.setconfig FROM pg_db_role_setting s LEFT JOIN \
             pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole;",
        ),
    ],
};

/// <https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html#sysvar_max_execution_time>,
/// <https://mariadb.com/docs/server/ha-and-performance/optimization-and-tuning/system-variables/server-system-variables#max_statement_time>
static MYSQL_STATEMENT_TIMEOUT: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "A limit on a statement's time cut the query off (max_execution_time, with MariaDB \
            max_statement_time): it is very short, or the database is slow.",
    remedy: "Look at the value, and raise it or look for what makes the database slow.",
    commands: &[Command::MySql(
        "SHOW VARIABLES WHERE Variable_name IN ('max_execution_time', 'max_statement_time');",
    )],
};

static MYSQL_CANCELED: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "Someone canceled the query (KILL QUERY), or a tool that ends long queries did.",
    remedy: CANCELED.remedy,
    commands: &[],
};

static CANCELED: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "Someone canceled the query: pg_cancel_backend, or a tool that ends long queries.",
    remedy: "Try again. If it stays, look for jobs that cancel queries.",
    commands: &[],
};

pub(in crate::diagnosis) static TIMEOUT: Entry = Entry {
    meaning: "The session is up, but the health query was not answered in time.",
    seen: &[
        "canceling statement due to statement timeout",
        "Query execution was interrupted, maximum statement execution time exceeded",
    ],
    causes: &[
        &BORROW_WAITS,
        &SERVER_BUSY,
        &MYSQL_BUSY,
        &CLUSTER_DISTURBED,
        &INSTANCE_DISTURBED,
        &STATEMENT_TIMEOUT,
        &MYSQL_STATEMENT_TIMEOUT,
        &CANCELED,
        &MYSQL_CANCELED,
        &SLOW_HOP,
    ],
    transient: true,
};

static RECOVERY_CONFLICT: Advice = Advice {
    engine: None,
    cause: "The query was canceled in favor of replication or of another transaction, as happens \
            on a reader.",
    remedy: "Try again.",
    commands: &[],
};

static FORBIDDEN: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The user isn't allowed to run the health query, though every user is by default.",
    remedy: "Run it by hand as this user, and grant what it lacks.",
    commands: &[Command::Sql("SELECT current_database(), pg_is_in_recovery(), clock_timestamp();")],
};

static MYSQL_FORBIDDEN: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: FORBIDDEN.cause,
    remedy: FORBIDDEN.remedy,
    commands: MYSQL_QUESTION,
};

static MYSQL_UNEXPECTED_ANSWER: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "What answers is not MySQL as {here} knows it.",
    remedy: UNEXPECTED_ANSWER.remedy,
    commands: MYSQL_QUESTION,
};

static UNEXPECTED_ANSWER: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "What answers is not PostgreSQL as {here} knows it.",
    remedy: "Check which server answers at {socket}, and run the query by hand.",
    commands: &[Command::Sql("SELECT current_database(), pg_is_in_recovery(), clock_timestamp();")],
};

/// Reported once of RDS Proxy, for 29 of 600 threads: <https://github.com/opengovsg/rdsproxy-test>.
static MIXED_ANSWERS: Advice = Advice {
    engine: None,
    cause: "A proxy or pooler in between mixed up sessions: this one got the answer to another \
            one's query. That was reported once of RDS Proxy, under load.",
    remedy: "Check whether your application got other sessions' rows at that time. Report it to \
             AWS Support with the endpoint, the time and the request ID.",
    commands: &[],
};

pub(in crate::diagnosis) static FAILED: Entry = Entry {
    meaning: "The health query failed in a way that no other code names, or its answer is not \
              this query's: it does not carry the nonce that was sent.",
    seen: &[
        "Unknown error.",
        "canceling statement due to conflict with recovery",
        "permission denied for function pg_is_in_recovery",
    ],
    causes: &[
        &SEE_PROXY_LOG,
        &SEE_CLUSTER_LOG,
        &SEE_INSTANCE_LOG,
        &SEE_SERVER_LOG,
        &INTERNAL_FAULT,
        &RECOVERY_CONFLICT,
        &FORBIDDEN,
        &MYSQL_FORBIDDEN,
        &MIXED_ANSWERS,
        &UNEXPECTED_ANSWER,
        &MYSQL_UNEXPECTED_ANSWER,
        &NOT_THE_PROTOCOL,
    ],
    transient: false,
};

static SESSION_ENDED: Advice = Advice {
    engine: None,
    cause: "The proxy or its database ended the session: a failover, a restart, an idle timeout, \
            or the proxy's limit of 24 hours.",
    remedy: "Try again. If it stays, look at the latest events.",
    commands: &[Command::Shell("aws rds describe-events --region {region} --duration 60")],
};

static SESSION_ENDED_BY_DATABASE: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The database ended the session, by a timeout for idle sessions, for a conflict with \
            recovery, or because an administrator did.",
    remedy: "Try again. If it stays, look at the timeouts that are set.",
    commands: &[Command::Sql(
        "SELECT name, setting FROM pg_settings WHERE name LIKE 'idle%timeout' OR name LIKE \
         'max_standby%delay';",
    )],
};

/// <https://dev.mysql.com/doc/refman/8.4/en/gone-away.html>
static MYSQL_SESSION_ENDED: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "The database ended the session: it was idle for longer than wait_timeout, or an \
            administrator ended it (KILL).",
    remedy: SESSION_ENDED_BY_DATABASE.remedy,
    commands: &[Command::MySql("SHOW VARIABLES LIKE '%wait_timeout';")],
};

pub(in crate::diagnosis) static CONNECTION_LOST: Entry = Entry {
    meaning: "The connection ended after the login, before the health query was answered.",
    seen: &[
        "server closed the connection unexpectedly",
        "connection closed",
        "terminating connection due to idle-session timeout",
        "terminating connection due to conflict with recovery",
        "The client was disconnected by the server because of inactivity.",
    ],
    causes: &[
        &SESSION_ENDED,
        &SESSION_ENDED_BY_DATABASE,
        &MYSQL_SESSION_ENDED,
        &CLUSTER_DISTURBED,
        &INSTANCE_DISTURBED,
        &SERVER_DISTURBED,
        &CLOSED_BY_HOP,
    ],
    transient: true,
};

pub(in crate::diagnosis) fn rule(error: &QueryError, facts: &Facts<'_>) -> Draft {
    match error {
        QueryError::Wire(WireError::Refused(server)) => of_server(Phase::Statement, server, facts),
        QueryError::Wire(WireError::Protocol(problem)) => {
            let summary = format!("The server broke the protocol: {problem}.");
            broken(Draft::new(Code::QueryFailed, summary), facts)
        }
        QueryError::Wire(WireError::Lost { error }) => {
            let how = super::how_it_ended(*error);
            let summary = format!("The connection {how} before the health query was answered.");
            lost(Draft::new(Code::ConnectionLost, summary), facts)
        }
        QueryError::OtherNonce => {
            let summary = "The answer does not belong to this probe's query: it carries another \
                           probe's nonce.";
            Draft::new(Code::QueryFailed, summary.to_owned()).only(vec![&MIXED_ANSWERS])
        }
        QueryError::Foreign { difference } => {
            let summary =
                format!("The answer does not belong to this probe's query: {difference}.");
            Draft::new(Code::QueryFailed, summary)
                .only(vec![&UNEXPECTED_ANSWER, &MYSQL_UNEXPECTED_ANSWER])
        }
    }
}

pub(in crate::diagnosis) fn timed_out(after: Duration, facts: &Facts<'_>) -> Draft {
    let summary = format!("The health query was not answered within {}.", human_duration(after));
    silent(Draft::new(Code::QueryTimeout, summary), facts)
}

/// The server did not answer.
fn silent(draft: Draft, facts: &Facts<'_>) -> Draft {
    let draft = draft.only(match facts.resource() {
        Resource::Proxy => vec![&BORROW_WAITS, &SERVER_BUSY, &MYSQL_BUSY, &SLOW_HOP],
        Resource::Cluster => vec![&SERVER_BUSY, &MYSQL_BUSY, &CLUSTER_DISTURBED, &SLOW_HOP],
        Resource::Instance => vec![&SERVER_BUSY, &MYSQL_BUSY, &INSTANCE_DISTURBED, &SLOW_HOP],
        Resource::Unknown => vec![&SERVER_BUSY, &MYSQL_BUSY, &SLOW_HOP, &BORROW_WAITS],
    });
    only_with_tunnel(draft, &SLOW_HOP, facts)
}

/// `query_timeout`, by the server's error.
pub(super) fn said_slow(draft: Draft, reading: &Reading<'_>) -> Draft {
    if reading.text.contains("statement timeout") {
        let fact = "The server names the statement timeout.";
        draft.only(vec![&SERVER_BUSY]).observed(&STATEMENT_TIMEOUT, fact)
    } else if ["maximum statement execution time", "max_statement_time"]
        .iter()
        .any(|limit| reading.text.contains(limit))
    {
        let fact = "The server names its limit on a statement's time.";
        draft.only(vec![&MYSQL_BUSY]).observed(&MYSQL_STATEMENT_TIMEOUT, fact)
    } else {
        draft.only(vec![&CANCELED, &MYSQL_CANCELED, &SERVER_BUSY, &MYSQL_BUSY])
    }
}

/// `connection_lost` without an error from the server.
fn lost(draft: Draft, facts: &Facts<'_>) -> Draft {
    let draft = draft.only(match facts.resource() {
        Resource::Proxy => vec![&SESSION_ENDED, &CLOSED_BY_HOP],
        Resource::Cluster => vec![&CLUSTER_DISTURBED, &CLOSED_BY_HOP],
        Resource::Instance => vec![&INSTANCE_DISTURBED, &CLOSED_BY_HOP],
        Resource::Unknown => vec![&SERVER_DISTURBED, &CLOSED_BY_HOP],
    });
    only_with_tunnel(draft, &CLOSED_BY_HOP, facts)
}

/// `connection_lost`, by the server's error.
pub(super) fn said_lost(draft: Draft) -> Draft {
    draft.only(vec![&SESSION_ENDED_BY_DATABASE, &MYSQL_SESSION_ENDED])
}

/// `query_failed`, by the server's error.
pub(super) fn failed(
    draft: Draft,
    reading: &Reading<'_>,
    server: &ServerError,
    facts: &Facts<'_>,
) -> Draft {
    let draft = draft.only(vec![see_log(facts.resource())]);
    if reading.text.starts_with(UNKNOWN_ERROR) {
        draft.observed(&INTERNAL_FAULT, "The server names no reason.")
    } else if asks_to_retry(server, reading.text) {
        draft.observed(&RECOVERY_CONFLICT, "The SQLSTATE asks to try again.")
    } else if reading.text.starts_with("permission denied") {
        draft.observed(&FORBIDDEN, "The server says that permission is denied.")
    } else if let Some(1142 | 1143 | 1227 | 1370) = server.code.number() {
        draft.observed(&MYSQL_FORBIDDEN, "The server says that permission is denied.")
    } else {
        draft
    }
}
