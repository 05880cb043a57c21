//! Answers that only faults give.
//!
//! Owns what a proxy says under load or in a state that the emulator cannot be in, and what a
//! database says where no proxy is in between. Who sends which, and when, is `fault`. As in `texts`,
//! the guide prints the SQLSTATE of each text of the proxy's, unless its comment says otherwise.
//! Texts of the proxy:
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html>.

use super::{Refusal, borrow_timeout, fatal, request_returned};

/// The documented variant of [`super::iam_failed`], not seen in reports.
pub(crate) fn iam_failed_for_user(user: &str) -> Refusal {
    fatal(
        "28P01",
        format!(
            "IAM authentication failed for user {user}. \
             Check the IAM token for this user and try again."
        ),
    )
}

/// A burst of IAM logins.
/// Seen: <https://github.com/guardian/pinboard/pull/352>.
pub(crate) fn iam_throttled() -> Refusal {
    fatal("53300", "The IAM authentication failed because of too many competing requests.")
}

/// The older form of [`super::unsupported_method`], from before SCRAM:
/// <https://github.com/awsdocs/amazon-rds-user-guide/blob/main/doc_source/rds-proxy.troubleshooting.md>.
pub(crate) fn unsupported_method_old() -> Refusal {
    fatal("28000", "RDS supports only IAM or MD5 authentication.")
}

/// A password for a user of a proxy whose `DefaultAuthScheme` is `IAM_AUTH`. Documented, not seen
/// in reports; its severity is unverified.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html>
pub(crate) fn iam_required() -> Refusal {
    fatal(
        "28000",
        "Enable IAM authentication for the client connection to the proxy and try again.",
    )
}

/// A token at a proxy whose `DefaultAuthScheme` is `NONE`. It is documented only, too; when it is
/// said in place of [`super::iam_failed`] is unknown.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html>
pub(crate) fn iam_not_the_scheme() -> Refusal {
    fatal(
        "28000",
        "Configure IAM authentication as the DefaultAuthScheme in your proxy and try again.",
    )
}

/// An IAM user without TLS.
pub(crate) fn iam_needs_tls() -> Refusal {
    fatal("28000", "IAM authentication is allowed only with SSL connections.")
}

/// The same, in its other documented form.
pub(crate) fn iam_needs_tls_short() -> Refusal {
    fatal("28000", "IAM is allowed only with SSL connections.")
}

/// Too many clients of the proxy; the number is made up.
pub(crate) fn too_many_clients() -> Refusal {
    fatal("53300", "The maximum number of client connections to the proxy exceeded 1000.")
}

/// Too many new clients per second; the number is made up.
pub(crate) fn rate_exceeded() -> Refusal {
    fatal("53300", "Rate of connection to proxy exceeded 500.")
}

/// The borrow timeout, at the login already: whether that happens is unverified.
pub(crate) fn borrow_timeout_at_login() -> Refusal {
    Refusal { severity: "FATAL".into(), ..borrow_timeout() }
}

/// A read/write endpoint without a writer, as documented, but without an SQLSTATE: this is a guess.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-gdb.html>
pub(crate) fn no_writer() -> Refusal {
    fatal("08000", "The target group doesn't have any associated read/write instances")
}

/// The same in the form that the wire may have, by analogy with the read-only text; unverified.
pub(crate) fn no_writer_on_the_wire() -> Refusal {
    fatal("08000", "Target group doesnt have any associated read-write instances")
}

/// The proxy's internal fault.
/// Seen: <https://github.com/hashicorp/terraform-provider-aws/issues/34747>.
pub(crate) fn unknown_error() -> Refusal {
    fatal("XX000", "Unknown error.")
}

/// PostgreSQL's refusal of an unknown database, without a proxy.
pub(crate) fn database_missing(database: &str) -> Refusal {
    fatal("3D000", format!("database \"{database}\" does not exist"))
}

/// PostgreSQL's refusal for want of the CONNECT privilege, in the proxy's form for any error of the
/// database's; that it takes this form is unverified.
pub(crate) fn connect_denied(database: &str) -> Refusal {
    request_returned(&fatal("42501", format!("permission denied for database \"{database}\"")))
}

/// IAM refused by the database itself: <https://github.com/warp-tech/warpgate/issues/1906>.
pub(crate) fn pam_failed(user: &str) -> Refusal {
    fatal("28000", format!("PAM authentication failed for user \"{user}\""))
}

/// PostgreSQL's refusal of a password.
pub(crate) fn password_failed(user: &str) -> Refusal {
    fatal("28P01", format!("password authentication failed for user \"{user}\""))
}

/// A database that wants TLS: <https://github.com/rust-postgres/rust-postgres/issues/1108>.
pub(crate) fn hba_wants_tls(user: &str, database: &str) -> Refusal {
    hba(user, database, "no encryption")
}

/// A database whose rules shut this client out, encrypted as it is.
/// <https://www.postgresql.org/docs/current/client-authentication-problems.html>
pub(crate) fn hba_rejects(user: &str, database: &str) -> Refusal {
    hba(user, database, "SSL encryption")
}

fn hba(user: &str, database: &str, encryption: &str) -> Refusal {
    fatal(
        "28000",
        format!(
            "pg_hba.conf rejects connection for host \"10.0.0.1\", user \"{user}\", \
             database \"{database}\", {encryption}"
        ),
    )
}

/// PostgreSQL at its `max_connections`.
pub(crate) fn database_full() -> Refusal {
    fatal("53300", "sorry, too many clients already")
}

/// PostgreSQL before it is up.
pub(crate) fn starting_up() -> Refusal {
    fatal("57P03", "the database system is starting up")
}

/// PostgreSQL on its way down, to a client with a session.
pub(crate) fn shutting_down() -> Refusal {
    fatal("57P01", "terminating connection due to administrator command")
}

/// PostgreSQL's end of a slow statement.
pub(crate) fn statement_timeout() -> Refusal {
    statement("57014", "canceling statement due to statement timeout")
}

/// PostgreSQL's refusal to write on a standby, passed through a read-only endpoint.
pub(crate) fn read_only() -> Refusal {
    statement("25006", "cannot execute INSERT in a read-only transaction")
}

fn statement(sqlstate: &'static str, message: &'static str) -> Refusal {
    Refusal { severity: "ERROR".into(), ..fatal(sqlstate, message) }
}
