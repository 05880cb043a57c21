//! The startup packet: its protocol version and its parameters.
//!
//! Owns which of them RDS Proxy takes, and the refusal of each other. Whether the proxy looks at the
//! case of a setting's name is unverified, as is what it does with `_pq_.` parameters. PostgreSQL
//! ignores it (<https://www.postgresql.org/docs/current/config-setting.html>), and drivers rely on
//! that: Go's `lib/pq` always sends `datestyle`, libpq with `PGTZ` and pgx send `timezone`.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html>

use super::end::End;
use super::perform::perform;
use super::proxy::Connection;
use super::socket::Client;
use crate::fault::Point;
use crate::texts;
use crate::texts::log::Startup;
use crate::wire::startup::{Names, Opening, Parameters, VERSION_3_0, read_opening};
use crate::wire::{Refusal, WireError};

/// The startup parameters that RDS Proxy takes and that are no settings: PostgreSQL too compares
/// these names exactly
/// ([`ProcessStartupPacket`](https://github.com/postgres/postgres/blob/REL_16_STABLE/src/backend/postmaster/postmaster.c)).
const ACCEPTED: [&str; 2] = ["user", "database"];

/// The settings that it takes.
const ACCEPTED_SETTINGS: [&str; 6] = [
    "application_name",
    "client_encoding",
    "DateStyle",
    "TimeZone",
    "extra_float_digits",
    "search_path",
];

/// The startup parameters, if the proxy takes all of them.
pub(super) async fn read_parameters<C: Client>(
    client: &mut C,
    connection: &Connection,
) -> Result<Parameters, End> {
    let (version, body) = match read_opening(client).await? {
        Opening::Startup { version, body } => (version, body),
        Opening::Cancel => return Err(End::Cancel),
        Opening::Ssl | Opening::Gss => {
            return Err(WireError::Malformed("encryption is asked for inside TLS").into());
        }
    };
    if version != VERSION_3_0 {
        let why = format!("protocol {}.{}", version >> 16, version & 0xffff);
        return Err(End::Refused { refusal: texts::protocol_version(), why });
    }
    let parameters = Parameters::parse(&body)?;
    let Names { user, database } = Names::from(&parameters);
    connection.debug_line("DEBUG", &Startup { user, database });
    if let Some(action) = connection.action(Point::Startup) {
        perform(action, client, Names::from(&parameters)).await?;
    }
    let refused = parameters.0.iter().find(|(name, _)| !is_accepted(name));
    match refused {
        None => Ok(parameters),
        Some((name, _)) => {
            let why = format!("the startup parameter {name:?}");
            Err(End::Refused { refusal: parameter_refusal(name), why })
        }
    }
}

fn is_accepted(name: &str) -> bool {
    ACCEPTED.contains(&name)
        || ACCEPTED_SETTINGS.iter().any(|setting| setting.eq_ignore_ascii_case(name))
}

fn parameter_refusal(name: &str) -> Refusal {
    match name {
        "options" => texts::command_line_options(),
        "replication" => texts::streaming_replication(),
        other => texts::startup_option(other),
    }
}
