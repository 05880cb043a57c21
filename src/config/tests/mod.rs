//! The environment as a whole: defaults, and all problems at once.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use super::*;

mod effect;
mod misplaced;

const HOST: &str = "app.proxy-abc.eu-west-1.rds.amazonaws.com";

fn config(vars: &[(&str, &str)]) -> Result<Config, String> {
    let vars: HashMap<_, _> = vars.iter().copied().collect();
    Config::from_vars(|name| vars.get(name).map(|value| (*value).to_owned())).map_err(|problems| {
        problems.as_slice().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    })
}

fn region(vars: &[(&str, &str)]) -> Result<String, String> {
    config(&[&[("DB_USER", "app")], vars].concat()).map(|config| config.endpoint.region.to_string())
}

#[test]
fn host_and_user_are_enough() {
    let config = config(&[("DB_HOST", HOST), ("DB_USER", "app"), ("DB_PORT", "")]).unwrap();
    assert_eq!(config.endpoint.host.as_str(), HOST);
    assert_eq!(config.socket.to_string(), format!("{HOST}:5432"));
    assert_eq!(
        (config.endpoint.port, config.database.as_ref().map(DbName::as_str)),
        (5432, Some("postgres"))
    );
    assert_eq!(config.limits.timeout.as_millis(), 5_000);
    assert_eq!(config.limits.session_max_age.as_secs(), 300);
    assert_eq!(config.expected_role, ExpectedRole::Any);
    assert_eq!(config.anchors, AnchorSource::Bundled);
    assert!(!config.socket_is_elsewhere);
}

#[test]
fn the_region_is_taken_from_the_host_before_the_ambient_one() {
    let named = region(&[("DB_HOST", HOST), ("AWS_REGION", "us-east-1")]);
    assert_eq!(named.as_deref(), Ok("eu-west-1"));
    let ambient = region(&[("DB_HOST", "db.internal"), ("AWS_REGION", "us-east-1")]);
    assert_eq!(ambient.as_deref(), Ok("us-east-1"));
    let explicit = region(&[("DB_HOST", "db.internal"), ("DB_REGION", "eu-north-1")]);
    assert_eq!(explicit.as_deref(), Ok("eu-north-1"));
}

#[test]
fn another_region_than_the_hosts_is_a_problem() {
    let problem = region(&[("DB_HOST", HOST), ("DB_REGION", "us-east-1")]).unwrap_err();
    insta::assert_snapshot!(problem, @r#"DB_REGION is "us-east-1": expected eu-west-1, the region in DB_HOST, or nothing"#);
}

#[test]
fn no_region_at_all_is_a_problem_and_never_a_default() {
    let problem = region(&[("DB_HOST", "db.internal")]).unwrap_err();
    insta::assert_snapshot!(problem, @"DB_REGION is not set: expected the endpoint's region: DB_HOST does not name one, and AWS_REGION is not set");
}

#[test]
fn an_empty_environment_names_all_that_is_missing() {
    insta::assert_snapshot!(config(&[]).unwrap_err(), @r"
    DB_HOST is not set: expected the endpoint's host name
    DB_USER is not set: expected the database user
    ");
}

#[test]
fn all_problems_are_reported_together() {
    let problems = config(&[
        ("DB_HOST", "https://x"),
        ("DB_PORT", "0"),
        ("DB_REGION", "Ireland"),
        ("DB_AUTH", "kerberos"),
        ("DB_CONNECT_TO", "::1"),
        ("DB_EXPECT_ROLE", "primary"),
        ("DB_SESSION_MAX_AGE_S", "-1"),
        ("PROBE_TIMEOUT_MS", "soon"),
        ("PROBE_FAIL_INVOCATION", "yes"),
        ("PROBE_EXPLAIN", "1"),
    ]);
    insta::assert_snapshot!(problems.unwrap_err(), @r#"
    DB_HOST is "https://x": expected a host name alone, without a scheme
    DB_PORT is "0": expected a port from 1 to 65535
    DB_REGION is "Ireland": expected a region code such as eu-west-1
    DB_AUTH is "kerberos": expected iam or secret
    DB_CONNECT_TO is "::1": expected host, host:port or [IPv6]:port, with a port from 1 to 65535
    DB_EXPECT_ROLE is "primary": expected writer, reader or any
    DB_SESSION_MAX_AGE_S is "-1": expected a whole number from 0 to 86400
    PROBE_TIMEOUT_MS is "soon": expected a whole number from 1 to 900000
    PROBE_FAIL_INVOCATION is "yes": expected true or false
    PROBE_EXPLAIN is "1": expected true or false
    "#);
}

#[test]
fn a_secret_and_a_role_are_named_by_their_arns() {
    let secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf";
    let role = "arn:aws:iam::123456789012:role/probe";
    let base = [("DB_HOST", HOST), ("DB_AUTH", "secret"), ("DB_ASSUME_ROLE_ARN", role)];
    let config = config(&[&base[..], &[("DB_SECRET_ARN", secret)]].concat()).unwrap();
    let AuthMethod::Secret { secret: read } = config.auth else { panic!("{:?}", config.auth) };
    assert_eq!(read.as_str(), secret);
    let assumed = config.keys.role.unwrap();
    assert_eq!((assumed.arn.as_str(), assumed.session_name.as_str()), (role, "rds-proxy-probe"));
}

#[test]
fn a_secret_or_role_without_its_arn_is_a_problem() {
    const USER: &str = "arn:aws:iam::1:user/r";
    let problems =
        config(&[("DB_HOST", HOST), ("DB_AUTH", "secret"), ("DB_ASSUME_ROLE_ARN", USER)]);

    insta::assert_snapshot!(problems.unwrap_err(), @r#"
    DB_SECRET_ARN is not set: expected the ARN of a secret with username and password
    DB_ASSUME_ROLE_ARN is "arn:aws:iam::1:user/r": expected a role's ARN, arn:aws:iam::ACCOUNT:role/NAME
    "#);
}

#[test]
fn a_user_of_a_mebibyte_is_a_short_problem() {
    let user = "u".repeat(1 << 20);
    let problem = config(&[("DB_HOST", HOST), ("DB_USER", &user)]).unwrap_err();
    assert!(problem.len() < 1_000, "{}", problem.len());
    assert!(problem.contains("it has 1048576"), "{problem}");
}

#[test]
fn keys_are_taken_only_as_a_pair_and_never_shown() {
    let base = [("DB_HOST", HOST), ("DB_USER", "app"), ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")];
    let keys = |config: Config| config.keys.environment;
    assert!(keys(config(&base).unwrap()).is_none());
    let pair = [&base[..], &[("AWS_SECRET_ACCESS_KEY", "s3cr3t-k3y")]].concat();
    let config = config(&pair).unwrap();
    assert!(!format!("{config:?}").contains("s3cr3t-k3y"));
    assert!(keys(config).is_some());
}

#[test]
fn problems_come_in_the_order_of_the_reference_whatever_is_found_first() {
    let wrong = |name: &'static str| match name {
        "DB_HOST" => "a b".to_owned(),
        "DB_NAME" | "DB_USER" => "x".repeat(64),
        "DB_CA_FILE" => "-----BEGIN CERTIFICATE-----".to_owned(),
        _ => "?".to_owned(),
    };
    let all: Vec<_> = VARIABLES.iter().map(|variable| variable.name).collect();
    let vars: HashMap<_, _> = all.iter().map(|name| (*name, wrong(name))).collect();
    let problems = Config::from_vars(|name| vars.get(name).cloned()).unwrap_err();
    let named: Vec<_> = problems.as_slice().iter().map(|problem| problem.variable).collect();
    // Any text may be an external id.
    let expected: Vec<_> =
        all.into_iter().filter(|name| *name != "DB_ASSUME_ROLE_EXTERNAL_ID").collect();
    assert_eq!(named, expected);
}

#[test]
fn every_variable_that_is_read_is_listed_and_every_one_listed_is_read() {
    let mut asked = BTreeSet::new();
    for auth in ["iam", "secret"] {
        let seen = RefCell::new(BTreeSet::new());
        drop(Config::from_vars(|name| {
            seen.borrow_mut().insert(name.to_owned());
            match name {
                "DB_AUTH" => Some(auth.to_owned()),
                _ => Some("x".to_owned()),
            }
        }));
        asked.extend(seen.into_inner());
    }
    // It is read only to be rejected.
    assert!(asked.remove("DB_PASSWORD"));
    // With all set nothing is looked for in their place.
    asked.retain(|name| name.starts_with("DB_") || name.starts_with("PROBE_"));
    assert_eq!(asked, VARIABLES.iter().map(|variable| variable.name.to_owned()).collect());
}

#[test]
fn a_global_writer_s_region_is_said_or_the_function_s_own() {
    const WRITER: &str = "id.global-abc.global.rds.amazonaws.com";
    let source = |vars: &[(&str, &str)]| {
        let base = [("DB_HOST", WRITER), ("DB_USER", "app")];
        config(&[&base[..], vars].concat()).map(|it| it.endpoint.region_source)
    };
    assert_eq!(source(&[("DB_REGION", "eu-west-1")]), Ok(RegionSource::Variable));
    assert_eq!(source(&[("AWS_REGION", "eu-west-1")]), Ok(RegionSource::Ambient));
    insta::assert_snapshot!(source(&[("AWS_DEFAULT_REGION", "eu-west-1")]).unwrap_err(), @"DB_REGION is not set: expected the region of the global database's present writer: DB_HOST does not name one, and AWS_REGION is not set (AWS_DEFAULT_REGION is not read)");
}

#[test]
fn an_unknown_region_in_the_host_is_the_region_that_signs() {
    let host = "app.proxy-abc.xx-moon-1.rds.amazonaws.eu";
    let found = config(&[("DB_HOST", host), ("DB_USER", "app"), ("DB_REGION", "xx-moon-1")]);
    let endpoint = found.unwrap().endpoint;
    assert_eq!(endpoint.region_source, RegionSource::HostName);
    assert_eq!((endpoint.region.as_str(), endpoint.region.partition()), ("xx-moon-1", "aws-eusc"));
}

#[test]
fn a_word_that_is_nearly_right_gets_a_suggestion() {
    let problem = |name, value| {
        let vars = [("DB_HOST", HOST), ("DB_USER", "app"), (name, value)];
        config(&vars).unwrap_err()
    };
    for (name, value, expected) in [
        ("DB_ENGINE", "mysq", "postgresql or mysql; did you mean \"mysql\"?"),
        ("DB_ENGINE", "MySQL", "postgresql or mysql; did you mean \"mysql\"?"),
        ("DB_ENGINE", "postgres", "postgresql or mysql; did you mean \"postgresql\"?"),
        ("DB_ENGINE", "postgersql", "postgresql or mysql; did you mean \"postgresql\"?"),
        ("DB_ENGINE", "oracle", "postgresql or mysql"),
        ("DB_AUTH", "IAM", "iam or secret; did you mean \"iam\"?"),
        ("DB_AUTH", "secrets", "iam or secret; did you mean \"secret\"?"),
        ("DB_EXPECT_ROLE", "Writer", "writer, reader or any; did you mean \"writer\"?"),
    ] {
        assert_eq!(problem(name, value), format!("{name} is {value:?}: expected {expected}"));
    }
}

#[test]
fn a_users_length_is_judged_by_the_engine() {
    let problem = |engine, user: &str| {
        config(&[("DB_HOST", HOST), ("DB_ENGINE", engine), ("DB_USER", user)]).err()
    };
    let (long, wide) = ("x".repeat(129), "ä".repeat(32));
    assert_eq!(problem("mysql", &wide), None);
    let bytes = problem("postgresql", &wide).unwrap();
    assert!(bytes.ends_with("at most 63 bytes, as PostgreSQL's names are; it has 64"), "{bytes}");
    let characters = problem("mysql", &long).unwrap();
    assert!(
        characters.ends_with("at most 128 characters, as MariaDB's users have; it has 129"),
        "{characters}"
    );
}
