//! MySQL's errors, RDS Proxy's for MySQL, and those of poolers: by their numbers and texts.
//!
//! Sources, unless a line names its own: for the proxy's
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html>; for the
//! numbers <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html> and, for
//! MariaDB's own, <https://mariadb.com/docs/server/reference/error-codes>.

use super::texts::{PROXY, TARGETS};
use super::{Author, Phase, Reading};
use crate::diagnosis::Code;

/// An error by its number and the beginning of its text.
type Known = (u16, &'static str, Code);

/// The proxy's own errors.
const PROXYS: &[Known] = &[
    (1040, "Connections rate limit exceeded", Code::ConnectionRateExceeded),
    (1040, "IAM authentication rate limit exceeded", Code::IamThrottled),
    (1040, "Number simultaneous connections exceeded", Code::TooManyConnections),
    (3159, "This RDS Proxy requires TLS", Code::TlsRequired),
    (9501, "", Code::BorrowTimeout),
];

/// Errors of poolers and of other providers' proxies: <https://proxysql.com/documentation/error-codes/>.
const POOLERS: &[Known] = &[
    (9001, "Max connect timeout reached", Code::BorrowTimeout),
    (1045, "ProxySQL Error: Access denied", Code::PasswordRejected),
];

/// The database's own errors.
const DATABASES: &[Known] = &[
    (1040, "", Code::TooManyConnections),
    (1203, "", Code::TooManyConnections),
    (1226, "", Code::TooManyConnections),
    (1129, "", Code::ConnectNotPermitted),
    (1130, "", Code::ConnectNotPermitted),
    (3118, "", Code::ConnectNotPermitted),
    (3955, "", Code::ConnectNotPermitted),
    (4151, "", Code::ConnectNotPermitted),
    (1820, "", Code::PasswordRejected),
    (1862, "", Code::PasswordRejected),
    (1251, "", Code::AuthMethodUnsupported),
    (1275, "", Code::AuthMethodUnsupported),
    (1524, "", Code::AuthMethodUnsupported),
    (3159, "", Code::TlsRequired),
    (1231, "Variable 'character_set", Code::StartupParameterUnsupported),
    (1231, "Variable ''character_set", Code::StartupParameterUnsupported),
    (1115, "", Code::StartupParameterUnsupported),
    (1037, "", Code::ServerUnavailable),
    (1041, "", Code::ServerUnavailable),
    (1053, "", Code::ServerUnavailable),
    (1077, "", Code::ServerUnavailable),
    (1079, "", Code::ServerUnavailable),
    (1135, "", Code::ServerUnavailable),
    (1927, "", Code::ServerUnavailable),
    (3032, "", Code::ServerUnavailable),
    (3168, "", Code::ServerUnavailable),
    (3169, "", Code::ServerUnavailable),
    (1152, "", Code::ConnectionLost),
    (1158, "", Code::ConnectionLost),
    (1160, "", Code::ConnectionLost),
    (1184, "", Code::ConnectionLost),
    (4031, "", Code::ConnectionLost),
    (1159, "", Code::AuthTimeout),
    (1161, "", Code::AuthTimeout),
    (1317, "", Code::QueryTimeout),
    // MySQL 5.7.4 to 5.7.7, and ProxySQL: https://github.com/sysown/proxysql/issues/750
    (1907, "Query execution was interrupted", Code::QueryTimeout),
    (1969, "", Code::QueryTimeout),
    (3024, "", Code::QueryTimeout),
];

/// Errors of a statement that only a writer runs.
const READERS: &[Known] = &[
    (1290, "The MySQL server is running with the --read-only", Code::RoleMismatch),
    (1290, "The MySQL server is running with the --super-read-only", Code::RoleMismatch),
    (1290, "The MariaDB server is running with the --read-only", Code::RoleMismatch),
    (1836, "", Code::RoleMismatch),
];

/// Errors that the proxy and the database both have.
const EITHERS: &[Known] = &[
    (1044, "", Code::ConnectNotPermitted),
    (1045, "", Code::PasswordRejected),
    (1049, "", Code::DatabaseNotFound),
    (1698, "", Code::PasswordRejected),
];

/// Reads an error with this number and text.
pub(super) fn read(number: u16, text: &str, phase: Phase) -> Reading<'_> {
    let of = |author, table: &[Known]| {
        let found =
            table.iter().find(|(known, start, _)| *known == number && text.starts_with(start));
        found.map(|(_, _, code)| (author, *code))
    };
    // What the proxy says with either engine, whatever its number is.
    let starting = || PROXY.iter().find(|(start, _)| text.starts_with(start));
    let within = || TARGETS.iter().find(|(part, _)| text.contains(part));
    let shared = || starting().or_else(within).map(|(_, code)| (Author::Proxy, *code));
    let found = of(Author::Proxy, PROXYS)
        .or_else(shared)
        .or_else(|| of(Author::Pooler, POOLERS))
        .or_else(|| of(Author::Database, DATABASES))
        .or_else(|| match phase {
            Phase::Login => None,
            Phase::Statement => of(Author::Database, READERS),
        })
        .or_else(|| of(Author::Unknown, EITHERS));
    let (author, code) =
        found.map_or((Author::Unknown, None), |(author, code)| (author, Some(code)));
    Reading { code, author, is_passed_on: false, text }
}
