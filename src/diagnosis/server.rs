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

/// PostgreSQL's own texts, where its SQLSTATE says less or is often lost on the way
/// (<https://github.com/postgres/postgres/blob/master/src/backend/libpq/auth.c> and
/// `utils/init/postinit.c` beside it).
const POSTGRESQL: &[(&str, Code)] = &[
    ("PAM authentication failed", Code::PamRejected),
    ("password authentication failed for user", Code::PasswordRejected),
    ("empty password returned by client", Code::PasswordRejected),
    ("permission denied for database", Code::ConnectNotPermitted),
    ("too many connections for", Code::TooManyConnections),
    ("sorry, too many clients already", Code::TooManyConnections),
    ("the database system is", Code::ServerUnavailable),
    ("terminating connection due to idle", Code::ConnectionLost),
    ("terminating connection due to conflict with recovery", Code::ConnectionLost),
    ("terminating connection due to", Code::ServerUnavailable),
    ("canceling authentication due to timeout", Code::AuthTimeout),
    ("canceling statement due to statement timeout", Code::QueryTimeout),
    ("unsupported frontend protocol", Code::StartupParameterUnsupported),
];

/// Texts of poolers and other proxies that may stand in between; `tests/corpus/messages.json` has
/// the threads in which users posted them.
const POOLERS: &[(&str, Code)] = &[
    ("Cloud SQL IAM ", Code::IamRejected),
    ("Tenant or user not found", Code::ProxyHasNoCredentials),
    ("(ENOTFOUND) tenant/user", Code::ProxyHasNoCredentials),
    ("no such user", Code::ProxyHasNoCredentials),
    ("SASL authentication failed", Code::PasswordRejected),
    ("SSL required", Code::TlsRequired),
    ("SSL connection is required", Code::TlsRequired),
    ("connection is insecure", Code::TlsRequired),
    ("unsupported startup parameter", Code::StartupParameterUnsupported),
    ("Unsupported startup parameter", Code::StartupParameterUnsupported),
    ("no such database", Code::DatabaseNotFound),
    ("no more connections allowed", Code::TooManyConnections),
    ("Max client connections reached", Code::TooManyConnections),
    ("(EMAXCONNSESSION)", Code::TooManyConnections),
    ("MaxClientsInSessionMode", Code::TooManyConnections),
    ("query_wait_timeout", Code::BorrowTimeout),
    ("could not get connection from the pool", Code::BorrowTimeout),
    ("(ECHECKOUTTIMEOUT)", Code::BorrowTimeout),
    ("(ECHECKOUTRETRIES)", Code::BorrowTimeout),
    ("server login has been failing", Code::ServerUnavailable),
    ("pgbouncer cannot connect to server", Code::ServerUnavailable),
    ("Couldn't connect to compute node", Code::ServerUnavailable),
    ("Failed to connect to database:", Code::ServerUnavailable),
    ("Address not in tenant allow_list", Code::ConnectNotPermitted),
    ("client_login_timeout", Code::AuthTimeout),
    ("server conn crashed?", Code::ConnectionLost),
    ("(EDBHANDLEREXITED)", Code::ConnectionLost),
];

/// What stands somewhere inside a text, behind a name or another server's words.
const WITHIN: &[(&str, Code)] = &[
    ("remaining connection slots are reserved", Code::TooManyConnections),
    ("is not permitted to log in", Code::ConnectNotPermitted),
    ("does not have permission to access database", Code::ConnectNotPermitted),
    ("exceeded the compute time quota", Code::ServerUnavailable),
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
        .or_else(|| WITHIN.iter().find(|(part, _)| text.contains(part)).map(|(_, code)| *code))
        .or_else(|| known(POSTGRESQL))
        .or_else(|| known(POOLERS))
        .or_else(|| by_host_rules(text))
        .or_else(|| is_missing_database(text).then_some(Code::DatabaseNotFound))
        .or_else(|| by_sqlstate(error.sqlstate.as_ref()?, phase))
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
        // "unrecognized configuration parameter", from a startup message
        (SqlState::UNDEFINED_OBJECT, Code::StartupParameterUnsupported),
    ];
    const STATEMENT: &[(SqlState, Code)] = &[(SqlState::QUERY_CANCELED, Code::QueryTimeout)];
    let of_phase = match phase {
        Phase::Login => LOGIN,
        Phase::Statement => STATEMENT,
    };
    let mut all = ALWAYS.iter().chain(of_phase);
    all.find(|(known, _)| known == sqlstate).map(|(_, code)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const CORPUS: &str = include_str!("../../tests/corpus/messages.json");

    /// The code of every message that a user posted, beside the one that it must lead to.
    #[test]
    fn messages_that_users_posted_lead_to_their_codes() {
        let corpus: Value = serde_json::from_str(CORPUS).unwrap();
        let messages = corpus["messages"].as_array().unwrap();
        assert!(messages.len() >= 80, "{}", messages.len());
        let mut catch_alls = 0;
        let mut wrong = Vec::new();
        for message in messages {
            let sqlstate = message["sqlstate"].as_str().unwrap_or("XX000");
            let (phase, otherwise) = match message["phase"].as_str() {
                Some("login") => (Phase::Login, Code::AuthFailed),
                _ => (Phase::Statement, Code::QueryFailed),
            };
            let text = message["text"].as_str().unwrap();
            let error = ServerError {
                sqlstate: Some(SqlState::from_code(sqlstate)),
                message: text.to_owned(),
            };
            let found = code(&error, phase).unwrap_or(otherwise);
            catch_alls += usize::from(found == otherwise);
            if message["code"] != found.as_str() {
                wrong.push(format!("{text:?}: {} instead of {}", found.as_str(), message["code"]));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(catch_alls * 50 <= messages.len(), "{catch_alls} of {}", messages.len());
    }
}
