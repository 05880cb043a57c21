//! `check`: one probe, and its result for a person or a program.

use std::sync::Arc;

use rds_proxy_probe::config::{Config, Problems};
use rds_proxy_probe::diagnosis::{Diagnosis, diagnose};
use rds_proxy_probe::probe::{ConfigFailure, Options, Outcome, Prober, Report};
use rds_proxy_probe::response::Answered;

use crate::options::{Check, Form};
use crate::status::Status;
use crate::surroundings::Surroundings;
use crate::targets::{configuration, sentences};
use crate::terminal::{Color, Lines, Output};
use crate::text::{Steps, diagnosis};

/// Each check logs in: a session would be kept for nothing.
const OPTIONS: Options = Options { fresh: true, explain: false };

/// What a command ends with: its status, and what is wrong for standard error.
pub type Ended = (Status, Vec<String>);

/// Probes once.
pub async fn check(check: &Check, surroundings: &Surroundings, output: &Arc<Output>) -> Ended {
    match (configuration(&check.connection, surroundings), check.output) {
        (Ok(config), Form::Text) => (in_text(config, surroundings, output).await, vec![]),
        (Ok(config), Form::Json) => {
            let prober = Prober::new(config, surroundings.clock.clone());
            let report = Box::pin(prober.probe(OPTIONS, None)).await;
            (in_json(&report, Some(prober.config()), output), vec![])
        }
        (Err(problems), Form::Text) => {
            (Status::Misused, sentences(&problems, &check.connection, surroundings))
        }
        (Err(problems), Form::Json) => (in_json(&not_begun(problems), None, output), vec![]),
    }
}

fn not_begun(problems: Problems) -> Report {
    Report::not_begun(ConfigFailure::Variables(problems), std::time::Duration::ZERO)
}

/// Writes the report as one line.
fn in_json(report: &Report, config: Option<&Config>, output: &Output) -> Status {
    let diagnosis = diagnose(report, config);
    let answered = Answered { report, diagnosis: diagnosis.as_ref(), config, invocation: None };
    // Its numbers are all finite, and then JSON has a form for it.
    if let Ok(reply) = answered.report(&answered.message()) {
        output.write(&format!("{}\n", reply.as_json()));
    }
    Status::of(report)
}

/// Writes the steps as they happen, then what they mean.
async fn in_text(config: Config, surroundings: &Surroundings, output: &Arc<Output>) -> Status {
    let steps = Steps::new(Arc::clone(output), &config);
    let prober = Prober::new(config, surroundings.clock.clone()).with_progress(steps.progress());
    output.write(&heading(prober.config(), output));
    steps.begin();
    let report = tokio::select! {
        report = Box::pin(prober.probe(OPTIONS, None)) => report,
        () = interrupted() => {
            steps.interrupt();
            return Status::Interrupted;
        }
    };
    let found = diagnose(&report, Some(prober.config()));
    output.write(&conclusion(&report, found.as_ref(), prober.config(), output));
    Status::of(&report)
}

/// Waits for Ctrl-C; for ever if the process cannot get it.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// `app.proxy-… port 5432, user "app", by IAM`
fn heading(config: &Config, output: &Output) -> String {
    let mut lines = Lines::new(output.style.width);
    let endpoint = &config.endpoint;
    let mut text = format!("{}:{}", endpoint.host, endpoint.port);
    if let Some(user) = config.auth.user() {
        text.extend([" as \"", user.as_str(), "\""]);
    }
    if config.socket_is_elsewhere {
        text.extend([" through ", &config.socket.to_string()]);
    }
    lines.wrapped("", &text);
    lines.into_text()
}

/// What the steps mean, in at most a screen.
fn conclusion(
    report: &Report,
    found: Option<&Diagnosis>,
    config: &Config,
    output: &Output,
) -> String {
    let style = &output.style;
    let (word, color) = match report.outcome() {
        Outcome::Healthy => ("Healthy", Color::Green),
        Outcome::Degraded(_) => ("Degraded", Color::Yellow),
        Outcome::Failed(_) => ("Unhealthy", Color::Red),
    };
    let Some(found) = found else {
        let answered = Answered { report, diagnosis: None, config: Some(config), invocation: None };
        let mut lines = Lines::new(style.width);
        lines.wrapped("", &answered.message());
        return format!("\n{}\n{}", style.colored(color, word), lines.into_text());
    };
    let title = format!("{word}: {}", found.code.as_str());
    // The title, an empty line before it, and the prompt that follows.
    let room = style.height.saturating_sub(3);
    format!("\n{}\n{}", style.colored(color, &title), diagnosis(found, style, room))
}
