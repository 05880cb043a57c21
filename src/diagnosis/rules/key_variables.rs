//! What is odd about the environment variables that keys are in.

use super::super::Facts;
use super::super::draft::Draft;
use super::refusal::KEY_VARIABLES;
use crate::config::KeyProblem;
use crate::token::RefusalKind;

/// The draft with the keys' variables as a cause, if something is odd about them and AWS rejected
/// the keys themselves.
pub(super) fn blame_variables(draft: Draft, kind: RefusalKind, facts: &Facts<'_>) -> Draft {
    match kind {
        RefusalKind::KeysUnknown
        | RefusalKind::SignatureWrong
        | RefusalKind::SignatureMalformed
        | RefusalKind::NotSent => match key_problems(facts, |_| true) {
            Some(problems) => draft.decided(&KEY_VARIABLES, problems),
            None => draft,
        },
        RefusalKind::Denied
        | RefusalKind::ExplicitlyDenied
        | RefusalKind::Expired
        | RefusalKind::ClockSkewed
        | RefusalKind::IdentityTokenRejected
        | RefusalKind::KeyDenied
        | RefusalKind::Decryption
        | RefusalKind::KeyNotShared
        | RefusalKind::NotFound
        | RefusalKind::Deleted
        | RefusalKind::RegionDisabled
        | RefusalKind::Throttled
        | RefusalKind::ServiceFault
        | RefusalKind::Invalid
        | RefusalKind::Foreign
        | RefusalKind::Untrusted
        | RefusalKind::Disconnected
        | RefusalKind::Unanswered
        | RefusalKind::Other => draft,
    }
}

/// What is odd about the variables that keys are in; `None` if nothing is.
pub(in super::super) fn key_problems(
    facts: &Facts<'_>,
    counts: impl Fn(&KeyProblem) -> bool,
) -> Option<String> {
    let problems = &facts.config?.keys.problems;
    let lines: Vec<String> =
        problems.iter().filter(|problem| counts(problem)).map(describe).collect();
    (!lines.is_empty()).then(|| lines.join(" "))
}

fn describe(problem: &KeyProblem) -> String {
    match problem {
        KeyProblem::Misnamed(near_miss) => {
            format!("{} is set, and {} is not.", near_miss.set, near_miss.variable)
        }
        KeyProblem::Half { set, missing } => format!("{set} is set, and {missing} is not."),
        KeyProblem::Blanks(name) => {
            format!("The value of {name} has blanks or line ends around it.")
        }
        KeyProblem::Quotes(name) => format!("The value of {name} has quotes around it."),
        KeyProblem::NoSessionToken => "AWS_ACCESS_KEY_ID is a temporary key's (it begins with \
                                       ASIA), and AWS_SESSION_TOKEN is not set."
            .to_owned(),
        KeyProblem::StraySessionToken => "AWS_ACCESS_KEY_ID is a long-term key's (it begins with \
                                          AKIA), and AWS_SESSION_TOKEN is set beside it."
            .to_owned(),
    }
}
