//! What was found, for a person: each finding with what to type, then what could not be read.

use std::collections::BTreeMap;

use super::account::{Call, Question, Unread};
use super::finding::{Certainty, Finding};
use super::inspected::Inspected;
use crate::terminal::{Color, Lines, Mark, Style};

/// The indentation of a paragraph's lines after its first.
const INDENT: usize = 2;

/// The indentation of what is to be pasted.
const COMMAND: usize = 4;

const OUT_OF_SIGHT: &str = "AWS doesn't show whether the database has the user, and which \
                            password: rds-proxy-probe check, from where the function runs, \
                            tries to log in.";

/// All of it.
pub fn page(inspected: &Inspected, style: &Style) -> String {
    let Inspected { account, findings } = inspected;
    let mut lines = Lines::new(style.width);
    let Question { caller, proxy, user, .. } = &account.question;
    lines.wrapped("", &format!("\"{caller}\" to the proxy \"{proxy}\" as \"{user}\""));
    let mut text = lines.into_text() + "\n";
    text.push_str(&summary(inspected, style));
    for (number, finding) in (1..).zip(findings) {
        text.push_str(&one(number, finding, style));
    }
    text.push_str(&unread(&account.unread, style));
    let mut lines = Lines::new(style.width);
    lines.wrapped("", OUT_OF_SIGHT);
    text + "\n" + &lines.into_text()
}

/// The line under the heading.
fn summary(inspected: &Inspected, style: &Style) -> String {
    let count = inspected.findings.len();
    let (mark, color, text) = match (count, inspected.account.unread.is_empty()) {
        (0, true) => (Mark::Done, Color::Green, "Nothing keeps it from logging in.".to_owned()),
        (0, false) => {
            (Mark::Done, Color::Yellow, "Nothing was found in what could be read.".to_owned())
        }
        (1, _) => (Mark::Failed, Color::Red, "1 problem, and what to type:".to_owned()),
        (count, _) => {
            let text = format!("{count} problems, the surest first, and what to type:");
            (Mark::Failed, Color::Red, text)
        }
    };
    let mut lines = Lines::new(style.width);
    lines.wrapped(&format!("{} ", style.mark(mark)), &text);
    style.colored(color, lines.into_text().trim_end()) + "\n"
}

fn one(number: usize, finding: &Finding, style: &Style) -> String {
    let mut heading = Lines::new(style.width);
    heading.wrapped(&format!("{number}. "), &format!("{}{}", certainty(finding), finding.problem));
    let mut lines = Lines::new(style.width);
    if let Some(evidence) = &finding.evidence {
        lines.hanging(INDENT + 3, &format!("   Evidence: {evidence}"));
    }
    lines.hanging(INDENT + 3, &format!("   To fix it: {}", finding.remedy));
    for command in &finding.commands {
        lines.gap();
        lines.verbatim(COMMAND, command);
    }
    format!("\n{}{}", style.bold(heading.into_text().trim_end()) + "\n", indented(lines))
}

/// The lines, the first of each paragraph indented as the heading's text.
fn indented(lines: Lines) -> String {
    let is_label = |line: &str| line.starts_with("Evidence: ") || line.starts_with("To fix it: ");
    let line =
        |line: &str| if is_label(line) { format!("   {line}\n") } else { format!("{line}\n") };
    lines.into_text().lines().map(line).collect()
}

/// What a sentence that is not certain begins with.
fn certainty(finding: &Finding) -> &'static str {
    match finding.certainty {
        Certainty::Certain => "",
        Certainty::Likely => "Likely: ",
        Certainty::Possible => "Possible: ",
    }
}

/// The calls that were denied or failed, and what they would have shown.
fn unread(unread: &[Unread], style: &Style) -> String {
    if unread.is_empty() {
        return String::new();
    }
    let mut calls: BTreeMap<Call, &Unread> = BTreeMap::new();
    for one in unread {
        calls.entry(one.call).or_insert(one);
    }
    let mut lines = Lines::new(style.width);
    lines.wrapped("", "Not read, so not judged:");
    for (call, Unread { reason, .. }) in calls {
        lines.wrapped("  - ", &format!("{}, {} ({reason})", call.permission(), call.tells()));
    }
    format!("\n{}", lines.into_text())
}
