//! What several documents decide about a request.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use super::condition::{Condition, Context};
use super::document::{Document, Statement};

/// A request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The action.
    pub action: &'a str,
    /// The resource.
    pub resource: &'a str,
    /// What is known besides.
    pub context: &'a Context,
}

/// What is decided, and by which statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// Allowed.
    Allowed,
    /// A statement denies it.
    Denied(&'a Statement),
    /// A statement would allow it, but one of its conditions does not hold.
    Failed(&'a Statement, &'a Condition),
    /// A statement allows it under a condition that can't be known.
    Conditional(&'a Statement, &'a Condition),
    /// No statement allows it.
    NotAllowed,
}

/// What the documents decide together.
pub fn decide<'a>(documents: &'a [Document], request: Request<'_>) -> Verdict<'a> {
    let Request { action, resource, context } = request;
    let statements = documents.iter().flat_map(|document| &document.statements);
    let about =
        |statement: &&Statement| statement.has_action(action) && statement.has_resource(resource);
    let (mut is_allowed, mut conditional, mut failed) = (false, None, None);
    for statement in statements.filter(about) {
        let by_condition = |result: Option<bool>| {
            statement.conditions.iter().find(move |condition| condition.holds(context) == result)
        };
        let (broken, open) = (by_condition(Some(false)), by_condition(None));
        match (statement.allows, broken, open) {
            (false, None, None) => return Verdict::Denied(statement),
            (true, None, None) => is_allowed = true,
            (true, Some(broken), _) => failed = failed.or(Some((statement, broken))),
            (true, None, Some(open)) => conditional = conditional.or(Some((statement, open))),
            // Whether a deny under a condition applies is not known.
            (false, _, _) => {}
        }
    }
    match (is_allowed, conditional, failed) {
        (true, _, _) => Verdict::Allowed,
        (false, Some((statement, open)), _) => Verdict::Conditional(statement, open),
        (false, None, Some((statement, broken))) => Verdict::Failed(statement, broken),
        (false, None, None) => Verdict::NotAllowed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(statements: &str) -> String {
        let document = format!("{{\"Statement\": [{statements}]}}");
        let documents = [Document::parse(&document).unwrap()];
        let context = Context::default().with("k", "v");
        let request = Request { action: "a:b", resource: "r", context: &context };
        let word = match decide(&documents, request) {
            Verdict::Allowed => "allowed",
            Verdict::Denied(_) => "denied",
            Verdict::Failed(_, _) => "failed",
            Verdict::Conditional(_, _) => "conditional",
            Verdict::NotAllowed => "not allowed",
        };
        word.to_owned()
    }

    #[test]
    fn a_deny_wins_and_conditions_count() {
        let allow = r#"{"Effect": "Allow", "Action": "a:*", "Resource": "*"}"#;
        let deny = r#"{"Effect": "Deny", "Action": "*", "Resource": "r"}"#;
        let under = |effect: &str, key: &str, value: &str| {
            format!(
                r#"{{"Effect": "{effect}", "Action": "a:b", "Resource": "r",
                   "Condition": {{"StringEquals": {{"{key}": "{value}"}}}}}}"#
            )
        };
        for (statements, expected) in [
            (String::new(), "not allowed"),
            (allow.to_owned(), "allowed"),
            (format!("{allow}, {deny}"), "denied"),
            (under("Allow", "k", "v"), "allowed"),
            (under("Allow", "k", "w"), "failed"),
            (under("Allow", "other", "w"), "conditional"),
            (format!("{allow}, {}", under("Deny", "k", "v")), "denied"),
            (format!("{allow}, {}", under("Deny", "k", "w")), "allowed"),
            (format!("{allow}, {}", under("Deny", "other", "w")), "allowed"),
        ] {
            assert_eq!(verdict(&statements), expected, "{statements}");
        }
    }
}
