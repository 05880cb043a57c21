//! A custom resource's request.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes.html>

use serde_json::{Map, Value};

use super::url::ResponseUrl;
use crate::config::Region;

/// What to do with the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// Create it.
    Create,
    /// Update it.
    Update,
    /// Delete it.
    Delete,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// What to do.
    pub kind: RequestKind,
    /// The resource's properties.
    pub properties: Map<String, Value>,
    /// Those it had before; only with [`RequestKind::Update`].
    pub old_properties: Option<Map<String, Value>>,
    /// Where the answer goes, and for what.
    pub reply_to: ReplyTo,
}

/// Where an answer goes, and which request it answers.
#[derive(Clone, Debug)]
pub struct ReplyTo {
    pub(super) url: ResponseUrl,
    /// The ARN of the stack.
    pub stack_id: String,
    /// The request's id.
    pub request_id: String,
    /// The resource's name in the template.
    pub logical_id: String,
    /// The name from an earlier answer; `None` before the resource was created.
    pub physical_id: Option<String>,
}

/// An invalid request.
#[derive(Clone, Debug)]
pub struct RequestError {
    /// What is wrong with it.
    pub problem: String,
    /// Where to answer, if it has an address.
    pub reply_to: Option<Box<ReplyTo>>,
}

/// Whether an event is CloudFormation's: it has a request type and an address for the answer.
pub fn is_request(event: &Map<String, Value>) -> bool {
    event.contains_key("RequestType") && event.contains_key("ResponseURL")
}

impl Request {
    /// Reads an event. `region` is the function's own.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn parse(event: &Map<String, Value>, region: &Region) -> Result<Self, RequestError> {
        let reply_to = read_reply_to(event, region)
            .map_err(|problem| RequestError { problem, reply_to: None })?;
        let (kind, properties, old_properties) = match read_wanted(event) {
            Ok(wanted) => wanted,
            Err(problem) => {
                return Err(RequestError { problem, reply_to: Some(Box::new(reply_to)) });
            }
        };
        Ok(Self { kind, properties, old_properties, reply_to })
    }
}

fn read_reply_to(event: &Map<String, Value>, region: &Region) -> Result<ReplyTo, String> {
    let physical_id = match event.get("PhysicalResourceId") {
        None | Some(Value::Null) => None,
        Some(_) => Some(text(event, "PhysicalResourceId")?.to_owned()),
    };
    Ok(ReplyTo {
        url: ResponseUrl::parse(text(event, "ResponseURL")?, region)?,
        stack_id: text(event, "StackId")?.to_owned(),
        request_id: text(event, "RequestId")?.to_owned(),
        logical_id: text(event, "LogicalResourceId")?.to_owned(),
        physical_id,
    })
}

type Wanted = (RequestKind, Map<String, Value>, Option<Map<String, Value>>);

fn read_wanted(event: &Map<String, Value>) -> Result<Wanted, String> {
    let kind = match text(event, "RequestType")? {
        "Create" => RequestKind::Create,
        "Update" => RequestKind::Update,
        "Delete" => RequestKind::Delete,
        _ => return Err("RequestType is not Create, Update or Delete".to_owned()),
    };
    let properties = object(event, "ResourceProperties")?.unwrap_or_default();
    Ok((kind, properties, object(event, "OldResourceProperties")?))
}

fn text<'a>(event: &'a Map<String, Value>, key: &str) -> Result<&'a str, String> {
    let found = event.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    found.ok_or_else(|| format!("the request's {key} is missing or not a text"))
}

fn object(event: &Map<String, Value>, key: &str) -> Result<Option<Map<String, Value>>, String> {
    match event.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object.clone())),
        Some(_) => Err(format!("the request's {key} is not an object")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(change: &Value) -> Map<String, Value> {
        let mut event = json!({
            "RequestType": "Create",
            "ResponseURL": "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/a?Signature=x",
            "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/app/guid",
            "RequestId": "one",
            "ResourceType": "Custom::HealthyDatabasePath",
            "LogicalResourceId": "Gate",
            "ResourceProperties": { "ServiceToken": "arn", "Version": "1" },
        });
        event.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        event.as_object().unwrap().clone()
    }

    fn parse(change: &Value) -> Result<Request, RequestError> {
        Request::parse(&event(change), &Region::parse("us-east-1").unwrap())
    }

    #[test]
    fn a_request_is_read() {
        let request = parse(&json!({})).unwrap();
        assert_eq!(request.kind, RequestKind::Create);
        assert_eq!(request.properties.get("Version"), Some(&json!("1")));
        assert_eq!((request.old_properties, request.reply_to.physical_id), (None, None));
        let update = json!({
            "RequestType": "Update", "PhysicalResourceId": "it",
            "OldResourceProperties": { "Version": "0" },
        });
        let request = parse(&update).unwrap();
        assert_eq!(request.reply_to.physical_id.as_deref(), Some("it"));
        assert_eq!(request.old_properties.unwrap().get("Version"), Some(&json!("0")));
    }

    #[test]
    fn nonsense_can_be_answered_as_long_as_it_says_where_to() {
        for change in [
            json!({ "RequestType": "Destroy" }),
            json!({ "RequestType": 1 }),
            json!({ "ResourceProperties": [] }),
            json!({ "OldResourceProperties": "" }),
        ] {
            let error = parse(&change).unwrap_err();
            assert!(error.reply_to.is_some(), "{change}: {}", error.problem);
        }
        for change in [
            json!({ "ResponseURL": "https://example.com/" }),
            json!({ "ResponseURL": null }),
            json!({ "StackId": "" }),
            json!({ "RequestId": 7 }),
            json!({ "LogicalResourceId": null }),
            json!({ "PhysicalResourceId": [] }),
        ] {
            let error = parse(&change).unwrap_err();
            assert!(error.reply_to.is_none(), "{change}: {}", error.problem);
        }
    }
}
