//! The function's variables, in the order of `docs/reference.md`, and the names that people set by
//! mistake: those of libpq and of MySQL's client, of other tools and frameworks, typing errors.
//!
//! Of a near miss only whether it is set matters; its value is not used. Each lookup costs a cold
//! start about 600 instructions, so optional variables have few near misses or none, and those of
//! required variables are looked up only if the variable is missing.

/// A variable of the function.
#[derive(Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Names set by mistake, most likely first.
    near_misses: &'static [&'static str],
    /// What may be shown of a value that is wrong.
    pub(super) shown: Shown,
}

/// A variable that is not set, and a set one that was probably meant for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// The variable that the function reads.
    pub variable: &'static str,
    /// The one that is set, which it does not read.
    pub set: &'static str,
}

/// What may be shown of a value that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// The value, without what looks like a password in it.
    Value,
    /// An ARN; anything else may be a secret's content instead of its ARN.
    Arn,
    /// Nothing: a file's content instead of its path.
    Nothing,
}

use Shown::{Arn, Nothing, Value};

const fn variable(
    name: &'static str,
    shown: Shown,
    near_misses: &'static [&'static str],
) -> Variable {
    Variable { name, near_misses, shown }
}

/// A variable that the function does not have. Setting it is a problem, which says how to log in by
/// password.
pub(super) const PASSWORD: &str = "DB_PASSWORD";

/// Every variable, in the order of `docs/reference.md`.
pub static VARIABLES: [Variable; 17] = [
    variable(
        "DB_HOST",
        Value,
        &[
            "DB_HOSTNAME",
            "DB_HOST_NAME",
            "DB_ENDPOINT",
            "DB_PROXY_ENDPOINT",
            "DB_PROXY_HOST",
            "DB_CLUSTER_ENDPOINT",
            "DB_ADDRESS",
            "DB_SERVER",
            "DBHOST",
            "DB_URL",
            "DB_URI",
            "DB_CONNECTION_STRING",
            "db_host",
            "DATABASE_HOST",
            "DATABASE_ENDPOINT",
            "DATABASE_URL",
            "DATABASE_URI",
            "PGHOST",
            "PGHOSTADDR",
            "PG_HOST",
            "POSTGRES_HOST",
            "POSTGRES_HOSTNAME",
            "POSTGRES_SERVER",
            "POSTGRES_URL",
            "POSTGRES_URI",
            "POSTGRESQL_HOST",
            "MYSQL_HOST",
            "RDS_HOST",
            "RDS_HOSTNAME",
            "RDS_ENDPOINT",
            "RDS_PROXY_HOST",
            "RDS_PROXY_ENDPOINT",
            "PROXY_HOST",
            "PROXY_ENDPOINT",
            "AURORA_HOST",
            "AURORA_ENDPOINT",
            "CLUSTER_ENDPOINT",
            "JDBC_URL",
            "SPRING_DATASOURCE_URL",
            "SQLALCHEMY_DATABASE_URI",
        ],
    ),
    variable("DB_ENGINE", Value, &[]),
    variable(
        "DB_PORT",
        Value,
        &[
            "DB_PORT_NUMBER",
            "DBPORT",
            "DB_PROXY_PORT",
            "DATABASE_PORT",
            "PGPORT",
            "PG_PORT",
            "POSTGRES_PORT",
            "POSTGRESQL_PORT",
            "MYSQL_TCP_PORT",
            "MYSQL_PORT",
            "RDS_PORT",
            "RDS_PROXY_PORT",
            "PROXY_PORT",
        ],
    ),
    variable(
        "DB_NAME",
        Value,
        &[
            "DB_DATABASE",
            "DB_DATABASE_NAME",
            "DB_DBNAME",
            "DB_DB",
            "DBNAME",
            "db_name",
            "DATABASE_NAME",
            "DATABASE",
            "PGDATABASE",
            "PG_DATABASE",
            "PG_DBNAME",
            "POSTGRES_DB",
            "POSTGRES_DATABASE",
            "POSTGRESQL_DATABASE",
            "MYSQL_DATABASE",
            "RDS_DB_NAME",
            "RDS_DATABASE",
            "DB_URL",
            "DB_URI",
            "DATABASE_URL",
            "DATABASE_URI",
        ],
    ),
    variable(
        "DB_USER",
        Value,
        &[
            "DB_USERNAME",
            "DB_USER_NAME",
            "DB_IAM_USER",
            "DB_IAM_USERNAME",
            "DB_LOGIN",
            "DBUSER",
            "db_user",
            "DATABASE_USER",
            "DATABASE_USERNAME",
            "PGUSER",
            "PG_USER",
            "POSTGRES_USER",
            "POSTGRES_USERNAME",
            "POSTGRESQL_USER",
            "MYSQL_USER",
            "RDS_USER",
            "RDS_USERNAME",
            "SPRING_DATASOURCE_USERNAME",
            "DB_URL",
            "DB_URI",
            "DATABASE_URL",
            "DATABASE_URI",
        ],
    ),
    variable("DB_REGION", Value, &["DB_AWS_REGION", "RDS_REGION"]),
    variable("DB_AUTH", Value, &["DB_AUTH_METHOD", "DB_AUTH_TYPE", "PGPASSWORD"]),
    variable(
        "DB_SECRET_ARN",
        Arn,
        &[
            "DB_SECRET",
            "DB_SECRET_ID",
            "DB_SECRET_NAME",
            "DB_SECRETS_ARN",
            "DB_SECRETARN",
            "DB_CREDENTIALS_ARN",
            "DB_CREDENTIALS_SECRET",
            "DB_CREDENTIALS_SECRET_ARN",
            "DB_PASSWORD_SECRET_ARN",
            "DATABASE_SECRET",
            "DATABASE_SECRET_ARN",
            "RDS_SECRET",
            "RDS_SECRET_ARN",
            "SECRET_ARN",
            "SECRET_ID",
            "SECRET_NAME",
            "SECRETS_MANAGER_ARN",
            "DB_PASS",
            "DATABASE_PASSWORD",
            "PGPASSWORD",
            "POSTGRES_PASSWORD",
            "MYSQL_PWD",
            "MYSQL_PASSWORD",
            "RDS_PASSWORD",
        ],
    ),
    variable("DB_ASSUME_ROLE_ARN", Arn, &["DB_ROLE_ARN", "ASSUME_ROLE_ARN", "ROLE_ARN"]),
    variable("DB_ASSUME_ROLE_EXTERNAL_ID", Nothing, &[]),
    variable("DB_CONNECT_TO", Value, &["PGHOSTADDR"]),
    variable("DB_CA_FILE", Nothing, &["DB_SSL_CA", "DB_SSLROOTCERT", "PGSSLROOTCERT"]),
    variable("DB_EXPECT_ROLE", Value, &[]),
    variable("DB_SESSION_MAX_AGE_S", Value, &[]),
    variable("PROBE_TIMEOUT_MS", Value, &["PROBE_TIMEOUT", "DB_TIMEOUT", "DB_CONNECT_TIMEOUT"]),
    variable("PROBE_FAIL_INVOCATION", Value, &[]),
    variable("PROBE_EXPLAIN", Value, &[]),
];

impl Variable {
    /// The one with this name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        VARIABLES.iter().find(|variable| variable.name == name)
    }

    /// Which of its near misses are set.
    pub(super) fn near_misses(
        &self,
        is_set: impl Fn(&str) -> bool,
    ) -> impl Iterator<Item = &'static str> {
        self.near_misses.iter().copied().filter(move |name| is_set(name))
    }
}

/// A variable's position in `docs/reference.md`; others come last.
pub(super) fn position(name: &str) -> usize {
    VARIABLES.iter().position(|variable| variable.name == name).unwrap_or(VARIABLES.len())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_near_miss_is_no_variable_of_ours_and_stands_once() {
        for variable in &VARIABLES {
            let mut seen = BTreeSet::new();
            for name in variable.near_misses {
                assert!(Variable::named(name).is_none(), "{name}");
                assert!(seen.insert(name), "{}: {name}", variable.name);
            }
        }
    }
}
