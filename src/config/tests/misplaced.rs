//! What is set under another name, and what a value must not show.

use super::*;

#[test]
fn what_is_set_instead_of_a_required_variable_is_named_without_its_value() {
    let problems = config(&[
        ("PGHOST", "db.example.com"),
        ("DATABASE_URL", "postgres://app:pw@host/app"),
        ("DB_USERNAME", "app"),
    ]);
    insta::assert_snapshot!(problems.unwrap_err(), @"
    DB_HOST is not set (DATABASE_URL and PGHOST are set, but the function does not read them): expected the endpoint's host name
    DB_USER is not set (DB_USERNAME and DATABASE_URL are set, but the function does not read them): expected the database user
    ");
    for (variable, near_miss) in [
        ("DB_HOST", "DB_ENDPOINT"),
        ("DB_HOST", "RDS_HOSTNAME"),
        ("DB_HOST", "PROXY_ENDPOINT"),
        ("DB_HOST", "POSTGRES_HOST"),
        ("DB_USER", "PGUSER"),
        ("DB_USER", "POSTGRES_USER"),
        ("DB_HOST", "MYSQL_HOST"),
        ("DB_USER", "MYSQL_USER"),
        ("DB_SECRET_ARN", "MYSQL_PWD"),
        ("DB_SECRET_ARN", "MYSQL_PASSWORD"),
        ("DB_SECRET_ARN", "SECRET_ARN"),
        ("DB_SECRET_ARN", "DB_SECRET"),
        ("DB_SECRET_ARN", "DB_PASS"),
    ] {
        let auth = if variable == "DB_SECRET_ARN" { "secret" } else { "iam" };
        let problems = config(&[("DB_AUTH", auth), (near_miss, "canary")]).unwrap_err();
        let line = problems.lines().find(|line| line.starts_with(variable)).unwrap();
        assert!(line.contains(&format!("({near_miss} is set, but")), "{line}");
        assert!(!problems.contains("canary"), "{problems}");
    }
}

#[test]
fn what_is_set_instead_of_an_optional_variable_is_kept_as_evidence() {
    let near_miss = |name, variable: &str| {
        let base = [("DB_HOST", HOST), ("DB_USER", "app"), (name, "x")];
        config(&base).unwrap().near_miss_of(variable)
    };
    assert_eq!(near_miss("PGDATABASE", "DB_NAME"), Some("PGDATABASE"));
    assert_eq!(near_miss("DB_DATABASE", "DB_NAME"), Some("DB_DATABASE"));
    assert_eq!(near_miss("PGPORT", "DB_PORT"), Some("PGPORT"));
    assert_eq!(near_miss("MYSQL_TCP_PORT", "DB_PORT"), Some("MYSQL_TCP_PORT"));
    assert_eq!(near_miss("MYSQL_DATABASE", "DB_NAME"), Some("MYSQL_DATABASE"));
    assert_eq!(near_miss("PROBE_TIMEOUT", "PROBE_TIMEOUT_MS"), Some("PROBE_TIMEOUT"));
    assert_eq!(near_miss("DB_ROLE_ARN", "DB_ASSUME_ROLE_ARN"), Some("DB_ROLE_ARN"));
    // What is set under its own name was not meant otherwise.
    assert_eq!(near_miss("PGHOST", "DB_HOST"), None);
    assert_eq!(near_miss("PGDATABASE", "DB_PORT"), None);
}

#[test]
fn no_password_in_a_value_is_shown() {
    const NAMES: [&str; 2] = ["DB_USER", "DB_NAME"];
    for value in [
        "postgres://app:canary@host/app",
        "postgresql://app:can@ary/x@host",
        "app:canary@host:5432",
        "host=db user=app password=canary",
        "jdbc:postgresql://host/app?user=app&password=canary",
        "{\"username\": \"app\", \"password\": \"canary\"}",
        "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n",
    ] {
        // Any text may be an external id.
        for variable in VARIABLES.iter().filter(|it| it.name != "DB_ASSUME_ROLE_EXTERNAL_ID") {
            let auth = if variable.name == "DB_SECRET_ARN" { "secret" } else { "iam" };
            let vars = HashMap::from([
                ("DB_HOST", HOST),
                ("DB_USER", "app"),
                ("DB_AUTH", auth),
                (variable.name, value),
            ]);
            let Err(problems) = Config::from_vars(|name| vars.get(name).map(|it| (*it).to_owned()))
            else {
                // Users and databases may have names of any characters, and so may files.
                let is_any = value.starts_with("app:") && variable.name == "DB_CA_FILE"
                    || NAMES.contains(&variable.name)
                        && !value.contains("password")
                        && !value.contains("://");
                assert!(is_any, "{}={value}", variable.name);
                continue;
            };
            let all: String = problems.as_slice().iter().map(ToString::to_string).collect();
            for part in ["can@", "ary"] {
                assert!(!all.contains(part), "{}: {all}", variable.name);
                assert!(!format!("{problems:?}").contains(part), "{problems:?}");
            }
        }
    }
    let shown = config(&[("DB_HOST", "postgres://app:pw@db.example/app"), ("DB_USER", "app")]);
    insta::assert_snapshot!(shown.unwrap_err(), @r#"DB_HOST is "postgres://***@db.example/app": expected a host name alone, without a scheme"#);
}

#[test]
fn a_connection_string_is_neither_a_user_nor_a_database() {
    for name in ["DB_USER", "DB_NAME"] {
        for value in [
            "postgres://app:pw@host/app",
            "dbname=app password=pw",
            "{\"username\": \"app\", \"password\": \"pw\"}",
        ] {
            let vars = HashMap::from([("DB_HOST", HOST), ("DB_USER", "app"), (name, value)]);
            let vars: Vec<_> = vars.into_iter().collect();
            let problem = config(&vars).unwrap_err();
            assert!(problem.starts_with(name) && !problem.contains("pw"), "{problem}");
        }
    }
    let strange = [("DB_HOST", HOST), ("DB_USER", "a:b@c"), ("DB_NAME", "a=b?c")];
    assert!(config(&strange).is_ok());
}

#[test]
fn a_secret_itself_is_never_shown_for_its_arn() {
    let problems = config(&[
        ("DB_HOST", HOST),
        ("DB_AUTH", "secret"),
        ("DB_SECRET_ARN", "{\"password\": \"canary\"}"),
        ("DB_ASSUME_ROLE_ARN", "canary"),
        ("DB_CA_FILE", "-----BEGIN CERTIFICATE-----\ncanary"),
    ]);
    insta::assert_snapshot!(problems.unwrap_err(), @"
    DB_SECRET_ARN is set to a value that is not shown, since it may be a secret: expected a secret's ARN, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME
    DB_ASSUME_ROLE_ARN is set to a value that is not shown, since it may be a secret: expected a role's ARN, arn:aws:iam::ACCOUNT:role/NAME
    DB_CA_FILE is set to a value that is not shown, since it may be a secret: expected the path of a PEM file, such as /var/task/ca.pem
    ");
}
