//! Conditions of a statement: whether they hold, where the value of the key is known.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use serde_json::Value;

use super::pattern::matches;

/// A key and the values that it is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `StringEquals`, `ArnLike` and so on.
    pub operator: String,
    /// `aws:SourceAccount` and so on.
    pub key: String,
    /// The values, one of which must fit.
    pub values: Vec<String>,
}

/// The values of keys in a request, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context(Vec<(String, String)>);

impl Context {
    /// A key's value is known. Keys don't depend on case.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.0.push((key.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// All of them.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    fn value(&self, key: &str) -> Option<&str> {
        let key = key.to_ascii_lowercase();
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str())
    }
}

impl Condition {
    /// The conditions in a statement's `Condition`.
    pub(super) fn all(block: &Value) -> Vec<Self> {
        let operators = block.as_object().into_iter().flatten();
        let of_operator = |(operator, keys): (&String, &Value)| {
            let keys = keys.as_object().into_iter().flatten();
            let one = |(key, values): (&String, &Value)| Self {
                operator: operator.clone(),
                key: key.clone(),
                values: texts(values),
            };
            keys.map(one).collect::<Vec<_>>()
        };
        operators.flat_map(of_operator).collect()
    }

    /// Whether it holds; `None` if that can't be known.
    pub fn holds(&self, context: &Context) -> Option<bool> {
        let value = context.value(&self.key)?;
        let operator = self.operator.trim_end_matches("IfExists");
        let (operator, is_negated) = match operator {
            "StringNotEquals" | "ArnNotEquals" => ("Equals", true),
            "StringNotLike" | "ArnNotLike" => ("Like", true),
            "StringEquals" => ("Equals", false),
            // ARNs are compared with wildcards by both operators.
            "StringLike" | "ArnEquals" | "ArnLike" => ("Like", false),
            "StringEqualsIgnoreCase" => ("IgnoreCase", false),
            _ => return None,
        };
        if self.values.iter().any(|expected| expected.contains("${")) {
            return None;
        }
        let fits = self.values.iter().any(|expected| match operator {
            "Equals" => expected == value,
            "Like" => matches(expected, value),
            _ => expected.eq_ignore_ascii_case(value),
        });
        Some(fits != is_negated)
    }

    /// In a sentence: `aws:SourceAccount is "1"`.
    pub fn words(&self) -> String {
        format!("{} {} {}", self.operator, self.key, self.values.join(", "))
    }
}

/// A text, a truth value or a number, or a list of them, as texts.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Bool(value) => vec![value.to_string()],
        Value::Number(number) => vec![number.to_string()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Null | Value::Object(_) => vec![],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_condition_holds_by_its_operator_where_the_key_is_known() {
        let context = Context::default()
            .with("aws:SourceAccount", "1")
            .with("kms:ViaService", "secretsmanager.eu-west-1.amazonaws.com");
        for (block, expected) in [
            (json!({"StringEquals": {"AWS:SourceAccount": "1"}}), Some(true)),
            (json!({"StringEquals": {"aws:SourceAccount": ["2", "1"]}}), Some(true)),
            (json!({"StringEquals": {"aws:SourceAccount": "2"}}), Some(false)),
            (json!({"StringNotEquals": {"aws:SourceAccount": "2"}}), Some(true)),
            (json!({"StringEqualsIfExists": {"aws:SourceAccount": "2"}}), Some(false)),
            (json!({"StringLike": {"kms:ViaService": "secretsmanager.*"}}), Some(true)),
            (json!({"StringEquals": {"kms:ViaService": "secretsmanager.*"}}), Some(false)),
            (json!({"StringEquals": {"aws:SourceIp": "1"}}), None),
            (json!({"IpAddress": {"aws:SourceAccount": "1"}}), None),
            (json!({"StringEquals": {"aws:SourceAccount": "${aws:x}"}}), None),
        ] {
            let conditions = Condition::all(&block);
            assert_eq!(conditions[0].holds(&context), expected, "{block}");
        }
    }
}
