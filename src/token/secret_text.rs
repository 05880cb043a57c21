//! Parses a secret's text: the login in it, or what is wrong with it.
//!
//! A problem never repeats the secret. Only names of keys that are usual in a database's secret are
//! kept, since a password may have been typed in a key's place.
//! The form: <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html>.

use std::fmt;

use serde_json::{Map, Value};

use super::redact::{Redacted, Secrets};
use super::secret_engine::SecretEngine;
use crate::config::{DbUser, Engine};

/// What is used of a secret.
#[derive(Clone)]
pub struct SecretLogin {
    /// The database user.
    pub user: DbUser,
    /// Its password.
    password: Redacted<String>,
    /// The host that the secret names; compared, never connected to.
    pub host: Option<String>,
    /// The port that the secret names; compared, never connected to.
    pub port: Option<u16>,
    /// The engine that the secret names.
    pub engine: Option<SecretEngine>,
}

/// Why a secret holds no login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretProblem {
    /// It is binary.
    Binary,
    /// It is not JSON.
    NotJson,
    /// It is JSON, encoded twice.
    EncodedTwice,
    /// It is JSON, but not an object.
    NotAnObject,
    /// Keys are missing.
    Missing {
        /// Of `username` and `password`, which.
        missing: Vec<&'static str>,
        /// The keys that it has.
        found: FoundKeys,
        /// The engine that it names.
        engine: Option<SecretEngine>,
    },
    /// The value of this key is not text.
    NotText(&'static str),
    /// The password is empty or contains a NUL byte, which ends it on the wire.
    PasswordUnusable,
    /// A database cannot hold the user's name: what was expected.
    UserName(String),
}

/// The names of a secret's keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundKeys {
    /// Those that are usual in a database's secret, as they are written there.
    pub usual: Vec<String>,
    /// How many others there are.
    pub others: usize,
}

/// How many names are kept.
const NAMES: usize = 10;

/// Usual names of keys, in lower case and without anything but letters and digits.
const USUAL: &[&str] = &[
    "account",
    "address",
    "admin",
    "adminpassword",
    "adminuser",
    "adminusername",
    "apikey",
    "auth",
    "connectionstring",
    "connstring",
    "credentials",
    "database",
    "databasehost",
    "databasename",
    "databasepassword",
    "databaseport",
    "databaseurl",
    "databaseuser",
    "databaseusername",
    "db",
    "dbclusteridentifier",
    "dbengine",
    "dbhost",
    "dbinstanceidentifier",
    "dbname",
    "dbpass",
    "dbpassword",
    "dbport",
    "dbuser",
    "dbusername",
    "dsn",
    "endpoint",
    "engine",
    "host",
    "hostname",
    "jdbcurl",
    "key",
    "login",
    "masterarn",
    "masterpassword",
    "masteruser",
    "masterusername",
    "masteruserpassword",
    "name",
    "pass",
    "passwd",
    "password",
    "pgdatabase",
    "pghost",
    "pgpass",
    "pgpassword",
    "pgport",
    "pguser",
    "port",
    "postgresdb",
    "postgrespassword",
    "postgresuser",
    "pw",
    "pwd",
    "rdspassword",
    "rdsusername",
    "role",
    "secret",
    "server",
    "servicename",
    "sid",
    "ssl",
    "sslmode",
    "token",
    "uri",
    "url",
    "user",
    "userid",
    "username",
    "userpassword",
    "usr",
    "value",
];

impl SecretLogin {
    /// Reads a secret's text, for a login to a database of this engine, whatever the secret names.
    ///
    /// # Errors
    /// [`SecretProblem`].
    pub fn parse(engine: Engine, text: &str) -> Result<Self, SecretProblem> {
        let keys = match serde_json::from_str(text) {
            Ok(Value::Object(keys)) => keys,
            Ok(Value::String(inner)) if serde_json::from_str::<Map<_, Value>>(&inner).is_ok() => {
                return Err(SecretProblem::EncodedTwice);
            }
            Ok(_) => return Err(SecretProblem::NotAnObject),
            // The parser's message repeats a part of the text.
            Err(_) => return Err(SecretProblem::NotJson),
        };
        let named = keys.get("engine").and_then(Value::as_str).and_then(SecretEngine::named);
        let (Some(user), Some(password)) = (keys.get("username"), keys.get("password")) else {
            let missing = ["username", "password"].into_iter();
            let missing = missing.filter(|key| !keys.contains_key(*key)).collect();
            let found = FoundKeys::of(&keys);
            return Err(SecretProblem::Missing { missing, found, engine: named });
        };
        let user = user.as_str().ok_or(SecretProblem::NotText("username"))?;
        let password = password.as_str().ok_or(SecretProblem::NotText("password"))?;
        if password.is_empty() || password.contains('\0') {
            return Err(SecretProblem::PasswordUnusable);
        }
        let port = keys.get("port").and_then(|port| match port.as_str() {
            Some(text) => text.parse().ok(),
            None => port.as_u64().and_then(|number| u16::try_from(number).ok()),
        });
        let host = keys.get("host").and_then(Value::as_str).map(str::to_ascii_lowercase);
        Ok(Self {
            user: DbUser::parse(engine, user).map_err(SecretProblem::UserName)?,
            password: Redacted::new(password.to_owned()),
            host,
            port,
            engine: named,
        })
    }

    /// The password itself, only for logging in.
    pub(super) fn expose(&self) -> &str {
        self.password.expose()
    }

    /// Passes the password to `make`, to make something that is not secret, such as a verifier.
    pub fn with_password<T>(&self, make: impl FnOnce(&str) -> T) -> T {
        make(self.expose())
    }

    /// Its secret parts, to be redacted everywhere.
    pub fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add(self.expose());
        secrets
    }

    /// Whether user or password differ from another reading of the secret.
    pub fn differs_from(&self, other: &Self) -> bool {
        self.user != other.user || self.password.expose() != other.password.expose()
    }
}

impl FoundKeys {
    fn of(keys: &Map<String, Value>) -> Self {
        let plain = |name: &str| -> String {
            let letters = name.chars().filter(char::is_ascii_alphanumeric);
            letters.map(|letter| letter.to_ascii_lowercase()).collect()
        };
        let is_usual = |name: &&String| {
            name.is_ascii() && name.len() <= 40 && USUAL.contains(&plain(name).as_str())
        };
        let usual: Vec<String> = keys.keys().filter(is_usual).take(NAMES).cloned().collect();
        let others = keys.len() - usual.len();
        Self { usual, others }
    }
}

impl fmt::Debug for SecretLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretLogin").field("user", &self.user).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn problem(text: &str) -> SecretProblem {
        SecretLogin::parse(Engine::PostgreSql, text).unwrap_err()
    }

    fn missing(text: &str) -> (Vec<&'static str>, FoundKeys, Option<SecretEngine>) {
        let SecretProblem::Missing { missing, found, engine } = problem(text) else {
            panic!("{:?}", problem(text))
        };
        (missing, found, engine)
    }

    #[test]
    fn a_secret_is_read_in_the_form_that_rds_uses() {
        let login = SecretLogin::parse(
            Engine::PostgreSql,
            r#"{"username": "app", "password": "p4ssw0rd", "host": "DB.example", "port": 5432,
                "engine": "postgres"}"#,
        )
        .unwrap();
        assert_eq!((login.user.as_str(), login.expose()), ("app", "p4ssw0rd"));
        assert_eq!((login.host.as_deref(), login.port), (Some("db.example"), Some(5432)));
        assert_eq!(login.engine.map(SecretEngine::label), Some("PostgreSQL"));
        assert!(!format!("{login:?}").contains("p4ssw0rd"));
        let minimal = r#"{"username": "app", "password": "x", "port": "6000"}"#;
        let minimal = SecretLogin::parse(Engine::PostgreSql, minimal).unwrap();
        assert_eq!((minimal.host, minimal.port), (None, Some(6000)));
    }

    #[test]
    fn what_is_wrong_has_a_name_of_its_own() {
        assert_eq!(problem("hunter2"), SecretProblem::NotJson);
        assert_eq!(problem("[]"), SecretProblem::NotAnObject);
        assert_eq!(problem("\"hunter2\""), SecretProblem::NotAnObject);
        assert_eq!(
            problem(r#""{\"username\": \"a\", \"password\": \"b\"}""#),
            SecretProblem::EncodedTwice
        );
        let number = r#"{"username": "a", "password": 1}"#;
        assert_eq!(problem(number), SecretProblem::NotText("password"));
        for unusable in ["", "hunter\\u00002"] {
            let text = format!(r#"{{"username": "a", "password": "{unusable}"}}"#);
            assert_eq!(problem(&text), SecretProblem::PasswordUnusable);
        }
        let unusable = problem(r#"{"username": "", "password": "hunter2"}"#);
        assert!(matches!(unusable, SecretProblem::UserName(_)), "{unusable:?}");
        let long = format!(r#"{{"username": "{}", "password": "hunter2"}}"#, "x".repeat(64));
        assert!(SecretLogin::parse(Engine::MySql, &long).is_ok());
        let unusable = SecretLogin::parse(Engine::PostgreSql, &long).unwrap_err();
        assert!(matches!(unusable, SecretProblem::UserName(_)), "{unusable:?}");
    }

    #[test]
    fn a_missing_key_is_named_with_what_is_there_instead() {
        let (which, found, engine) =
            missing(r#"{"Username": "a", "Password": "b", "engine": "mysql", "hunter2": "c"}"#);
        assert_eq!(which, ["username", "password"]);
        assert_eq!((found.usual, found.others), (vec_of(["Password", "Username", "engine"]), 1));
        assert_eq!(engine.map(SecretEngine::label), Some("MySQL"));
        let (which, found, _) = missing(r#"{"username": "a", "db_pass": "b"}"#);
        assert_eq!((which, found.usual), (vec!["password"], vec_of(["db_pass", "username"])));
    }

    fn vec_of<const N: usize>(names: [&str; N]) -> Vec<String> {
        names.map(str::to_owned).to_vec()
    }

    proptest! {
        #[test]
        fn neither_values_nor_unusual_names_of_keys_are_kept(name in "[a-z]{6,12}[0-9]{4}") {
            let text = format!(r#"{{"{name}": "{name}", "user": "{name}"}}"#);
            let shown = format!("{:?}", problem(&text));
            prop_assert!(!shown.contains(&name));
        }
    }
}
