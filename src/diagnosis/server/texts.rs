//! The texts that servers refuse with, and what each means: RDS Proxy's, PostgreSQL's, poolers'.
//!
//! Each is the beginning of a message, unless its table says otherwise. Sources, unless a line
//! names its own: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html>
//! for the proxy's; for PostgreSQL's
//! <https://github.com/postgres/postgres/blob/master/src/backend/libpq/auth.c> and
//! `utils/init/postinit.c` beside it; for poolers' the threads in `tests/corpus/messages.json`.

use crate::diagnosis::Code;

/// What the proxy puts before an error of the database itself.
pub(super) const PASSED_ON: &str = "Request returned an error: ";

/// The proxy's own texts.
pub(super) const PROXY: &[(&str, Code)] = &[
    ("The IAM authentication failed because of too many competing requests", Code::IamThrottled),
    ("The IAM authentication failed for the role", Code::IamRejected),
    ("IAM authentication failed for user", Code::IamRejected),
    ("This RDS proxy has no credentials for the role", Code::ProxyHasNoCredentials),
    ("This RDS Proxy has no credentials for the role", Code::ProxyHasNoCredentials),
    ("The password that was provided for the role", Code::PasswordRejected),
    (WANTS_TOKEN, Code::AuthMethodUnsupported),
    (WANTS_SCHEME, Code::AuthMethodUnsupported),
    ("RDS Proxy supports only IAM, MD5, or SCRAM authentication", Code::AuthMethodUnsupported),
    ("RDS supports only IAM, MD5, or SCRAM authentication", Code::AuthMethodUnsupported),
    ("RDS supports only IAM or MD5 authentication", Code::AuthMethodUnsupported),
    ("This RDS Proxy requires TLS connections", Code::TlsRequired),
    ("IAM authentication is allowed only with SSL connections", Code::TlsRequired),
    ("IAM is allowed only with SSL connections", Code::TlsRequired),
    (USER_MISSING, Code::AuthFailed),
    // The apostrophe of "doesn't" is typographic on the wire and plain in the guide.
    ("Feature not supported: RDS Proxy currently doesn", Code::StartupParameterUnsupported),
    ("Feature not supported: RDS Proxy supports only version", Code::StartupParameterUnsupported),
    ("Timed-out waiting to acquire database connection", Code::BorrowTimeout),
    ("The maximum number of client connections to the proxy exceeded", Code::TooManyConnections),
    ("Rate of connection to proxy exceeded", Code::ConnectionRateExceeded),
];

/// A password was sent where the proxy takes IAM alone.
pub(in crate::diagnosis) const WANTS_TOKEN: &str =
    "Enable IAM authentication for the client connection to the proxy";

/// IAM was tried where the proxy's scheme has none.
pub(in crate::diagnosis) const WANTS_SCHEME: &str =
    "Configure IAM authentication as the DefaultAuthScheme";

/// The startup message names no user; the function's always does.
pub(in crate::diagnosis) const USER_MISSING: &str =
    "A user name is missing from the connection startup packet";

/// The proxy's texts about a target group that lacks what the endpoint leads to. The wire and the
/// guides differ in their first words and in the apostrophe, so these stand anywhere in a text:
/// <https://github.com/mizzy/playground/blob/f595132e031708aead04b3a6787881ef18578b2c/cross-account-rds-pattern-a/README.md>,
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-gdb.html>.
pub(super) const TARGETS: &[(&str, Code)] = &[
    ("have any associated read-only instance", Code::NoReader),
    ("have any associated read-write instance", Code::ServerUnavailable),
    ("have any associated read/write instance", Code::ServerUnavailable),
];

/// PostgreSQL's own texts, where its SQLSTATE says less or is often lost on the way.
pub(super) const POSTGRESQL: &[(&str, Code)] = &[
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

/// What stands somewhere inside a text of PostgreSQL's, behind a name.
pub(super) const POSTGRESQL_WITHIN: &[(&str, Code)] = &[
    ("remaining connection slots are reserved", Code::TooManyConnections),
    ("is not permitted to log in", Code::ConnectNotPermitted),
    ("is not currently accepting connections", Code::ConnectNotPermitted),
];

/// What follows the statement's name in a text about one that only a writer runs:
/// <https://github.com/postgres/postgres/blob/master/src/backend/tcop/utility.c>.
pub(super) const READERS: [&str; 2] = [" in a read-only transaction", " during recovery"];

/// Texts of poolers and other proxies that may stand in between.
pub(super) const POOLERS: &[(&str, Code)] = &[
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

/// What stands somewhere inside a text of other providers' proxies.
pub(super) const POOLERS_WITHIN: &[(&str, Code)] = &[
    ("does not have permission to access database", Code::ConnectNotPermitted),
    (QUOTA, Code::ServerUnavailable),
];

/// A provider's quota, which does not pass soon.
pub(in crate::diagnosis) const QUOTA: &str = "exceeded the compute time quota";

/// The proxy's internal fault, which AWS says to try again.
pub(in crate::diagnosis) const UNKNOWN_ERROR: &str = "Unknown error";
