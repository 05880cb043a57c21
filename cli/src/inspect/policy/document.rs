//! A policy document: its statements.

use serde_json::Value;

use super::condition::{Condition, texts};
use super::pattern::{matches, matches_ignoring_case};

/// A policy document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Its statements.
    pub statements: Vec<Statement>,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Whether it allows, or denies.
    pub allows: bool,
    /// The actions.
    pub actions: Set,
    /// The resources; all in a trust policy.
    pub resources: Set,
    /// Who is meant, in a policy of a resource.
    pub principals: Option<Principals>,
    /// What must hold besides.
    pub conditions: Vec<Condition>,
}

/// A set of actions or resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Set {
    /// These patterns.
    These(Vec<String>),
    /// All but these.
    AllBut(Vec<String>),
}

/// Who is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Principals {
    /// Accounts, roles and users; `*` for all.
    pub aws: Vec<String>,
    /// Services, such as `rds.amazonaws.com`.
    pub services: Vec<String>,
}

impl Document {
    /// Reads a document; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let document: Value = serde_json::from_str(text).ok()?;
        let statement = document.get("Statement")?;
        let statements = match statement.as_array() {
            Some(statements) => statements.iter().map(Statement::of).collect(),
            None => vec![Statement::of(statement)],
        };
        Some(Self { statements })
    }
}

impl Statement {
    fn of(value: &Value) -> Self {
        let set = |key: &str, but: &str| match (value.get(key), value.get(but)) {
            (Some(these), _) => Set::These(texts(these)),
            (None, Some(others)) => Set::AllBut(texts(others)),
            (None, None) => Set::AllBut(vec![]),
        };
        Self {
            allows: value.get("Effect").and_then(Value::as_str) == Some("Allow"),
            actions: set("Action", "NotAction"),
            resources: set("Resource", "NotResource"),
            principals: value.get("Principal").map(Principals::of),
            conditions: value.get("Condition").map(Condition::all).unwrap_or_default(),
        }
    }

    /// Whether it is about this action.
    pub fn has_action(&self, action: &str) -> bool {
        self.actions.has(|pattern| matches_ignoring_case(pattern, action))
    }

    /// Whether it is about this resource.
    pub fn has_resource(&self, resource: &str) -> bool {
        self.resources.has(|pattern| matches(pattern, resource))
    }
}

impl Set {
    fn has(&self, fits: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::These(patterns) => patterns.iter().any(|pattern| fits(pattern)),
            Self::AllBut(patterns) => !patterns.iter().any(|pattern| fits(pattern)),
        }
    }

    /// The patterns that are listed.
    pub fn listed(&self) -> &[String] {
        match self {
            Self::These(patterns) => patterns,
            Self::AllBut(_) => &[],
        }
    }
}

impl Principals {
    fn of(value: &Value) -> Self {
        let of = |key: &str| value.get(key).map(texts).unwrap_or_default();
        match value.as_str() {
            Some(all) => Self { aws: vec![all.to_owned()], services: vec![] },
            None => Self { aws: of("AWS"), services: of("Service") },
        }
    }

    /// Whether a service is meant.
    pub fn has_service(&self, service: &str) -> bool {
        self.services.iter().any(|name| name == service) || self.aws.iter().any(|name| name == "*")
    }

    /// Whether a role is meant: itself, or all of its account, whose policies then decide.
    pub fn has_role(&self, arn: &str, account: &str) -> bool {
        self.aws.iter().any(|name| {
            name == "*"
                || name == arn
                || name == account
                || name.ends_with(&format!("::{account}:root"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_statement_or_several_one_action_or_several() {
        let one = r#"{"Statement": {"Effect": "Allow", "Action": "a:b", "Resource": "*"}}"#;
        let document = Document::parse(one).unwrap();
        assert!(document.statements[0].allows && document.statements[0].has_action("A:B"));
        let not = r#"{"Statement": [{"Effect": "Deny", "NotAction": ["a:*"], "Resource": ["x"]}]}"#;
        let document = Document::parse(not).unwrap();
        let [statement] = &document.statements[..] else { panic!("{document:?}") };
        assert!(!statement.allows && !statement.has_action("a:b") && statement.has_action("c:d"));
        assert!(statement.has_resource("x") && !statement.has_resource("y"));
    }

    #[test]
    fn principals_are_services_roles_accounts_or_all() {
        let document = Document::parse(
            r#"{"Statement": [{"Effect": "Allow", "Principal": {"Service": ["a", "b"],
                "AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}]}"#,
        );
        let document = document.unwrap();
        let principals = document.statements[0].principals.clone().unwrap();
        assert!(principals.has_service("b") && !principals.has_service("c"));
        assert!(principals.has_role("arn:aws:iam::123456789012:role/x", "123456789012"));
        assert!(!principals.has_role("arn:aws:iam::210987654321:role/x", "210987654321"));
    }

    #[test]
    fn nonsense_is_no_document() {
        for text in ["", "[]", "{}", "null", "{\"Statement\"", "%7B%7D"] {
            assert_eq!(Document::parse(text), None, "{text}");
        }
        assert!(Document::parse(r#"{"Statement": [7, null, "x"]}"#).is_some());
    }
}
