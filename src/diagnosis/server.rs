//! What a server's error means, by its text and then by its SQLSTATE.
//!
//! The text comes first: RDS Proxy puts different refusals under one SQLSTATE, and the SQLSTATEs
//! of some are not documented. Texts are matched from their beginning, without a final stop, since
//! reports from the wire come with and without one. Sources, unless a line says otherwise:
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html> for
//! the proxy's, <https://www.postgresql.org/docs/current/errcodes-appendix.html> for SQLSTATEs.

use tokio_postgres::error::SqlState;

use super::Code;
use crate::session::ServerError;

/// What the proxy puts before an error of the database itself.
const PASSED_ON: &str = "Request returned an error: ";

/// The proxy's own texts.
const PROXY: &[(&str, Code)] = &[
    ("The IAM authentication failed because of too many competing requests", Code::IamThrottled),
    ("The IAM authentication failed for the role", Code::IamRejected),
    ("IAM authentication failed for user", Code::IamRejected),
    ("This RDS proxy has no credentials for the role", Code::ProxyHasNoCredentials),
    ("This RDS Proxy has no credentials for the role", Code::ProxyHasNoCredentials),
    ("The password that was provided for the role", Code::PasswordRejected),
    ("RDS Proxy supports only IAM, MD5, or SCRAM authentication", Code::AuthMethodUnsupported),
    ("RDS supports only IAM or MD5 authentication", Code::AuthMethodUnsupported),
    ("This RDS Proxy requires TLS connections", Code::TlsRequired),
    ("IAM authentication is allowed only with SSL connections", Code::TlsRequired),
    ("IAM is allowed only with SSL connections", Code::TlsRequired),
    // The apostrophe of "doesn't" is typographic on the wire and plain in the guide.
    ("Feature not supported: RDS Proxy currently doesn", Code::StartupParameterUnsupported),
    ("Feature not supported: RDS Proxy supports only version", Code::StartupParameterUnsupported),
    ("Timed-out waiting to acquire database connection", Code::BorrowTimeout),
    ("The maximum number of client connections to the proxy exceeded", Code::TooManyConnections),
    ("Rate of connection to proxy exceeded", Code::ConnectionRateExceeded),
    // https://github.com/mizzy/playground/blob/f595132e031708aead04b3a6787881ef18578b2c/cross-account-rds-pattern-a/README.md
    ("Target group doesnt have any associated read-only instances", Code::NoReader),
    // https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-gdb.html
    ("The target group doesn't have any associated read/write instances", Code::ServerUnavailable),
    ("Target group doesnt have any associated read-write instances", Code::ServerUnavailable),
];

/// PostgreSQL's own texts, where its SQLSTATE says less
/// (<https://github.com/postgres/postgres/blob/master/src/backend/libpq/auth.c> and
/// `utils/init/postinit.c` beside it).
const POSTGRESQL: &[(&str, Code)] = &[
    ("PAM authentication failed for user", Code::PamRejected),
    ("password authentication failed for user", Code::PasswordRejected),
    ("permission denied for database", Code::ConnectNotPermitted),
    ("too many connections for", Code::TooManyConnections),
    ("sorry, too many clients already", Code::TooManyConnections),
    ("remaining connection slots are reserved", Code::TooManyConnections),
    ("the database system is", Code::ServerUnavailable),
    ("terminating connection due to", Code::ServerUnavailable),
];

/// When the error came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Before the session was ready.
    Login,
    /// In answer to a statement.
    Statement,
}

/// What the error means; `None` when neither text nor SQLSTATE decides.
pub(super) fn code(error: &ServerError, phase: Phase) -> Option<Code> {
    let text = error.message.strip_prefix(PASSED_ON).unwrap_or(&error.message);
    let known = |table: &[(&str, Code)]| {
        table.iter().find(|(start, _)| text.starts_with(start)).map(|(_, code)| *code)
    };
    known(PROXY)
        .or_else(|| known(POSTGRESQL))
        .or_else(|| by_host_rules(text))
        .or_else(|| is_missing_database(text).then_some(Code::DatabaseNotFound))
        .or_else(|| by_sqlstate(&error.sqlstate, phase))
}

/// `pg_hba.conf` texts begin with what they are about and end with whether TLS was on.
fn by_host_rules(text: &str) -> Option<Code> {
    if !text.contains("pg_hba.conf") {
        return None;
    }
    let in_clear = text.ends_with("no encryption") || text.ends_with("SSL off");
    Some(if in_clear { Code::TlsRequired } else { Code::ConnectNotPermitted })
}

fn is_missing_database(text: &str) -> bool {
    text.starts_with("database \"") && text.trim_end_matches('.').ends_with("\" does not exist")
}

fn by_sqlstate(sqlstate: &SqlState, phase: Phase) -> Option<Code> {
    // `28000` is in none of them: it stands for refusals of every kind.
    const ALWAYS: &[(SqlState, Code)] = &[
        (SqlState::INVALID_PASSWORD, Code::PasswordRejected),
        (SqlState::INVALID_CATALOG_NAME, Code::DatabaseNotFound),
        (SqlState::TOO_MANY_CONNECTIONS, Code::TooManyConnections),
        (SqlState::CANNOT_CONNECT_NOW, Code::ServerUnavailable),
        (SqlState::ADMIN_SHUTDOWN, Code::ServerUnavailable),
        (SqlState::CRASH_SHUTDOWN, Code::ServerUnavailable),
        (SqlState::DATABASE_DROPPED, Code::DatabaseNotFound),
    ];
    const LOGIN: &[(SqlState, Code)] = &[
        // "canceling authentication due to timeout"
        (SqlState::QUERY_CANCELED, Code::AuthTimeout),
        (SqlState::INSUFFICIENT_PRIVILEGE, Code::ConnectNotPermitted),
        // "database … is not currently accepting connections"
        (SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, Code::ConnectNotPermitted),
    ];
    const STATEMENT: &[(SqlState, Code)] = &[(SqlState::QUERY_CANCELED, Code::QueryTimeout)];
    let of_phase = match phase {
        Phase::Login => LOGIN,
        Phase::Statement => STATEMENT,
    };
    let mut all = ALWAYS.iter().chain(of_phase);
    all.find(|(known, _)| known == sqlstate).map(|(_, code)| *code)
}
