//! What the proxy answers MySQL's clients, word for word.
//!
//! Owns every text with its number and SQLSTATE, and where each was seen, as `texts` does for
//! PostgreSQL. RDS Proxy has one text for every login that fails; only its log tells them apart.
//! Texts: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html>.
//! The guide gives `HY000` for most of them, which is what clients print for an error without an
//! SQLSTATE; what is on the wire is unverified unless something else is said.

mod pins;
pub(crate) mod rare;

use std::borrow::Cow;

use super::{PinText, Refusal};
pub(crate) use pins::pin_text;

fn fatal(number: u16, sqlstate: &'static str, message: impl Into<Cow<'static, str>>) -> Refusal {
    let (severity, sqlstate, message) = ("FATAL".into(), sqlstate.into(), message.into());
    Refusal { severity, sqlstate, message, number: Some(number) }
}

fn error(number: u16, sqlstate: &'static str, message: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal { severity: "ERROR".into(), ..fatal(number, sqlstate, message) }
}

/// A login that fails, for whatever reason: a bad token, a wrong password, a user without a secret.
/// The guide has it with `'%'` for the host, where a database has the client's address.
pub(crate) fn access_denied(user: &str, sent_password: bool) -> Refusal {
    let using = if sent_password { "YES" } else { "NO" };
    let message = format!("Access denied for user '{user}'@'%' (using password: {using})");
    fatal(1045, "28000", message)
}

/// A login without TLS. Seen:
/// <https://github.com/oqtopus-team/oqtopus-cloud/blob/fb9df1c159440e1325c05d06a2308dd51926cbd0/docs/en/operation/database-migrations.md>.
/// That it comes after the client's login packet, and not before, is unverified.
pub(crate) fn tls_required() -> Refusal {
    fatal(3159, "HY000", "This RDS Proxy requires TLS connections")
}

/// A client of before MySQL 4.1. MySQL's own text; what the proxy says is unknown.
/// <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html#error_er_not_supported_auth_mode>
pub(crate) fn too_old() -> Refusal {
    fatal(
        1251,
        "08004",
        "Client does not support authentication protocol requested by server; consider upgrading \
         MySQL client",
    )
}

/// No database connection within the borrow timeout, at a query after a login that went well. Seen:
/// <https://github.com/sequelize/sequelize/issues/14433>,
/// <https://github.com/yashmurty/go-fun/blob/master/db-connections-limit/README.md>.
pub(crate) fn borrow_timeout() -> Refusal {
    error(9501, "HY000", "Timed-out waiting to acquire database connection")
}

/// The same at the login already: whether that happens is unverified.
pub(crate) fn borrow_timeout_at_login() -> Refusal {
    Refusal { severity: "FATAL".into(), ..borrow_timeout() }
}

/// A read-only endpoint without a reader, in PostgreSQL's words; for MySQL its number is unverified.
pub(crate) fn no_reader() -> Refusal {
    fatal(1105, "HY000", "Target group doesnt have any associated read-only instances")
}

/// A command that the proxy does not take: MySQL's own text; what RDS Proxy says is unknown.
/// <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html#error_er_unknown_com_error>
pub(crate) fn unknown_command() -> Refusal {
    error(1047, "08S01", "Unknown command")
}

/// A packet that is not the next one: MySQL's own text.
/// <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html#error_er_net_packets_out_of_order>
pub(crate) fn out_of_order() -> Refusal {
    fatal(1156, "08S01", "Got packets out of order")
}

/// A statement that would pin its session, where that is to be an error. No text of RDS Proxy's: it
/// never refuses one. The number is that of what MySQL does not support.
pub(crate) fn refused_pin(said: &PinText) -> Refusal {
    let PinText { reason, remedy, .. } = said;
    error(1235, "0A000", format!("This statement would pin the session: {reason} {remedy}"))
}
