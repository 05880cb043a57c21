//! CloudFormation templates as data: their short tags become the long form that they stand for,
//! so that `!Ref Name` reads as `{"Ref": "Name"}`. Every scalar is text; no anchors, as
//! CloudFormation's own templates have none.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use std::path::Path;

use saphyr_parser::{Event, Parser, StrInput, Tag};
use serde_json::{Map, Value, json};

use super::page;

/// A template of the repository.
pub(super) struct Template {
    /// Its path.
    pub(super) name: String,
    /// All of it.
    pub(super) body: Value,
}

impl Template {
    pub(super) fn read(name: &str) -> Self {
        Self { name: name.to_owned(), body: parse(&page(name)) }
    }

    /// `template.yaml` and everything below `infra/`.
    pub(super) fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut names = vec!["template.yaml".to_owned()];
        let mut folders = vec![root.join("infra")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                // Packages of infra/cdk, which are others' files.
                if path.is_dir() && !path.ends_with("node_modules") {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "yaml") {
                    let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                    names.push(name.to_owned());
                }
            }
        }
        names.sort();
        names.iter().map(|name| Self::read(name)).collect()
    }

    /// The members of one of its sections.
    pub(super) fn section(&self, name: &str) -> &Map<String, Value> {
        self.body[name].as_object().unwrap_or_else(|| panic!("{}: no {name}", self.name))
    }
}

fn parse(text: &str) -> Value {
    let mut parser = Parser::new_from_str(text);
    let mut first = next(&mut parser);
    while matches!(first, Event::StreamStart | Event::DocumentStart(_)) {
        first = next(&mut parser);
    }
    node(&mut parser, first)
}

fn next<'a>(parser: &mut Parser<'a, StrInput<'a>>) -> Event<'a> {
    parser.next().unwrap().unwrap().0
}

fn node<'a>(parser: &mut Parser<'a, StrInput<'a>>, begun: Event<'a>) -> Value {
    if let Event::Scalar(text, _, _, tag) = begun {
        in_long_form(Value::String(text.into_owned()), tag.as_deref())
    } else if let Event::SequenceStart(_, tag) = begun {
        in_long_form(Value::Array(items(parser)), tag.as_deref())
    } else if let Event::MappingStart(_, tag) = begun {
        in_long_form(Value::Object(members(parser)), tag.as_deref())
    } else {
        panic!("unexpected in a template: {begun:?}")
    }
}

fn items<'a>(parser: &mut Parser<'a, StrInput<'a>>) -> Vec<Value> {
    let mut items = Vec::new();
    loop {
        let begun = next(parser);
        if begun == Event::SequenceEnd {
            return items;
        }
        items.push(node(parser, begun));
    }
}

fn members<'a>(parser: &mut Parser<'a, StrInput<'a>>) -> Map<String, Value> {
    let mut members = Map::new();
    loop {
        let begun = next(parser);
        let Event::Scalar(key, ..) = begun else {
            assert_eq!(begun, Event::MappingEnd, "a key is text");
            return members;
        };
        let value = next(parser);
        let value = node(parser, value);
        assert!(members.insert(key.to_string(), value).is_none(), "{key} stands twice");
    }
}

fn in_long_form(value: Value, tag: Option<&Tag>) -> Value {
    match tag.map(|tag| tag.suffix.as_str()) {
        None => value,
        Some(name @ ("Ref" | "Condition")) => json!({ name: value }),
        Some("GetAtt") => {
            let path: Vec<&str> = value.as_str().unwrap().splitn(2, '.').collect();
            json!({ "Fn::GetAtt": path })
        }
        Some(name) => json!({ format!("Fn::{name}"): value }),
    }
}

/// A value in one line, with what it refers to in `${}`: the form of an ARN, whatever its parts.
pub(super) fn form(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(form).collect::<Vec<_>>().join(", "),
        Value::Object(members) => {
            let parts = members.iter().map(|(key, value)| match key.as_str() {
                "Ref" => format!("${{{}}}", form(value)),
                "Fn::GetAtt" => format!("${{{}}}", form(value).replace(", ", ".")),
                // The names of the parts say enough.
                "Fn::Sub" => form(value.get(0).unwrap_or(value)),
                "Fn::Split" => form(&value[1]),
                "Fn::If" => format!("{} or {}", form(&value[1]), form(&value[2])),
                _ => format!("{key}: {}", form(value)),
            });
            parts.collect::<Vec<_>>().join(", ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => panic!("every scalar is text: {value}"),
    }
}

#[test]
fn short_tags_are_read_as_what_they_stand_for() {
    let body = parse("a: !Sub\n  - x-${B}\n  - B: !GetAtt C.D.E\nf: !If [G, !Ref H, [1, true]]");
    let expected = json!({
        "a": {"Fn::Sub": ["x-${B}", {"B": {"Fn::GetAtt": ["C", "D.E"]}}]},
        "f": {"Fn::If": ["G", {"Ref": "H"}, ["1", "true"]]},
    });
    assert_eq!(body, expected);
    assert_eq!(form(&expected["a"]), "x-${B}");
}
