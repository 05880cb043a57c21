//! Several targets: a line for each as it ends, then what is wrong, once for each code.

use std::sync::Arc;

use rds_proxy_probe::health::HealthFacts;
use rds_proxy_probe::probe::Outcome;

use super::{Finished, html, json, pace, probe};
use crate::options::{Check, Form};
use crate::status::Status;
use crate::surroundings::Surroundings;
use crate::targets::Target;
use crate::terminal::{Color, Lines, Mark, Output, Style};
use crate::text::{diagnosis, milliseconds};

/// Longer names are not aligned.
const LABEL: usize = 40;

/// Probes all targets, and writes the results.
pub(super) async fn check(
    targets: Vec<Target>,
    check: &Check,
    surroundings: &Surroundings,
    output: &Arc<Output>,
) -> Status {
    let widths = targets.iter().map(|target| target.label.chars().count());
    let width = widths.filter(|width| *width <= LABEL).max().unwrap_or_default();
    let mut all = Vec::with_capacity(targets.len());
    let work = |target: Target| {
        let (surroundings, time) = (surroundings.clone(), check.wait);
        async move { probe(target, time, &surroundings).await }
    };
    pace::each(targets, work, |finished: Finished| {
        match check.output {
            Form::Text => output.write(&line(&finished, width, &output.style)),
            Form::Json => json::of_several(&finished, output),
            Form::Html => {}
        }
        all.push(finished);
    })
    .await;
    all.sort_by(|one, other| one.label.cmp(&other.label));
    match check.output {
        Form::Text => output.write(&explanations(&all, &output.style)),
        Form::Json => {}
        Form::Html => html::page(&all.iter().collect::<Vec<_>>(), surroundings, output),
    }
    all.iter().map(|finished| Status::of(&finished.report)).max().unwrap_or(Status::Healthy)
}

/// `  ✓ orders  12 ms  writer, PostgreSQL 16.4`
fn line(finished: &Finished, width: usize, style: &Style) -> String {
    let Finished { label, config, report, diagnosis, probes, .. } = finished;
    let (mark, color) = match report.outcome() {
        Outcome::Healthy => (Mark::Done, Color::Green),
        Outcome::Degraded(_) => (Mark::Done, Color::Yellow),
        Outcome::Failed(_) => (Mark::Failed, Color::Red),
    };
    let mark = style.colored(color, style.mark(mark));
    let mut result = match (diagnosis, report.database()) {
        (Some(found), _) => style.colored(color, found.code.as_str()),
        (None, Some(HealthFacts { role, version, .. })) => {
            format!("{}, {} {version}", role.as_str(), config.engine)
        }
        (None, None) => "healthy".to_owned(),
    };
    if *probes > 1 {
        result.extend([", ", &probes.to_string(), " probes"]);
    }
    let elapsed = milliseconds(report.elapsed);
    format!("  {mark} {label:<width$}  {elapsed:>9}  {result}\n")
}

/// Each code with its first target's diagnosis, and the others' names.
fn explanations(all: &[Finished], style: &Style) -> String {
    let mut text = String::new();
    let mut explained = Vec::new();
    for finished in all {
        let Some(found) = &finished.diagnosis else { continue };
        if explained.contains(&found.code.as_str()) {
            continue;
        }
        explained.push(found.code.as_str());
        let is_same = |other: &&Finished| {
            other.diagnosis.as_ref().is_some_and(|other| other.code == found.code)
        };
        let labels: Vec<&str> =
            all.iter().filter(is_same).map(|other| other.label.as_str()).collect();
        let mut heading = Lines::new(style.width);
        heading.hanging(2, &format!("{}: {}", found.code.as_str(), labels.join(", ")));
        let room = style.height.saturating_sub(heading.height() + 2);
        let heading = heading.into_text();
        text.extend(["\n", &style.bold(heading.trim_end()), "\n"]);
        text.push_str(&diagnosis(found, style, room));
    }
    text
}
