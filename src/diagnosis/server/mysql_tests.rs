//! Every message of MySQL's corpus to its code, and whether trying again can help.

use serde_json::Value;

use super::*;
use crate::config::Config;
use crate::diagnosis::{Diagnosis, Facts, of_failure};
use crate::health::QueryError;
use crate::probe::{Failure, StepError};
use crate::session::mysql::Plugin;
use crate::session::{AuthRequest, AuthenticateError, WireError};

const CORPUS: &str = include_str!("../../../tests/corpus/mysql.json");
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf";

fn messages() -> Vec<Value> {
    let corpus: Value = serde_json::from_str(CORPUS).unwrap();
    corpus["messages"].as_array().unwrap().clone()
}

/// A probe by token, or by secret where the message says so, of a name that tells nothing.
fn config(message: &Value) -> Config {
    let by_secret = message["login"] == "secret";
    let config = Config::from_vars(|name| match name {
        "DB_ENGINE" => Some("mysql".to_owned()),
        "DB_HOST" => Some("db.example.com".to_owned()),
        "DB_REGION" => Some("eu-west-1".to_owned()),
        "DB_USER" => Some("app".to_owned()),
        "DB_AUTH" if by_secret => Some("secret".to_owned()),
        "DB_SECRET_ARN" if by_secret => Some(SECRET.to_owned()),
        _ => None,
    });
    config.unwrap()
}

fn diagnosis(message: &Value) -> Diagnosis {
    let number = u16::try_from(message["number"].as_u64().unwrap()).unwrap();
    let text = message["text"].as_str().unwrap().to_owned();
    let code = ErrorCode::mysql(number, message["sqlstate"].as_str());
    let wire = WireError::Refused(ServerError { code, message: text });
    let failure = match message["phase"].as_str().unwrap() {
        "login" => Failure::Authenticate(StepError::Failed(AuthenticateError::Wire(wire))),
        "statement" => Failure::Query(StepError::Failed(QueryError::Wire(wire))),
        other => panic!("{other}"),
    };
    let asked = message["asked"].as_str().map(|plugin| {
        assert_eq!(plugin, "mysql_clear_password");
        AuthRequest::MySql(Plugin::ClearPassword)
    });
    let config = config(message);
    let facts = Facts { config: Some(&config), asked: asked.as_ref(), ..Facts::default() };
    of_failure(&failure, &facts)
}

/// The code of every message that a user posted or a guide prints, beside the one that it must
/// lead to.
#[test]
fn messages_that_users_posted_lead_to_their_codes() {
    let messages = messages();
    assert!(messages.len() >= 100, "{}", messages.len());
    let mut wrong = Vec::new();
    for message in &messages {
        let found = diagnosis(message);
        let transient =
            message["transient"].as_bool().unwrap_or_else(|| found.code.entry().transient);
        if message["code"] != found.code.as_str() || transient != found.transient {
            wrong.push(format!("{message}: {} ({})", found.code.as_str(), found.transient));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let catch_all = |message: &&Value| {
        ["auth_failed", "query_failed"].map(Value::from).contains(&message["code"])
    };
    let catch_alls = messages.iter().filter(catch_all).count();
    assert!(catch_alls * 50 <= messages.len(), "{catch_alls} of {}", messages.len());
}

#[test]
fn a_text_decides_with_or_without_its_final_stop() {
    for text in
        ["This RDS Proxy requires TLS connections", "This RDS Proxy requires TLS connections."]
    {
        let code = ErrorCode::mysql(3159, Some("HY000"));
        let error = ServerError { code, message: text.to_owned() };
        let reading = read(&error, Phase::Login);
        assert_eq!((reading.code, reading.author), (Some(Code::TlsRequired), Author::Proxy));
    }
}

#[test]
fn what_the_proxy_says_with_either_engine_counts_whatever_its_number_is() {
    let message = "Target group doesnt have any associated read-only instances".to_owned();
    let error = ServerError { code: ErrorCode::mysql(9999, None), message };
    let reading = read(&error, Phase::Login);
    assert_eq!((reading.code, reading.author), (Some(Code::NoReader), Author::Proxy));
}
