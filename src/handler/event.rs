//! From an event to its options and the form of the reply.
//!
//! A few keys tell an event's shape: HTTP, a stack's, a deployment's, or none of these, which is a
//! direct invocation. Nothing in it chooses where to connect or with which keys:
//! only the keys read here have any effect.

use lambda_runtime::LambdaInvocation;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::cloudformation;
use crate::codedeploy::Hook;
use crate::probe::Options;
use crate::response::Shape;

/// An event as it arrived: JSON, or why it is not.
#[derive(Clone, Debug)]
pub struct Event(Result<Value, String>);

/// Gives an invocation without payload an empty object.
///
/// `cargo lambda invoke` and the Invoke API without `Payload` send an empty body, which is not JSON:
/// the runtime's deserializer would reject it without a report.
pub fn with_payload(mut invocation: LambdaInvocation) -> LambdaInvocation {
    if invocation.body.trim_ascii().is_empty() {
        invocation.body = "{}".into();
    }
    invocation
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked<'a> {
    /// The caller that reads the reply.
    Probe(ProbeRequest),
    /// A stack, which is answered elsewhere.
    Stack(&'a Map<String, Value>),
    /// A deployment, which is answered elsewhere.
    Deployment(Hook),
}

/// What an event asks for: the reply's form, and the options or what is wrong with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProbeRequest {
    pub(super) shape: Shape,
    pub(super) options: Result<Options, String>,
}

impl From<Value> for Event {
    fn from(value: Value) -> Self {
        Self(Ok(value))
    }
}

/// Never fails: what is not JSON gets a report too, instead of the runtime's error.
impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Value::deserialize(deserializer).map_err(|error| error.to_string())))
    }
}

impl Event {
    pub(super) fn asked(&self) -> Asked<'_> {
        let Ok(Value::Object(event)) = &self.0 else { return Asked::Probe(self.request()) };
        if cloudformation::is_request(event) {
            return Asked::Stack(event);
        }
        Hook::of(event).map_or_else(|| Asked::Probe(self.request()), Asked::Deployment)
    }

    fn request(&self) -> ProbeRequest {
        match &self.0 {
            Ok(Value::Object(event)) => request(event),
            Ok(other) => refused(format!("the event is {}: expected a JSON object", kind(other))),
            Err(error) => {
                refused(format!("the event is not JSON ({error}): expected a JSON object"))
            }
        }
    }
}

fn refused(problem: String) -> ProbeRequest {
    ProbeRequest { shape: Shape::Direct, options: Err(problem) }
}

fn request(event: &Map<String, Value>) -> ProbeRequest {
    if is_http(event) {
        ProbeRequest { shape: Shape::Http, options: query_options(event) }
    } else {
        ProbeRequest { shape: Shape::Direct, options: direct_options(event) }
    }
}

/// HTTP APIs and Function URLs have `requestContext.http`; REST APIs and load balancers have a
/// `requestContext` and an `httpMethod`.
fn is_http(event: &Map<String, Value>) -> bool {
    let Some(Value::Object(context)) = event.get("requestContext") else { return false };
    context.get("http").is_some_and(Value::is_object)
        || event.get("httpMethod").is_some_and(Value::is_string)
}

fn direct_options(event: &Map<String, Value>) -> Result<Options, String> {
    let flag = |name: &str| match event.get(name) {
        None => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(other) => {
            Err(format!("the event's \"{name}\" is {}: expected true or false", kind(other)))
        }
    };
    options(flag)
}

fn query_options(event: &Map<String, Value>) -> Result<Options, String> {
    let flag = |name: &str| match query_parameter(event, name) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(format!("the query parameter \"{name}\" is neither true nor false")),
    };
    options(flag)
}

fn options(flag: impl Fn(&str) -> Result<bool, String>) -> Result<Options, String> {
    Ok(Options { fresh: flag("fresh")?, explain: flag("explain")? })
}

/// A load balancer with multi-value headers sends lists, all others send texts.
fn query_parameter<'a>(event: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    let single = event.get("queryStringParameters").and_then(|all| all.get(name));
    let multiple = || event.get("multiValueQueryStringParameters").and_then(|all| all.get(name));
    let value = single.or_else(multiple)?;
    value.as_array().and_then(|values| values.last()).unwrap_or(value).as_str()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> ProbeRequest {
        serde_json::from_str::<Event>(text).unwrap().request()
    }

    fn check(text: &str, shape: Shape, fresh: bool) {
        assert_eq!(
            parse(text),
            ProbeRequest { shape, options: Ok(Options { fresh, explain: false }) },
            "{text}"
        );
    }

    #[test]
    fn a_direct_event_is_any_object() {
        check("{}", Shape::Direct, false);
        check(r#"{"fresh": true, "host": "elsewhere", "explain": false}"#, Shape::Direct, true);
        check(r#"{"requestContext": {}, "fresh": false}"#, Shape::Direct, false);
    }

    #[test]
    fn an_http_event_is_known_by_its_telling_keys() {
        check(r#"{"requestContext": {"http": {}}}"#, Shape::Http, false);
        check(
            r#"{"requestContext": {"elb": {}}, "httpMethod": "GET",
                "multiValueQueryStringParameters": {"fresh": ["true"]}}"#,
            Shape::Http,
            true,
        );
        check(
            r#"{"requestContext": {}, "httpMethod": "GET", "queryStringParameters": null}"#,
            Shape::Http,
            false,
        );
        check(
            r#"{"requestContext": {"http": {}}, "queryStringParameters": {"fresh": "true"}}"#,
            Shape::Http,
            true,
        );
    }

    #[test]
    fn what_is_no_request_says_why() {
        let problem = |text: &str| {
            let mut deserializer = serde_json::Deserializer::from_str(text);
            Event::deserialize(&mut deserializer).unwrap().request().options.unwrap_err()
        };
        insta::assert_snapshot!(problem("[]"), @"the event is an array: expected a JSON object");
        insta::assert_snapshot!(problem("{oops"), @"the event is not JSON (key must be a string at line 1 column 2): expected a JSON object");
        insta::assert_snapshot!(problem(r#"{"fresh": "yes"}"#), @r#"the event's "fresh" is a string: expected true or false"#);
        insta::assert_snapshot!(problem(r#"{"explain": 1}"#), @r#"the event's "explain" is a number: expected true or false"#);
        let http = r#"{"requestContext": {"http": {}}, "queryStringParameters": {"fresh": "1"}}"#;
        insta::assert_snapshot!(problem(http), @r#"the query parameter "fresh" is neither true nor false"#);
    }

    proptest! {
        #[test]
        fn any_text_is_an_event_of_some_kind(text in ".{0,200}") {
            let mut deserializer = serde_json::Deserializer::from_str(&text);
            let event = Event::deserialize(&mut deserializer).unwrap();
            let _request = event.request();
        }
    }
}
