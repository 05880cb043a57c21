//! Every message of the corpus to its code, and whether trying again can help.

use serde_json::Value;

use super::texts::{PASSED_ON, POOLERS};
use super::*;
use crate::diagnosis::{Diagnosis, Facts, of_failure};
use crate::health::QueryError;
use crate::probe::{Failure, StepError};
use crate::session::{AuthenticateError, ErrorCode, WireError};

const CORPUS: &str = include_str!("../../../tests/corpus/messages.json");

fn messages() -> Vec<Value> {
    let corpus: Value = serde_json::from_str(CORPUS).unwrap();
    corpus["messages"].as_array().unwrap().clone()
}

/// The text and the SQLSTATE of every message.
pub(in crate::diagnosis) fn corpus() -> impl Iterator<Item = (String, String)> {
    messages().into_iter().map(|message| {
        let text = message["text"].as_str().unwrap().to_owned();
        (text, message["sqlstate"].as_str().unwrap_or("XX000").to_owned())
    })
}

/// What a message of the corpus means where nothing else is known.
fn diagnosis(message: &Value) -> Diagnosis {
    let sqlstate = message["sqlstate"].as_str().unwrap_or("XX000");
    let error = ServerError {
        code: ErrorCode::postgresql(sqlstate),
        message: message["text"].as_str().unwrap().to_owned(),
    };
    let wire = WireError::Refused(error);
    let failure = match message["phase"].as_str().unwrap() {
        "login" => Failure::Authenticate(StepError::Failed(AuthenticateError::Wire(wire))),
        "statement" => Failure::Query(StepError::Failed(QueryError::Wire(wire))),
        other => panic!("{other}"),
    };
    of_failure(&failure, &Facts::default())
}

/// The code of every message that a user posted or a guide prints, beside the one that it must
/// lead to.
#[test]
fn messages_that_users_posted_lead_to_their_codes() {
    let messages = messages();
    assert!(messages.len() >= 120, "{}", messages.len());
    let mut wrong = Vec::new();
    for message in &messages {
        let found = diagnosis(message).code.as_str();
        if message["code"] != found {
            wrong.push(format!("{}: {found} instead of {}", message["text"], message["code"]));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let catch_all = |message: &&Value| {
        ["auth_failed", "query_failed"].map(Value::from).contains(&message["code"])
    };
    let catch_alls = messages.iter().filter(catch_all).count();
    assert!(catch_alls * 12 <= messages.len(), "{catch_alls} of {}", messages.len());
}

/// Whether a code is transient stands in its entry; where a text says otherwise the corpus does.
#[test]
fn trying_again_helps_where_the_code_or_the_text_says_so() {
    let mut wrong = Vec::new();
    for message in &messages() {
        let found = diagnosis(message);
        let by_code = found.code.entry().transient;
        let expected = message["transient"].as_bool().unwrap_or(by_code);
        if found.transient != expected {
            wrong.push(format!("{}: transient is {}", message["text"], found.transient));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A message's author decides whose log and whose settings a remedy names.
#[test]
fn every_message_of_a_poolers_is_known_to_be_one() {
    for (text, _) in POOLERS {
        let code = ErrorCode::PostgreSql(None);
        let error = ServerError { code, message: (*text).to_owned() };
        assert_eq!(read(&error, Phase::Login).author, Author::Pooler, "{text}");
    }
}

#[test]
fn a_message_that_the_proxy_passes_on_is_the_databases() {
    let message = format!("{PASSED_ON}permission denied for database \"app\"");
    let error = ServerError { code: ErrorCode::postgresql("XX000"), message };
    let reading = read(&error, Phase::Login);
    assert_eq!((reading.code, reading.author), (Some(Code::ConnectNotPermitted), Author::Database));
    assert!(reading.is_passed_on);
    assert_eq!(quoted_after(reading.text, "database"), Some("app"));
}
