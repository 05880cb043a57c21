//! Rules for `query`: the health query, and an answer that is not as expected.

use std::time::Duration;

use super::super::draft::Draft;
use super::super::server::{Phase, code};
use super::super::{Advice, Code, Entry, Facts};
use super::authenticate::of_server;
use crate::clock::{rfc3339_seconds, spoken};
use crate::config::{EndpointKind, ExpectedRole};
use crate::health::{QueryError, Role};
use crate::probe::Degradation;
use crate::session::WireError;

pub(in crate::diagnosis) static BORROW_WAITS: Advice = Advice {
    cause: "The proxy waits for a connection to the database, for up to its \
            ConnectionBorrowTimeout (120 s by default), which is longer than the budget.",
    remedy: "aws rds describe-db-proxy-targets --region {region} --db-proxy-name {proxy}; raise \
             PROBE_TIMEOUT_MS above the borrow timeout to see the proxy's own answer.",
    commands: &[],
};

static SERVER_BUSY: Advice = Advice {
    cause: "The database is overloaded or stalled, or a statement_timeout cut the query off.",
    remedy: "On the database: SELECT state, wait_event_type, wait_event, count(*) FROM \
             pg_stat_activity GROUP BY 1, 2, 3 ORDER BY 4 DESC; look at its CPU and storage.",
    commands: &[],
};

pub(in super::super) static TIMEOUT: Entry = Entry {
    meaning: "The session is up, but the health query was not answered in time.",
    seen: &["canceling statement due to statement timeout"],
    causes: &[&BORROW_WAITS, &SERVER_BUSY],
    transient: true,
};

static UNEXPECTED_ANSWER: Advice = Advice {
    cause: "What answers is not PostgreSQL as the function knows it, or the server refused the \
            query for a reason of its own.",
    remedy: "Look at server_message and sqlstate; run the query by hand: psql -c 'SELECT \
             current_database(), pg_is_in_recovery()'.",
    commands: &[],
};

pub(in super::super) static FAILED: Entry = Entry {
    meaning: "The health query failed in a way that no other code names, or its answer is not \
              this query's: it does not carry the nonce that was sent.",
    seen: &["Unknown error."],
    causes: &[&UNEXPECTED_ANSWER],
    transient: false,
};

static SESSION_ENDED: Advice = Advice {
    cause: "The proxy or the database ended the session: a failover, a restart, an idle timeout \
            or the proxy's limit of a day.",
    remedy: "Try again. If it stays: aws rds describe-events --region {region} --duration 60",
    commands: &[],
};

pub(in super::super) static CONNECTION_LOST: Entry = Entry {
    meaning: "The connection ended after the login, before the health query was answered.",
    seen: &["server closed the connection unexpectedly", "connection closed"],
    causes: &[&SESSION_ENDED],
    transient: true,
};

static FAILED_OVER: Advice = Advice {
    cause: "Writer and reader changed places in a failover, and the connection is still to the \
            old one.",
    remedy: "aws rds describe-events --region {region} --duration 60; probe again with \
             {\"fresh\": true}.",
    commands: &[],
};

static OTHER_ENDPOINT: Advice = Advice {
    cause: "DB_HOST is the endpoint for the other role.",
    remedy: "aws rds describe-db-proxy-endpoints --region {region} --query \
             'DBProxyEndpoints[].[Endpoint,TargetRole]'; set DB_HOST or DB_EXPECT_ROLE.",
    commands: &[],
};

pub(in super::super) static ROLE_MISMATCH: Entry = Entry {
    meaning: "The database answers, but it is a writer where a reader was expected, or the other \
              way round.",
    seen: &["cannot execute INSERT in a read-only transaction"],
    causes: &[&OTHER_ENDPOINT, &FAILED_OVER],
    transient: false,
};

static RENEWAL_DUE: Advice = Advice {
    cause: "The certificate's renewal is due. AWS renews those of RDS Proxy by itself.",
    remedy: "On an endpoint of RDS: if fewer than 7 days are left, ask AWS Support. On anything \
             in between, renew it.",
    commands: &[],
};

static SERVER_TRUSTS_EVERYONE: Advice = Advice {
    cause: "The server lets clients in without a password: a pg_hba.conf rule with trust, or a \
            pooler or tunnel that logs in with an identity of its own.",
    remedy: "Check which server answers at {socket}. RDS and RDS Proxy always ask.",
    commands: &[],
};

pub(in super::super) static AUTH_NOT_ASKED: Entry = Entry {
    meaning: "The database answers, but the server never asked for the token, so this says nothing \
              about IAM authentication.",
    seen: &[],
    causes: &[&SERVER_TRUSTS_EVERYONE],
    transient: false,
};

pub(in super::super) static CERTIFICATE_EXPIRING: Entry = Entry {
    meaning: "The database answers; the server's certificate ends within 14 days.",
    seen: &[],
    causes: &[&RENEWAL_DUE],
    transient: false,
};

pub(in super::super) fn rule(error: &QueryError, facts: &Facts<'_>) -> Draft {
    match error {
        QueryError::Wire(WireError::Refused(server)) => {
            of_server(code(server, Phase::Statement).unwrap_or(Code::QueryFailed), server, facts)
        }
        QueryError::Wire(WireError::Protocol(problem)) => {
            let summary = format!("The server broke the protocol: {problem}.");
            Draft::new(Code::QueryFailed, summary)
        }
        QueryError::Wire(WireError::Lost { error }) => {
            let how = super::how_it_ended(*error);
            let summary = format!("The connection {how} before the health query was answered.");
            Draft::new(Code::ConnectionLost, summary)
        }
        QueryError::Foreign { difference } => {
            let summary = format!("The answer is not to this probe's question: {difference}.");
            Draft::new(Code::QueryFailed, summary)
        }
    }
}

pub(in super::super) fn timed_out(after: Duration) -> Draft {
    let summary = format!("The health query was not answered within {}.", spoken(after));
    Draft::new(Code::QueryTimeout, summary)
}

pub(in super::super) fn rule_degradation(degradation: &Degradation, facts: &Facts<'_>) -> Draft {
    match degradation {
        Degradation::NotAsked => Draft::new(
            Code::AuthNotAsked,
            "The server let the function in without asking for the token.",
        ),
        Degradation::RoleMismatch { expected, found } => {
            let wanted = match expected {
                ExpectedRole::Writer => "writer",
                ExpectedRole::Reader => "reader",
                ExpectedRole::Any => "server",
            };
            let found = match found {
                Role::Writer => "writer",
                Role::Reader => "reader",
            };
            let summary = format!("A {found} answered where a {wanted} was expected.");
            let draft = Draft::new(Code::RoleMismatch, summary);
            match facts.config.map(|config| config.endpoint.host.kind()) {
                Some(EndpointKind::ProxyEndpoint) => draft
                    .observed(&OTHER_ENDPOINT, "DB_HOST is a user-defined endpoint of the proxy."),
                Some(_) | None => draft,
            }
        }
        Degradation::CertificateExpiring { not_after, left } => {
            let (end, left) = (rfc3339_seconds(*not_after), spoken(*left));
            let summary = format!("The server's certificate ends at {end}, in {left}.");
            Draft::new(Code::CertificateExpiring, summary)
        }
    }
}
