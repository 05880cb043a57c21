//! Results to look at: one page with all in it, without scripts and without anything from elsewhere.

use std::fmt::Write as _;
use std::time::Duration;

use rds_proxy_probe::clock::rfc3339_seconds;
use rds_proxy_probe::diagnosis::Cause;
use rds_proxy_probe::probe::{Outcome, StepRecord, StepStatus};
use rds_proxy_probe::response::{Answered, VERSION};

use super::Finished;
use crate::surroundings::Surroundings;
use crate::terminal::Output;

const HEAD: &str = include_str!("head.html");

/// Writes the page.
pub(super) fn page(all: &[&Finished], surroundings: &Surroundings, output: &Output) {
    let now = rfc3339_seconds(surroundings.clock.now());
    // Writing to a string cannot fail.
    if let Ok(page) = whole(all, &now) {
        output.write(&page);
    }
}

fn whole(all: &[&Finished], now: &str) -> Result<String, std::fmt::Error> {
    let mut page = HEAD.to_owned();
    for finished in all {
        section(&mut page, finished)?;
    }
    writeln!(page, "<footer>rds-proxy-probe {VERSION}, {now}</footer>\n</main>")?;
    Ok(page)
}

fn section(page: &mut String, finished: &Finished) -> std::fmt::Result {
    let Finished { label, config, report, diagnosis, .. } = finished;
    let (word, class) = match report.outcome() {
        Outcome::Healthy => ("healthy", "good"),
        Outcome::Degraded(_) => ("degraded", "fair"),
        Outcome::Failed(_) => ("unhealthy", "bad"),
    };
    writeln!(page, "<section>\n<h1>{} <b class={class}>{word}</b></h1>", escaped(label))?;
    let answered =
        Answered { report, diagnosis: diagnosis.as_ref(), config: Some(config), invocation: None };
    writeln!(page, "<p>{}</p>", escaped(&answered.message()))?;
    waterfall(page, &report.attempt.steps)?;
    let Some(found) = diagnosis else { return writeln!(page, "</section>") };
    writeln!(page, "<h2>{}</h2>\n<ol>", found.code.as_str())?;
    for cause in &found.causes {
        item(page, cause)?;
    }
    writeln!(page, "</ol>\n</section>")
}

/// The steps, each where it began and as long as it took.
fn waterfall(page: &mut String, steps: &[StepRecord]) -> std::fmt::Result {
    let whole: Duration = steps.iter().map(|record| record.elapsed).sum();
    let percent = |span: Duration| 100.0 * span.as_secs_f64() / whole.as_secs_f64().max(1e-9);
    writeln!(page, "<table>")?;
    let mut begun = Duration::ZERO;
    for StepRecord { step, status, elapsed } in steps {
        let class = match status {
            StepStatus::Ok => "good",
            StepStatus::Failed | StepStatus::TimedOut => "bad",
        };
        let (left, width, ms) = (percent(begun), percent(*elapsed), elapsed.as_secs_f64() * 1e3);
        writeln!(
            page,
            "<tr><th>{}<td>{}<td>{ms:.1} ms<td class=bar><i class={class} style=\"margin-left:{left:.2}%;width:{width:.2}%\"></i>",
            step.as_str(),
            status.as_str(),
        )?;
        begun += *elapsed;
    }
    writeln!(page, "</table>")
}

fn item(page: &mut String, cause: &Cause) -> std::fmt::Result {
    let Cause { cause, evidence, remedy, commands } = cause;
    writeln!(page, "<li><p>{}</p>", escaped(cause))?;
    if let Some(evidence) = evidence {
        writeln!(page, "<p class=evidence>{}</p>", escaped(evidence))?;
    }
    writeln!(page, "<p>{}</p>", escaped(remedy))?;
    for command in commands {
        writeln!(page, "<pre>{}</pre>", escaped(command))?;
    }
    Ok(())
}

/// A text that has no meaning in HTML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}
