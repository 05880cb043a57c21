//! The time budget of a probe whose step timed out: if it was too small, the timeout tells nothing
//! else.

use std::time::Duration;

use crate::clock::human_duration;
use crate::diagnosis::draft::Draft;
use crate::diagnosis::rules::config::EDIT_VARIABLES;
use crate::diagnosis::{Advice, Command, Facts};
use crate::probe::BudgetLimit;

static TOO_SMALL: Advice = Advice {
    engine: None,
    cause: "PROBE_TIMEOUT_MS is too small, or an earlier step took most of it: the step that timed \
            out had too little time to be answered.",
    remedy: "Leave PROBE_TIMEOUT_MS {unset (5000) or raise it, and keep it below the function's \
             timeout|out (5s) or raise it}. If an earlier step took most of the time (steps in the \
             report), look at that step first.{ Set the variable in the template that deploys the \
             function; without a template, save all variables, edit environment.json, and set them \
             again.|}",
    commands: EDIT_VARIABLES,
};

static INVOCATION_TOO_SHORT: Advice = Advice {
    engine: None,
    cause: "The invocation had too little time left: the function's timeout is too short for a \
            probe, or an earlier step took most of it.",
    remedy: "Raise the function's timeout to at least a second more than PROBE_TIMEOUT_MS. If an \
             earlier step took most of the time (steps in the report), look at that step first.",
    commands: &[Command::Shell(
        "aws lambda update-function-configuration --region REGION --function-name NAME --timeout 15",
    )],
};

/// Causes that only the budget tells.
pub(super) const ADVICE: &[&Advice] = &[&TOO_SMALL, &INVOCATION_TOO_SHORT];

/// The least time that a step needs before its timeout tells something about the network or the
/// server: a round trip to the other side of the world.
const ENOUGH: Duration = Duration::from_millis(250);

/// Makes the budget the first cause of a timeout if the step had hardly any of it.
pub(in crate::diagnosis) fn weigh(draft: Draft, facts: &Facts<'_>) -> Draft {
    let (Some(budget), Some(step)) = (facts.budget, facts.last_step) else { return draft };
    if step >= ENOUGH {
        return draft;
    }
    let length = human_duration(budget.length);
    let (advice, whose) = match budget.limit {
        BudgetLimit::Configured => (&TOO_SMALL, "PROBE_TIMEOUT_MS"),
        BudgetLimit::Invocation => (&INVOCATION_TOO_SHORT, "what the invocation had left"),
    };
    let step = human_duration(step);
    draft
        .adding(&format!("The budget of {length} ({whose}) was used up."))
        .decided(advice, format!("The steps had {length} together ({whose}); this one had {step}."))
}
