//! What a report says first once the control plane was heard, by unit tests of the rules: for each
//! target's reason, proxy's status and entry, and for who signed.

mod proxy;
mod signer;
mod targets;
mod variables;

use std::time::Duration;

use super::*;
use crate::clock::Offset;
use crate::config::{Config, DbUser, Engine};
use crate::diagnosis::{Diagnosis, of_failure};
use crate::explain::{AuthEntry, FailedCall, IDENTITY, Principal, Target};
use crate::health::QueryError;
use crate::probe::{Failure, LoginFacts, StepError};
use crate::session::{AuthenticateError, ErrorCode, ServerError, WireError};
use crate::tls::TlsError;
use crate::token::AwsRefusal;

const AFTER: Duration = Duration::from_secs(5);
const IAM_TEXT: &str = "The IAM authentication failed for the role app. Check the IAM token.";
const PRINCIPAL: &str = "arn:aws:sts::111122223333:assumed-role/orders/probe";

fn config(more: &[(&str, &str)]) -> Config {
    let base = [("DB_HOST", "orders.proxy-abc.eu-west-1.rds.amazonaws.com"), ("DB_USER", "app")];
    Config::from_vars(|name| {
        let found = more.iter().chain(&base).find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    })
    .unwrap()
}

const BY_SECRET: &[(&str, &str)] = &[
    ("DB_AUTH", "secret"),
    ("DB_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf"),
];

#[expect(clippy::unnecessary_wraps, reason = "the facts have options")]
fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

fn proxy() -> Proxy {
    Proxy {
        name: "orders".to_owned(),
        arn: "arn:aws:rds:eu-west-1:123456789012:db-proxy:prx-0123456789abcdef0".to_owned(),
        engine_family: text("POSTGRESQL"),
        status: "available".to_owned(),
        requires_tls: true,
        default_auth_scheme: text("NONE"),
        ..Proxy::default()
    }
}

fn entry(user: &str, iam_auth: &str) -> AuthEntry {
    let secret_arn = text("arn:aws:secretsmanager:eu-west-1:123456789012:secret:app");
    AuthEntry { user: text(user), secret_arn, iam_auth: text(iam_auth) }
}

fn target(state: &str, reason: Option<&str>) -> Target {
    Target {
        id: "orders-1".to_owned(),
        port: Some(5_433),
        role: text("READ_WRITE"),
        state: text(state),
        reason: reason.map(str::to_owned),
        description: None,
    }
}

fn plane(proxy: Proxy, targets: Vec<Target>) -> ControlPlane {
    let principal = Principal { arn: PRINCIPAL.to_owned(), account: "123456789012".to_owned() };
    ControlPlane {
        principal: Some(principal),
        owner: Owner::Proxy(proxy),
        targets: Some(targets),
        ..ControlPlane::default()
    }
}

fn diagnosis(failure: &Failure, vars: &[(&str, &str)], said: &ControlPlane) -> Diagnosis {
    let config = config(vars);
    let login = LoginFacts {
        user: DbUser::parse(Engine::PostgreSql, "app").unwrap(),
        keys: None,
        secret_host: None,
        secret_port: None,
        secret_engine: None,
    };
    let facts = Facts {
        config: Some(&config),
        login: Some(&login),
        control_plane: Some(said),
        ..Facts::default()
    };
    of_failure(failure, &facts)
}

fn says(sqlstate: &str, message: &str) -> WireError {
    let code = ErrorCode::postgresql(sqlstate);
    WireError::Refused(ServerError { code, message: message.to_owned() })
}

fn refused(sqlstate: &str, message: &str) -> Failure {
    let error = AuthenticateError::Wire(says(sqlstate, message));
    Failure::Authenticate(StepError::Failed(error))
}

fn borrow_timeout() -> Failure {
    let error = says("08000", "Timed-out waiting to acquire database connection");
    Failure::Query(StepError::Failed(QueryError::Wire(error)))
}

fn iam_rejected() -> Failure {
    refused("28P01", IAM_TEXT)
}

fn first(diagnosis: &Diagnosis) -> (&str, &str) {
    let cause = &diagnosis.causes[0];
    (cause.cause.as_str(), cause.evidence.as_deref().unwrap_or_default())
}
