//! Changes and the summary, for people and for programs.

use std::time::{Duration, SystemTime};

use rds_proxy_probe::clock::{human_duration, rfc3339_millis};
use serde_json::{Value, json};

use super::ledger::{Change, Ledger, Outages, State, Stream, TargetLedger, What};
use crate::targets::Target;
use crate::terminal::{Color, Lines, Mark, Style};

/// When and where a change was.
pub(super) struct Place<'a> {
    pub(super) label: Option<&'a str>,
    pub(super) now: SystemTime,
}

/// `12:03:04.120  orders: new logins fail: server_unavailable (after 34 s)`
pub(super) fn text(change: &Change, place: &Place<'_>, style: &Style) -> String {
    let (mark, color, mut what) = match change.what {
        What::Cut => (Mark::Failed, Color::Yellow, "the kept session was cut".to_owned()),
        What::State { stream, state: State::Answers(role), .. } => {
            let answers = match stream {
                Stream::NewLogin => "new logins work",
                Stream::KeptSession => "the kept session works",
            };
            (Mark::Done, Color::Green, format!("{answers}, {}", role.as_str()))
        }
        What::State { stream, state: State::Fails(code), .. } => {
            let fails = match stream {
                Stream::NewLogin => "new logins fail",
                Stream::KeptSession => "no session could be kept",
            };
            (Mark::Failed, Color::Red, format!("{fails}: {}", code.as_str()))
        }
    };
    if let What::State { after: Some(after), .. } = change.what {
        what.extend([", after ", &human_duration(after)]);
    }
    let label = place.label.map(|label| format!("{label}: ")).unwrap_or_default();
    let time = rfc3339_millis(place.now);
    let time = time.split(['T', 'Z']).nth(1).unwrap_or_default();
    let mark = style.colored(color, style.mark(mark));
    format!("{time} {mark} {label}{what}\n")
}

/// The same as one line of JSON.
pub(super) fn json(change: &Change, place: &Place<'_>) -> String {
    let mut line = json!({
        "at": rfc3339_millis(place.now),
        "elapsed_ms": millis(change.at),
        "target": place.label,
    });
    let details = match change.what {
        What::Cut => json!({ "event": "session_cut" }),
        What::State { stream, state, after } => {
            let event = match stream {
                Stream::NewLogin => "new_login",
                Stream::KeptSession => "kept_session",
            };
            let (status, role, code) = match state {
                State::Answers(role) => ("ok", Some(role.as_str()), None),
                State::Fails(code) => ("failed", None, Some(code.as_str())),
            };
            let after = after.map(millis);
            json!({
                "event": event, "status": status, "role": role, "code": code, "after_ms": after
            })
        }
    };
    merge(&mut line, details);
    format!("{line}\n")
}

/// What was away, and for how long.
pub(super) fn summary(
    ledger: &Ledger,
    targets: &[Target],
    elapsed: Duration,
    style: &Style,
) -> String {
    let mut lines = Lines::new(style.width);
    lines.gap();
    lines.verbatim(0, &style.bold(&format!("Watched for {}", human_duration(elapsed))));
    let roles = [("no writer", &ledger.writer), ("no reader", &ledger.reader)];
    for (name, outages) in roles {
        if let Some(outages) = outages {
            lines.wrapped("  ", &format!("{name}: {}", away(outages)));
        }
    }
    for (target, known) in targets.iter().zip(&ledger.targets) {
        let TargetLedger { logins, cuts, probes, longest_answer, .. } = known;
        lines.verbatim(0, &target.label);
        lines.wrapped("  ", &format!("no new login: {}", away(logins)));
        lines.wrapped("  ", &format!("sessions cut: {cuts}"));
        let longest = human_duration(*longest_answer);
        lines.wrapped("  ", &format!("longest answer: {longest}, of {probes} probes"));
    }
    format!("\n{}", lines.into_text())
}

fn away(outages: &Outages) -> String {
    let Outages { count, total, longest, .. } = outages;
    let total = human_duration(*total);
    match count {
        0 => "never".to_owned(),
        1 => total,
        _ => format!("{total}, {count} times, {} at most", human_duration(*longest)),
    }
}

/// The same as one line of JSON, the last one.
pub(super) fn json_summary(ledger: &Ledger, targets: &[Target], elapsed: Duration) -> String {
    let of_target = |(target, known): (&Target, &TargetLedger)| {
        json!({
            "target": target.label,
            "no_new_login": outages(&known.logins),
            "sessions_cut": known.cuts,
            "longest_answer_ms": millis(known.longest_answer),
            "probes": known.probes,
        })
    };
    let targets: Vec<Value> = targets.iter().zip(&ledger.targets).map(of_target).collect();
    let line = json!({
        "event": "summary",
        "elapsed_ms": millis(elapsed),
        "no_writer": ledger.writer.as_ref().map(outages),
        "no_reader": ledger.reader.as_ref().map(outages),
        "targets": targets,
    });
    format!("{line}\n")
}

fn outages(outages: &Outages) -> Value {
    let Outages { count, total, longest, .. } = outages;
    json!({ "count": count, "total_ms": millis(*total), "longest_ms": millis(*longest) })
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn merge(line: &mut Value, details: Value) {
    if let (Some(line), Value::Object(details)) = (line.as_object_mut(), details) {
        line.extend(details);
    }
}
