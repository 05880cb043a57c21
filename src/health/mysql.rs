//! The question to MySQL.
//!
//! One `SELECT` as text, without `SET`, a prepared statement or a comment that is executed. Its
//! variables are those that MySQL since 5.7, Aurora and MariaDB all have: a name that a server does
//! not know would be an error.

use std::time::SystemTime;

use time::PrimitiveDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::{HealthFacts, Nonce, QueryError, Role, Route, foreign};
use crate::session::mysql::{Row, Session};

/// The question, up to the nonce.
const QUESTION: &str = "SELECT DATABASE(), CURRENT_USER(), VERSION(), @@innodb_read_only, \
                        @@read_only, UTC_TIMESTAMP(6), CONNECTION_ID()";

/// Asks, in one round trip.
pub(super) async fn ask(session: &mut Session, nonce: &Nonce) -> Result<HealthFacts, QueryError> {
    let question = format!("{QUESTION}, '{}'", nonce.as_str());
    let rows = session.query(&question).await.map_err(QueryError::Wire)?;
    let [row] = rows.as_slice() else {
        return Err(foreign(format!("{} rows instead of one", rows.len())));
    };
    read(row, session.greeted_id(), nonce)
}

/// The row's facts, if it is this question's.
fn read(row: &Row, greeted: u32, nonce: &Nonce) -> Result<HealthFacts, QueryError> {
    let [database, user, version, innodb_read_only, read_only, time, connection, answered] =
        row.as_slice()
    else {
        return Err(foreign(format!("{} columns instead of eight", row.len())));
    };
    let missing = |what: &str| foreign(format!("it has no {what} that can be read"));
    nonce.check(answered.as_deref().ok_or_else(|| missing("nonce"))?)?;
    let version = version.as_deref().and_then(version_of);
    let version =
        version.ok_or_else(|| foreign("its version does not look like MySQL's".to_owned()))?;
    // Aurora's readers are read-only in the first sense, others in the second.
    let flags = [innodb_read_only, read_only].map(|flag| flag.as_deref().and_then(is_on));
    let [Some(innodb_read_only), Some(read_only)] = flags else {
        return Err(missing("role"));
    };
    let read_only = innodb_read_only || read_only;
    Ok(HealthFacts {
        database: database.clone(),
        user: user.as_deref().map(user_of).ok_or_else(|| missing("user"))?,
        version,
        role: Role::from_read_only(read_only),
        read_only,
        time: time.as_deref().and_then(time_of).ok_or_else(|| missing("time"))?,
        // It is only evidence, so a server with other numbers is healthy all the same.
        route: connection
            .as_deref()
            .and_then(|connection| Some(Route::from_ids(greeted, connection.parse().ok()?))),
    })
}

/// The user without the host that its account is for: `app` of `app@%`.
fn user_of(account: &str) -> String {
    account.rsplit_once('@').map_or(account, |(user, _)| user).to_owned()
}

/// A version's number, and whether it is MariaDB's: `8.4.3` of `8.4.3-log`, and `10.11.19-MariaDB` of
/// `10.11.19-MariaDB-0+deb12u1`.
fn version_of(text: &str) -> Option<String> {
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let (number, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
    let is_number = number.len() <= 20
        && number.split('.').count() >= 2
        && number.split('.').take(2).all(|part| !part.is_empty());
    let rest = if rest.contains("MariaDB") { "-MariaDB" } else { "" };
    is_number.then(|| format!("{}{rest}", number.trim_end_matches('.')))
}

/// A variable that is 0 or 1, or a word since MariaDB 12.
fn is_on(text: &str) -> Option<bool> {
    match text {
        "0" | "OFF" => Some(false),
        "" => None,
        _ => Some(true),
    }
}

fn time_of(text: &str) -> Option<SystemTime> {
    const FORM: &[BorrowedFormatItem<'_>] =
        format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond]");
    Some(PrimitiveDateTime::parse(text, FORM).ok()?.assume_utc().into())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn row(change: impl FnOnce(&mut [Option<&str>; 8])) -> Row {
        let time = "2026-11-26 04:43:04.125000";
        let mut row = ["app", "app@%", "8.4.3", "0", "0", time, "7", "nonce"].map(Some);
        change(&mut row);
        row.map(|value| value.map(str::to_owned)).to_vec()
    }

    fn facts(change: impl FnOnce(&mut [Option<&str>; 8])) -> HealthFacts {
        read(&row(change), 7, &Nonce::of("nonce")).unwrap()
    }

    #[test]
    fn the_facts_are_read_whatever_server_answers() {
        let writer = facts(|_| {});
        assert_eq!((writer.database.as_deref(), writer.user.as_str()), (Some("app"), "app"));
        assert_eq!((writer.role, writer.read_only), (Role::Writer, false));
        let since = writer.time.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(since, Duration::from_millis(1_795_668_184_125));
        assert_eq!(facts(|row| row[0] = None).database, None);
        for (flag, value) in [(3, "1"), (4, "1"), (4, "ON"), (4, "NO_LOCK")] {
            let reader = facts(|row| row[flag] = Some(value));
            assert_eq!((reader.role, reader.read_only), (Role::Reader, true), "{value}");
        }
        assert_eq!(facts(|row| row[1] = Some("a@b@10.0.0.%")).user, "a@b");
    }

    #[test]
    fn a_number_that_is_not_the_greetings_is_that_of_another_connection() {
        for (number, route) in [
            (Some("7"), Some(Route::Direct)),
            (Some("8"), Some(Route::ThroughProxy)),
            (Some("18446744073709551615"), Some(Route::ThroughProxy)),
            (Some("seven"), None),
            (None, None),
        ] {
            assert_eq!(facts(|row| row[6] = number).route, route, "{number:?}");
        }
    }

    #[test]
    fn a_version_is_known_by_its_form() {
        for (text, version) in [
            ("8.0.36", "8.0.36"),
            ("8.4.3-commercial", "8.4.3"),
            ("5.7.44-log", "5.7.44"),
            ("5.7.mysql_aurora.2.11.2", "5.7"),
            ("10.11.19-MariaDB-0+deb12u1", "10.11.19-MariaDB"),
        ] {
            assert_eq!(version_of(text).as_deref(), Some(version));
        }
        for other in ["", "8", "app.proxy-abc:3306/?Action=connect", "(redacted)", "v8.0", ".5"] {
            assert_eq!(version_of(other), None, "{other}");
        }
    }

    #[test]
    fn another_answer_than_to_this_question_is_not_taken() {
        let changes: [fn(&mut [Option<&str>; 8]); 5] = [
            |row| row[7] = None,
            |row| row[2] = None,
            |row| row[3] = Some(""),
            |row| row[1] = None,
            |row| row[5] = Some("yesterday"),
        ];
        for change in changes {
            let error = read(&row(change), 7, &Nonce::of("nonce")).unwrap_err();
            assert!(matches!(error, QueryError::Foreign { .. }), "{error:?}");
        }
        let others = read(&row(|row| row[7] = Some("other")), 7, &Nonce::of("nonce"));
        assert!(matches!(others, Err(QueryError::OtherNonce)), "{others:?}");
        assert!(read(&vec![None; 7], 7, &Nonce::of("nonce")).is_err());
    }
}
