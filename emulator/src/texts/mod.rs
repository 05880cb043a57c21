//! What the proxy answers, word for word.
//!
//! Owns every text with its severity and SQLSTATE, and where each was seen. Does not know when to
//! send which: that is `client`, and for the texts in `rare`, `fault`. The guide prints each text's
//! SQLSTATE, unless its comment says otherwise: then it is the nearest standard one. The guide has
//! `ERROR` before all of them, but refusals at the login were `FATAL` wherever one was seen.
//! Texts: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html>.

pub(crate) mod log;
pub(crate) mod mysql;
mod pins;
pub(crate) mod rare;

use std::borrow::Cow;

pub(crate) use crate::wire::Refusal;
use crate::wire::backend::parameter_status;
pub(crate) use pins::{PinText, pin_text};

fn fatal(sqlstate: &'static str, message: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal {
        severity: "FATAL".into(),
        sqlstate: sqlstate.into(),
        message: message.into(),
        number: None,
    }
}

/// A `StartupMessage` without TLS.
/// Seen: <https://github.com/oban-bg/oban/issues/869>.
pub(crate) fn tls_required() -> Refusal {
    fatal("28000", "This RDS Proxy requires TLS connections")
}

/// A token that does not hold, for whatever reason.
/// Seen: <https://github.com/duckdb/duckdb-postgres/issues/576>.
pub(crate) fn iam_failed(role: &str) -> Refusal {
    fatal(
        "28P01",
        format!(
            "The IAM authentication failed for the role {role}. \
             Check the IAM token for this role and try again."
        ),
    )
}

/// A user that the proxy has no entry for.
/// Seen: <https://github.com/aws/aws-secretsmanager-jdbc/issues/222>.
pub(crate) fn no_credentials(role: &str) -> Refusal {
    fatal(
        "28000",
        format!(
            "This RDS proxy has no credentials for the role {role}. \
             Check the credentials for this role and try again."
        ),
    )
}

/// A password other than the secret's.
/// Seen: <https://github.com/PostHog/posthog/pull/64084>.
pub(crate) fn wrong_password(role: &str) -> Refusal {
    fatal("28P01", format!("The password that was provided for the role {role} is wrong."))
}

/// An answer to the password request that is none of the methods. The guide has "RDS" for "RDS
/// Proxy", with this SQLSTATE; when exactly the real one says it is unverified.
/// Seen: <https://github.com/goldfiglabs/rds_iamauth_proxy/issues/3>.
pub(crate) fn unsupported_method() -> Refusal {
    fatal("28000", "RDS Proxy supports only IAM, MD5, or SCRAM authentication.")
}

/// A `StartupMessage` without `user`.
pub(crate) fn user_missing() -> Refusal {
    fatal(
        "28000",
        "A user name is missing from the connection startup packet. \
         Provide a user name for this connection.",
    )
}

/// A protocol other than 3.0.
pub(crate) fn protocol_version() -> Refusal {
    fatal(
        "0A000",
        "Feature not supported: RDS Proxy supports only version 3.0 of the PostgreSQL messaging \
         protocol.",
    )
}

/// The startup parameter `options`, as on the wire: the guide lacks this text. The apostrophe is
/// U+2019 there, the SQLSTATE that of the others.
/// Seen: <https://github.com/psycopg/psycopg2/issues/1577>.
pub(crate) fn command_line_options() -> Refusal {
    unsupported("command-line options.")
}

/// The startup parameter `replication`.
pub(crate) fn streaming_replication() -> Refusal {
    unsupported("streaming replication mode.")
}

/// Any other startup parameter that the proxy does not take.
/// Seen: <https://github.com/mithrandyr/SimplySql/issues/66>.
pub(crate) fn startup_option(name: &str) -> Refusal {
    unsupported(&format!("the option {name}."))
}

fn unsupported(what: &str) -> Refusal {
    fatal(
        "0A000",
        format!("Feature not supported: RDS Proxy currently doesn\u{2019}t support {what}"),
    )
}

/// No database connection within the borrow timeout, as a query's error after a login that went
/// well. Seen: <https://github.com/sequelize/sequelize/issues/14433>.
pub(crate) fn borrow_timeout() -> Refusal {
    Refusal {
        severity: "ERROR".into(),
        sqlstate: "08000".into(),
        message: "Timed-out waiting to acquire database connection".into(),
        number: None,
    }
}

/// A read-only endpoint without a reader. The guide lacks this text, so the SQLSTATE is a guess; the
/// missing apostrophe is the wire's: <https://github.com/mizzy/playground/blob/f595132e031708aead04b3a6787881ef18578b2c/cross-account-rds-pattern-a/README.md>.
pub(crate) fn no_reader() -> Refusal {
    fatal("08000", "Target group doesnt have any associated read-only instances")
}

/// The database refused the session that the proxy opened for an authenticated client. The guide has
/// one SQLSTATE for the whole form, whatever the database's own is; the severity is unverified.
pub(crate) fn request_returned(error: &Refusal) -> Refusal {
    Refusal {
        sqlstate: "XX000".into(),
        message: format!("Request returned an error: {}", error.message).into(),
        ..error.clone()
    }
}

/// A statement that would pin its session, where that is to be an error. No text of RDS Proxy's:
/// it never refuses one.
pub(crate) fn refused_pin(said: &PinText) -> Refusal {
    let PinText { reason, remedy, .. } = said;
    Refusal {
        severity: "ERROR".into(),
        sqlstate: "0A000".into(),
        message: format!("This statement would pin the session: {reason} {remedy}").into(),
        number: None,
    }
}

/// What a client hears of the settings of a database that is away.
pub(crate) fn settings_without_database() -> Vec<u8> {
    const SETTINGS: [(&str, &str); 6] = [
        ("server_version", "16.0"),
        ("server_encoding", "UTF8"),
        ("client_encoding", "UTF8"),
        ("DateStyle", "ISO, MDY"),
        ("integer_datetimes", "on"),
        ("standard_conforming_strings", "on"),
    ];
    SETTINGS.iter().flat_map(|(name, value)| parameter_status(name, value)).collect()
}
