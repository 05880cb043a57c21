//! Answers to MySQL's clients that only faults give.
//!
//! Owns what a proxy says under load or in a state that the emulator cannot be in, and what a
//! database says where no proxy is in between. Who sends which, and when, is `fault`.
//! Texts of the proxy:
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html>; of a
//! database: <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html>.

use super::{Refusal, error, fatal};

/// Too many new clients per second; the number is made up. That it comes in place of the greeting is
/// read from the guide's `HY000`, which clients print where there is no SQLSTATE.
pub(crate) fn rate_exceeded() -> Refusal {
    fatal(1040, "HY000", "Connections rate limit exceeded (500)")
}

/// Too many clients of the proxy; from the same source.
pub(crate) fn too_many_clients() -> Refusal {
    fatal(1040, "HY000", "Number simultaneous connections exceeded (1000)")
}

/// A burst of IAM logins. When it comes is unverified.
pub(crate) fn iam_throttled() -> Refusal {
    fatal(1040, "HY000", "IAM authentication rate limit exceeded")
}

/// The proxy's internal fault.
pub(crate) fn unknown_error() -> Refusal {
    fatal(1105, "HY000", "Unknown error")
}

/// MySQL's refusal of an unknown database; through a proxy unverified.
pub(crate) fn database_missing(database: &str) -> Refusal {
    fatal(1049, "42000", format!("Unknown database '{database}'"))
}

/// MySQL's refusal for want of privileges; through a proxy unverified.
pub(crate) fn connect_denied(user: &str, database: &str) -> Refusal {
    let message = format!("Access denied for user '{user}'@'%' to database '{database}'");
    fatal(1044, "42000", message)
}

/// MySQL's refusal of a character set: <https://github.com/awsdocs/amazon-rds-user-guide/blob/main/doc_source/rds-proxy.troubleshooting.md>
/// has it so, for a client that asks for one such as `ucs2`.
pub(crate) fn character_set_unsupported() -> Refusal {
    fatal(1231, "42000", "Variable ''character_set_client'' can't be set to the value of ucs2")
}

/// The database's refusal of the password in the proxy's secret, at a query of a client that is logged
/// in: that it comes then, and in these words, is unverified.
pub(crate) fn secret_rejected(user: &str) -> Refusal {
    Refusal { severity: "ERROR".into(), ..super::access_denied(user, true) }
}

/// MySQL's refusal of a password that has expired. Seen, of a database:
/// <https://github.com/dbcli/mycli/issues/440>; through a proxy unverified.
pub(crate) fn password_expired() -> Refusal {
    fatal(
        1862,
        "HY000",
        "Your password has expired. To log in you must change it using a client that supports \
         expired passwords.",
    )
}

/// A database that no account may reach from the client's host, in place of its greeting.
pub(crate) fn host_denied() -> Refusal {
    fatal(1130, "HY000", "Host '10.0.0.1' is not allowed to connect to this MySQL server")
}

/// MySQL at its `max_connections`, in place of its greeting.
pub(crate) fn database_full() -> Refusal {
    fatal(1040, "08004", "Too many connections")
}

/// A user at its limit.
pub(crate) fn user_is_full(user: &str) -> Refusal {
    let message =
        format!("User {user} already has more than 'max_user_connections' active connections");
    fatal(1203, "42000", message)
}

/// A database with `require_secure_transport`, to a client without TLS.
pub(crate) fn database_wants_tls() -> Refusal {
    fatal(
        3159,
        "HY000",
        "Connections using insecure transport are prohibited while --require_secure_transport=ON.",
    )
}

/// MySQL on its way down.
pub(crate) fn shutting_down() -> Refusal {
    fatal(1053, "08S01", "Server shutdown in progress")
}

/// MySQL's end of a slow statement.
pub(crate) fn statement_timeout() -> Refusal {
    error(
        3024,
        "HY000",
        "Query execution was interrupted, maximum statement execution time exceeded",
    )
}

/// MySQL's refusal to write on a reader. Seen:
/// <https://github.com/sidorares/node-mysql2/pull/4075>.
pub(crate) fn read_only() -> Refusal {
    error(
        1290,
        "HY000",
        "The MySQL server is running with the --read-only option so it cannot execute this \
         statement",
    )
}
