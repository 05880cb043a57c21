//! Problems of the environment variables with the keys.

use super::super::Facts;
use super::super::draft::Draft;
use super::refusal::KEY_VARIABLES;
use crate::config::{KeyFlaw, KeyPart, KeyProblem};
use crate::token::{RefusalClass, RefusalKind};

/// The draft with the keys' variables as a cause, if they have problems and AWS rejected the keys.
pub(super) fn blame_variables(draft: Draft, kind: RefusalKind, facts: &Facts<'_>) -> Draft {
    match (kind.class(), key_problems(facts)) {
        (RefusalClass::Keys, Some(problems)) => draft.decided(&KEY_VARIABLES, problems),
        (
            RefusalClass::Keys
            | RefusalClass::Permission
            | RefusalClass::ExpiredKeys
            | RefusalClass::Clock
            | RefusalClass::Missing
            | RefusalClass::Temporary
            | RefusalClass::Other,
            _,
        ) => draft,
    }
}

/// Problems of the keys' variables; `None` if there are none.
pub(super) fn key_problems(facts: &Facts<'_>) -> Option<String> {
    let lines: Vec<String> = facts.config?.keys.problems.iter().map(describe).collect();
    (!lines.is_empty()).then(|| lines.join(" "))
}

fn describe(problem: &KeyProblem) -> String {
    match problem {
        KeyProblem::Misnamed(near_miss) => {
            format!("{} is set, and {} is not.", near_miss.set, near_miss.variable)
        }
        KeyProblem::Half { set, missing } => format!("{set} is set, and {missing} is not."),
        KeyProblem::Flaw(flaw) => describe_flaw(*flaw, KeyPart::variable),
        KeyProblem::StraySessionToken => "AWS_ACCESS_KEY_ID is a long-term key's (it begins with \
                                          AKIA), and AWS_SESSION_TOKEN is set beside it."
            .to_owned(),
    }
}

/// A flaw of keys; `name` names a part.
pub(super) fn describe_flaw(flaw: KeyFlaw, name: impl Fn(KeyPart) -> &'static str) -> String {
    match flaw {
        KeyFlaw::Blanks(part) => format!("{} contains a blank or a line end.", name(part)),
        KeyFlaw::Quotes(part) => format!("{} contains a quote.", name(part)),
        KeyFlaw::NoSessionToken => format!(
            "{} belongs to a temporary key (it begins with ASIA), and {} is not set.",
            name(KeyPart::Id),
            name(KeyPart::SessionToken)
        ),
    }
}
