//! What was found, for programs: one object.

use serde_json::{Value, json};

use super::account::Unread;
use super::finding::Finding;
use super::inspected::Inspected;

/// All of it.
pub fn json(inspected: &Inspected) -> Value {
    let question = &inspected.account.question;
    json!({
        "caller": question.caller,
        "proxy": question.proxy,
        "user": question.user,
        "region": question.region,
        "account": question.account,
        "findings": inspected.findings.iter().map(finding).collect::<Vec<_>>(),
        "not_read": inspected.account.unread.iter().map(unread).collect::<Vec<_>>(),
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "id": finding.id,
        "certainty": finding.certainty.as_str(),
        "problem": finding.problem,
        "evidence": finding.evidence,
        "remedy": finding.remedy,
        "commands": finding.commands,
    })
}

fn unread(unread: &Unread) -> Value {
    json!({
        "permission": unread.call.permission(),
        "about": unread.about,
        "tells": unread.call.tells(),
        "reason": unread.reason,
    })
}
