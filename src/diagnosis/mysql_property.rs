//! Whatever fails with MySQL: a cause, and none that only PostgreSQL has.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::property::{check, failures};
use super::*;
use crate::config::Engine;
use crate::health::QueryError;
use crate::session::mysql::Plugin;
use crate::session::{AuthRequest, AuthenticateError, EncryptError, ErrorCode, WireError};
use crate::tls::TlsError;

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf";

/// Configurations for MySQL that the rules tell apart.
fn configs() -> Vec<Config> {
    let with = |host: &str, by_secret: bool| {
        Config::from_vars(|name| match name {
            "DB_ENGINE" => Some("mysql".to_owned()),
            "DB_HOST" => Some(host.to_owned()),
            "DB_REGION" => Some("eu-west-1".to_owned()),
            "DB_USER" => Some("app".to_owned()),
            "DB_AUTH" if by_secret => Some("secret".to_owned()),
            "DB_SECRET_ARN" if by_secret => Some(SECRET.to_owned()),
            "DB_CONNECT_TO" if !by_secret => Some("127.0.0.1:3307".to_owned()),
            _ => None,
        })
        .unwrap()
    };
    let hosts = [
        "app.proxy-abc.eu-west-1.rds.amazonaws.com",
        "app.cluster-abc.eu-west-1.rds.amazonaws.com",
        "app.abc.eu-west-1.rds.amazonaws.com",
        "db.example.com",
    ];
    hosts.iter().flat_map(|host| [with(host, false), with(host, true)]).collect()
}

/// What a server may have asked for before it refused.
fn asked() -> [Option<AuthRequest>; 4] {
    let plugins = [Plugin::ClearPassword, Plugin::Native, Plugin::Other("dialog".into())];
    let [clear, native, other] = plugins.map(|plugin| Some(AuthRequest::MySql(plugin)));
    [None, clear, native, other]
}

/// Whether only a PostgreSQL can fail like this.
fn is_postgresqls(failure: &Failure) -> bool {
    use Failure::{Authenticate, Query, Tls};
    let of_login = |error: &AuthenticateError| match error {
        AuthenticateError::MethodUnsupported { asked } => {
            matches!(asked, AuthRequest::PostgreSql(_))
        }
        AuthenticateError::Wire(error) => is_postgresqls_error(error),
    };
    match failure {
        Tls(StepError::Failed(error)) => matches!(
            error,
            EncryptError::Tls(TlsError::ErrorBeforeTls)
                | EncryptError::NotThisEngine { expected: Engine::PostgreSql, .. }
        ),
        Authenticate(StepError::Failed(error)) => of_login(error),
        Query(StepError::Failed(QueryError::Wire(error))) => is_postgresqls_error(error),
        Tls(_)
        | Authenticate(_)
        | Query(_)
        | Failure::Config(_)
        | Failure::Credentials(_)
        | Failure::Secret(_)
        | Failure::Sign(_)
        | Failure::Resolve(_)
        | Failure::Connect(_) => false,
    }
}

fn is_postgresqls_error(error: &WireError) -> bool {
    matches!(error, WireError::Refused(ServerError { code: ErrorCode::PostgreSql(_), .. }))
}

/// The diagnosis has causes of its entry, and none of PostgreSQL's.
fn check_mysql(failure: &Failure, facts: &Facts<'_>) -> Result<(), TestCaseError> {
    check(failure, facts)?;
    let diagnosis = of_failure(failure, facts);
    let filled = |engine| {
        let causes = diagnosis.code.entry().causes.iter();
        causes
            .filter(move |advice| (advice.engine == Some(Engine::PostgreSql)) == engine)
            .map(|advice| {
                let cause = advice.fill(facts, None);
                (cause.cause, cause.remedy, cause.commands)
            })
            .collect::<BTreeSet<_>>()
    };
    let (postgresqls, others) = (filled(true), filled(false));
    for Cause { cause, remedy, commands, .. } in diagnosis.causes {
        let cause = (cause, remedy, commands);
        prop_assert!(others.contains(&cause) || !postgresqls.contains(&cause), "{:?}", cause);
    }
    Ok(())
}

/// Every way in which MySQL refuses, at the login and at a statement.
fn refusals(number: u16, sqlstate: Option<&str>, text: &str) -> [Failure; 2] {
    let error = || {
        let code = ErrorCode::mysql(number, sqlstate);
        WireError::Refused(ServerError { code, message: text.to_owned() })
    };
    [
        Failure::Authenticate(StepError::Failed(AuthenticateError::Wire(error()))),
        Failure::Query(StepError::Failed(QueryError::Wire(error()))),
    ]
}

fn check_everywhere(failure: &Failure) -> Result<(), TestCaseError> {
    for config in &configs() {
        for asked in &asked() {
            let facts = Facts { config: Some(config), asked: asked.as_ref(), ..Facts::default() };
            check_mysql(failure, &facts)?;
        }
    }
    Ok(())
}

#[test]
fn every_number_has_causes_of_mysqls_with_every_login() {
    let texts =
        ["", "Access denied", "Plugin 'AWSAuthenticationPlugin' is not loaded", "Unknown error"];
    let known = [
        1037, 1040, 1041, 1044, 1045, 1049, 1053, 1077, 1079, 1105, 1115, 1129, 1130, 1135, 1142,
        1152, 1158, 1159, 1203, 1226, 1227, 1231, 1251, 1275, 1317, 1524, 1698, 1820, 1862, 1927,
        1969, 3024, 3032, 3118, 3159, 3955, 4031, 4151, 9001, 9501,
    ];
    for number in known {
        for text in if number == 1524 { &texts[..] } else { &texts[..1] } {
            for failure in refusals(number, None, text) {
                check_everywhere(&failure).unwrap();
            }
        }
    }
}

#[test]
fn every_request_for_a_plugin_has_causes_of_mysqls() {
    for asked in asked().into_iter().flatten() {
        let error = AuthenticateError::MethodUnsupported { asked };
        check_everywhere(&Failure::Authenticate(StepError::Failed(error))).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn every_failure_has_a_cause_of_mysqls(text in ".{0,80}", number: u8) {
        for failure in failures(&text, "XX000", number) {
            if !is_postgresqls(&failure) {
                for config in &configs() {
                    check_mysql(&failure, &Facts { config: Some(config), ..Facts::default() })?;
                }
            }
        }
    }

    #[test]
    fn whatever_a_server_says_has_a_cause(
        number: u16, sqlstate in proptest::option::of("[0-9A-Z]{5}"), text in ".{0,80}",
    ) {
        for failure in refusals(number, sqlstate.as_deref(), &text) {
            check_everywhere(&failure)?;
            check(&failure, &Facts::default())?;
        }
    }
}
