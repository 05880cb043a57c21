//! The question to PostgreSQL.
//!
//! One `SELECT` in the extended protocol, without `SET` or `PREPARE`.

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::{HealthFacts, Nonce, QueryError, Role, foreign};
use crate::session::postgres::Session;

/// The only statement of a probe; its parameter is the nonce.
///
/// Every column except the time is text or boolean: nothing depends on a server's settings.
/// `server_version` is cut at its first blank, after which distributions append their own name.
pub const QUESTION: &str = "\
    SELECT current_database()::text, current_user::text, \
    split_part(current_setting('server_version'), ' ', 1), \
    pg_is_in_recovery(), \
    current_setting('transaction_read_only') = 'on', \
    clock_timestamp(), \
    $1";

/// Asks, in one round trip.
pub(super) async fn ask(session: &Session, nonce: &Nonce) -> Result<HealthFacts, QueryError> {
    let asked = session.query(QUESTION, &[(&nonce.as_str(), Type::TEXT)]).await;
    let rows = asked.map_err(QueryError::Wire)?;
    let [row] = rows.as_slice() else {
        return Err(foreign(format!("{} rows instead of one", rows.len())));
    };
    let (facts, answered) =
        read(row, session).map_err(|error| foreign(session.clean(&error.to_string())))?;
    nonce.check(answered)?;
    if !is_version(&facts.version) {
        return Err(foreign("its version does not look like PostgreSQL's".to_owned()));
    }
    Ok(facts)
}

/// The row's facts and its nonce; each text is the server's, so it is cleaned where it enters.
fn read<'a>(
    row: &'a Row,
    session: &Session,
) -> Result<(HealthFacts, &'a str), tokio_postgres::Error> {
    let facts = HealthFacts {
        database: Some(session.clean(row.try_get(0)?)),
        user: session.clean(row.try_get(1)?),
        version: session.clean(row.try_get(2)?),
        role: Role::from_recovery(row.try_get(3)?),
        read_only: row.try_get(4)?,
        time: row.try_get(5)?,
        route: None,
    };
    Ok((facts, row.try_get(6)?))
}

/// Whether a text has a version's form: `16.4`, `18beta1`, `19devel`, and a third number where an
/// older server has one.
fn is_version(text: &str) -> bool {
    text.len() <= 20
        && text.starts_with(|first: char| first.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_known_by_its_form() {
        for version in ["16.4", "9.6.24", "18beta1", "17rc1", "19devel"] {
            assert!(is_version(version), "{version}");
        }
        for other in
            ["", "app.proxy-abc:5432/?Action=connect", "(redacted)", "v16", "16.4 (Debian)"]
        {
            assert!(!is_version(other), "{other}");
        }
    }
}
