//! A diagnosis in at most a screen: what failed, the most likely cause, what to type, and which
//! other causes there are.

use rds_proxy_probe::diagnosis::{Cause, Diagnosis};

use crate::options::PROGRAM;
use crate::terminal::{Lines, Style};

/// The indentation of a paragraph's lines after its first.
const INDENT: usize = 2;

/// The indentation of what is to be pasted.
const COMMAND: usize = 4;

/// A diagnosis in at most `room` lines, if its first cause leaves a choice: what has no room is one
/// command away.
pub fn diagnosis(diagnosis: &Diagnosis, style: &Style, room: usize) -> String {
    let Diagnosis { code, summary, causes, .. } = diagnosis;
    let mut lines = Lines::new(style.width);
    lines.wrapped("", summary);
    let more = format!("{PROGRAM} explain {}", code.as_str());
    let Some((first, others)) = causes.split_first() else { return lines.into_text() };
    lines.gap();
    likely(first, &mut lines);
    // The last line names where to read on, and is set off.
    let room = room.saturating_sub(2);
    commands(first, room, &mut lines);
    alternatives(others, room, style, &mut lines);
    lines.gap();
    lines.wrapped("", &format!("More: {more}"));
    lines.into_text()
}

fn likely(cause: &Cause, lines: &mut Lines) {
    lines.hanging(INDENT, &format!("Most likely: {}", cause.cause));
    if let Some(evidence) = &cause.evidence {
        lines.hanging(INDENT, &format!("Evidence: {evidence}"));
    }
    lines.hanging(INDENT, &format!("To fix it: {}", cause.remedy));
}

/// The commands, each whole, as many as have room; the first one always.
fn commands(cause: &Cause, room: usize, lines: &mut Lines) {
    for (number, command) in cause.commands.iter().enumerate() {
        let mut one = Lines::new(lines.width());
        one.verbatim(COMMAND, command);
        if number > 0 && lines.height() + one.height() + 1 > room {
            return;
        }
        lines.gap();
        lines.append(one);
    }
}

/// The other causes, in order, as many as have room.
fn alternatives(causes: &[Cause], room: usize, style: &Style, lines: &mut Lines) {
    let mut also = Lines::new(style.width);
    for cause in causes {
        let mut one = Lines::new(style.width);
        one.wrapped("  - ", &cause.cause);
        // Two for the gap and the heading.
        if lines.height() + also.height() + one.height() + 3 > room {
            break;
        }
        also.append(one);
    }
    if also.height() > 0 {
        lines.gap();
        lines.wrapped("", "Also possible:");
        lines.append(also);
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use rds_proxy_probe::clock::Clock;
    use rds_proxy_probe::diagnosis::{Code, Site};
    use rds_proxy_probe::probe::Step;

    use super::*;
    use crate::surroundings::Surroundings;

    fn style() -> Style {
        let clock = Clock::new(|| SystemTime::UNIX_EPOCH);
        Style::new(&Surroundings::new(|_| None, clock), None)
    }

    #[test]
    fn every_codes_diagnosis_fits_on_a_screen() {
        for code in Code::ALL {
            let causes = code.entry().causes;
            // Whatever was observed may move any cause to the front.
            for first in 0..causes.len() {
                let causes = causes.iter().cycle().skip(first).take(causes.len());
                let mut causes: Vec<Cause> =
                    causes.map(|advice| advice.generic(Site::Machine, None)).collect();
                causes[0].evidence = Some("word ".repeat(16));
                let found = Diagnosis {
                    code: *code,
                    step: Step::Query,
                    summary: "word ".repeat(32),
                    causes,
                    ruled_out: None,
                    server: None,
                    transient: false,
                };
                let room = 24 - 3;
                let text = diagnosis(&found, &style(), room);
                let lines = text.lines().map(|line| line.chars().count().div_ceil(80).max(1));
                assert!(lines.sum::<usize>() <= room, "{code:?}, cause {first}:\n{text}");
                for command in found.causes[0].commands.iter().take(1) {
                    let last = command.lines().next_back().unwrap();
                    assert!(text.contains(last), "{code:?}, cause {first}: {text}");
                }
            }
        }
    }
}
