//! Which clients may share a database connection.
//!
//! Owns the choice: the same user, the same database, and the same values of the settings that RDS
//! Proxy takes in a startup packet. AWS publishes only that sessions share a connection if their
//! state is equal; that the settings are part of the key is this emulator's choice, so that what a
//! client asked for at startup holds on every connection it gets. MySQL's part is `mysql`'s.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-best-practices.workload-considerations.html>

use super::mysql::SessionState;
use crate::wire::startup::{Names, Parameters};

/// What has to be equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    PostgreSql(StartupKey),
    MySql(SessionState),
}

/// User, database and settings.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StartupKey {
    user: String,
    database: String,
    /// Names in lower case, as PostgreSQL compares them, each once, in order.
    settings: Vec<(String, String)>,
}

impl Key {
    pub(crate) fn user(&self) -> &str {
        match self {
            Self::PostgreSql(key) => &key.user,
            Self::MySql(state) => &state.user,
        }
    }

    /// Empty for none, which only MySQL has.
    pub(crate) fn database(&self) -> &str {
        match self {
            Self::PostgreSql(key) => &key.database,
            Self::MySql(state) => &state.database,
        }
    }
}

impl StartupKey {
    /// The startup packet with which a connection for this key is opened.
    pub(super) fn parameters(&self) -> Parameters {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut parameters = vec![pair("user", &self.user), pair("database", &self.database)];
        parameters.extend(self.settings.iter().cloned());
        Parameters(parameters)
    }
}

impl From<&Parameters> for Key {
    fn from(parameters: &Parameters) -> Self {
        let Names { user, database } = Names::from(parameters);
        let mut settings: Vec<(String, String)> = Vec::new();
        for (name, value) in &parameters.0 {
            if ["user", "database"].contains(&&**name) {
                continue;
            }
            let name = name.to_ascii_lowercase();
            // The last one counts, as in PostgreSQL.
            settings.retain(|(other, _)| *other != name);
            settings.push((name, value.clone()));
        }
        settings.sort_unstable();
        let (user, database) = (user.to_owned(), database.to_owned());
        Self::PostgreSql(StartupKey { user, database, settings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(pairs: &[(&str, &str)]) -> Key {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Key::from(&Parameters(pairs.iter().map(pair).collect()))
    }

    #[test]
    fn order_and_case_of_settings_do_not_matter_and_the_last_value_counts() {
        let one = key(&[("user", "app"), ("TimeZone", "UTC"), ("DateStyle", "ISO")]);
        let other = key(&[
            ("datestyle", "German"),
            ("timezone", "UTC"),
            ("DATESTYLE", "ISO"),
            ("database", "app"),
            ("user", "app"),
        ]);
        assert_eq!(one, other);
    }

    #[test]
    fn another_user_database_or_value_is_another_key() {
        let one = key(&[("user", "app"), ("database", "a"), ("search_path", "x")]);
        for other in [
            key(&[("user", "App"), ("database", "a"), ("search_path", "x")]),
            key(&[("user", "app"), ("database", "b"), ("search_path", "x")]),
            key(&[("user", "app"), ("database", "a"), ("search_path", "y")]),
            key(&[("user", "app"), ("database", "a")]),
        ] {
            assert_ne!(one, other);
        }
    }
}
