//! Holds a JSON value to a schema, as far as docs/report.schema.json uses JSON Schema: types, enums,
//! required and other properties, items. A keyword that it does not know is an error.
//! <https://json-schema.org/draft/2020-12/json-schema-validation>

use serde_json::{Map, Value};

/// What says nothing about a value.
const ANNOTATIONS: [&str; 3] = ["$schema", "title", "description"];

/// Where a value differs from its schema, if it does.
pub fn difference(schema: &Value, value: &Value) -> Option<String> {
    differs(schema.as_object()?, value, "")
}

fn differs(schema: &Map<String, Value>, value: &Value, at: &str) -> Option<String> {
    schema.iter().find_map(|(keyword, rule)| match keyword.as_str() {
        "type" => (!has_type(rule, value)).then(|| format!("{at} is {value}, no {rule}")),
        "enum" => {
            let is_one = rule.as_array().unwrap().contains(value);
            (!is_one).then(|| format!("{at} is {value}, none of {rule}"))
        }
        "required" => {
            let members = value.as_object()?;
            let names = rule.as_array().unwrap().iter().map(|name| name.as_str().unwrap());
            let missing = names.filter(|name| !members.contains_key(*name)).collect::<Vec<_>>();
            (!missing.is_empty()).then(|| format!("{at} has no {missing:?}"))
        }
        "properties" => rule.as_object().unwrap().iter().find_map(|(name, inner)| {
            differs(inner.as_object().unwrap(), value.get(name)?, &format!("{at}/{name}"))
        }),
        "additionalProperties" => {
            let known = schema["properties"].as_object().unwrap();
            let other = value.as_object()?.keys().find(|name| !known.contains_key(*name))?;
            Some(format!("{at} has {other:?}, which the schema has not"))
        }
        "items" => {
            let items = value.as_array()?.iter().enumerate();
            items.into_iter().find_map(|(number, item)| {
                differs(rule.as_object().unwrap(), item, &format!("{at}/{number}"))
            })
        }
        other if ANNOTATIONS.contains(&other) => None,
        other => panic!("{at}: the keyword {other:?} is not known here"),
    })
}

/// Whether a value has the type, or one of the types.
fn has_type(rule: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the type {other:?} is not known here"),
    };
    rule.as_array().map_or_else(|| is(rule), |rules| rules.iter().any(is))
}
