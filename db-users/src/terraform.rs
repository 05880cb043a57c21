//! Terraform's event: `aws_lambda_invocation` with `lifecycle_scope = "CRUD"`, which adds `tf`.
//! <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lambda_invocation>
//!
//! The answer is the invocation's own, and a failure is a function error: then `terraform apply`
//! fails. A create that failed leaves no resource behind in Terraform's state, and its users are
//! undone; one whose end is not known is found again by its mark when it is tried again.

use rds_proxy_probe::cloudformation::RequestKind;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::failure::RequestFailure;
use crate::mark::Mark;
use crate::order::{NotDone, Order, Surroundings};
use crate::request::STACK_NAMES;

/// The key that Terraform adds, which tells its events from others.
const LIFECYCLE: &str = "tf";

const NAME: &str = "Name";
const PROPERTIES: &str = "Properties";

/// The longest name of a resource, in characters: it is kept in a comment.
const NAME_LIMIT: usize = 128;

/// A resource, and what to do with it.
#[derive(Debug)]
pub(crate) struct Event {
    name: String,
    order: Order,
}

/// Whether an event is Terraform's.
pub(crate) fn is_event(event: &Map<String, Value>) -> bool {
    event.contains_key(LIFECYCLE)
}

impl Event {
    /// Reads an event.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(event: &Map<String, Value>) -> Result<Self, String> {
        if let Some(key) =
            event.keys().find(|key| ![LIFECYCLE, NAME, PROPERTIES].contains(&&***key))
        {
            return Err(format!("the event has {key:?}: expected {NAME} and {PROPERTIES} alone"));
        }
        let name = name(event)?;
        let properties = properties(event)?;
        let lifecycle = event.get(LIFECYCLE);
        let action = lifecycle.and_then(|it| it.get("action")).and_then(Value::as_str);
        let (kind, old_properties) = match action {
            Some("create") => (RequestKind::Create, None),
            Some("update") => (
                RequestKind::Update,
                Some(before(&name, lifecycle.and_then(|it| it.get("prev_input")))?),
            ),
            Some("delete") => (RequestKind::Delete, None),
            Some(_) | None => {
                return Err(format!(
                    "{LIFECYCLE}.action is not create, update or delete, as Terraform sets it with \
                     lifecycle_scope = \"CRUD\""
                ));
            }
        };
        let mark = Mark::of_terraform(&name);
        Ok(Self { name, order: Order { kind, properties, old_properties, mark } })
    }

    /// Carries it out, by `until` at the latest; returns what was done, or why it was not.
    pub(crate) async fn carry_out(
        self,
        surroundings: Surroundings,
        until: Instant,
    ) -> Result<Value, String> {
        let Self { name, order } = self;
        if let Some(stacks) = (surroundings.variables)(STACK_NAMES) {
            return Err(RequestFailure::StacksAlone { stacks }.to_string());
        }
        match order.carry_out(&surroundings, until).await {
            Ok(done) => Ok(json!({ NAME: name, "Done": done })),
            Err(NotDone { reason, fate: _ }) => Err(reason),
        }
    }
}

fn name(event: &Map<String, Value>) -> Result<String, String> {
    let is_name = |name: &&str| {
        (1..=NAME_LIMIT).contains(&name.chars().count()) && !name.chars().any(char::is_control)
    };
    let name = event.get(NAME).and_then(Value::as_str).filter(is_name);
    name.map(str::to_owned)
        .ok_or_else(|| format!("{NAME} is not a text of 1 to {NAME_LIMIT} printable characters"))
}

fn properties(event: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let properties = event.get(PROPERTIES).and_then(Value::as_object);
    properties.cloned().ok_or_else(|| format!("{PROPERTIES} is not an object"))
}

/// The properties of the input before. Under another name the users would be left behind.
fn before(name: &str, input: Option<&Value>) -> Result<Map<String, Value>, String> {
    let input = input.and_then(Value::as_object);
    let input = input.ok_or_else(|| format!("{LIFECYCLE}.prev_input is not an object"))?;
    match input.get(NAME).and_then(Value::as_str) {
        Some(before) if before == name => properties(input),
        Some(before) => Err(format!(
            "{NAME} was {before:?} and is {name:?}: remove the resource in one apply, and add it \
             with the other name in the next"
        )),
        None => Err(format!("{LIFECYCLE}.prev_input has no {NAME}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(event: &Value) -> Result<Event, String> {
        Event::parse(event.as_object().unwrap())
    }

    fn problem(event: &Value) -> String {
        parse(event).unwrap_err()
    }

    #[test]
    fn an_event_is_read_as_terraform_sends_it() {
        let input = json!({ "Name": "orders", "Properties": { "Database": "app" } });
        let event = |action: &str, before: Value| {
            let mut event = input.clone();
            event["tf"] = json!({ "action": action, "prev_input": before });
            event
        };
        let read = parse(&event("create", Value::Null)).unwrap().order;
        assert_eq!((read.kind, read.old_properties), (RequestKind::Create, None));
        assert_eq!(read.properties["Database"], "app");
        assert_eq!(read.mark.as_str(), "Made by Terraform: orders");
        let read = parse(&event("update", input.clone())).unwrap().order;
        assert_eq!((read.kind, read.old_properties), (RequestKind::Update, Some(read.properties)));
        let read = parse(&event("delete", input.clone())).unwrap().order;
        assert_eq!((read.kind, read.old_properties), (RequestKind::Delete, None));
    }

    #[test]
    fn what_is_wrong_with_an_event_is_named() {
        let create = json!({ "action": "create", "prev_input": null });
        assert_eq!(
            problem(&json!({ "Name": "a", "Properties": {}, "Users": [], "tf": create })),
            "the event has \"Users\": expected Name and Properties alone"
        );
        for name in [json!(null), json!(""), json!("a\nb"), json!("a".repeat(129))] {
            let event = json!({ "Name": name, "Properties": {}, "tf": create });
            assert_eq!(problem(&event), "Name is not a text of 1 to 128 printable characters");
        }
        assert_eq!(problem(&json!({ "Name": "a", "tf": create })), "Properties is not an object");
        for lifecycle in [json!(null), json!({}), json!({ "action": "read" })] {
            let event = json!({ "Name": "a", "Properties": {}, "tf": lifecycle });
            assert!(problem(&event).starts_with("tf.action is not"), "{event}");
        }
        let renamed = json!({
            "Name": "b", "Properties": {},
            "tf": { "action": "update", "prev_input": { "Name": "a", "Properties": {} } },
        });
        assert!(problem(&renamed).starts_with("Name was \"a\" and is \"b\""));
    }
}
