//! One target for a person: the steps as they happen, then what they mean.

use std::sync::Arc;
use std::time::Duration;

use rds_proxy_probe::clock::human_duration;
use rds_proxy_probe::config::Config;
use rds_proxy_probe::gate::Waited;
use rds_proxy_probe::probe::{Outcome, Prober};
use rds_proxy_probe::response::Answered;

use super::probe_with;
use crate::status::Status;
use crate::surroundings::Surroundings;
use crate::targets::Target;
use crate::terminal::{Color, Interrupt, Lines, Output, Style};
use crate::text::{Steps, diagnosis};

/// Probes, and writes everything.
pub(super) async fn check(
    Target { config, .. }: Target,
    time: Option<Duration>,
    surroundings: &Surroundings,
    output: &Arc<Output>,
) -> Status {
    let steps = Steps::new(Arc::clone(output), &config);
    let prober = Prober::new(config, surroundings.clock.clone());
    let prober = prober.with_progress(if time.is_some() { steps.again() } else { steps.once() });
    let mut interrupt = Interrupt::new();
    output.write(&heading(prober.config(), &output.style));
    steps.begin();
    let waited = tokio::select! {
        waited = probe_with(&prober, time, surroundings) => waited,
        () = interrupt.received() => {
            steps.interrupt();
            return Status::Interrupted;
        }
    };
    steps.interrupt();
    if time.is_some() {
        output.write(&steps.all(&waited.report.attempt.steps));
    }
    output.write(&conclusion(&waited, prober.config(), &output.style));
    Status::of(&waited.report)
}

/// `app.proxy-…:5432 as "app"`
fn heading(config: &Config, style: &Style) -> String {
    let mut lines = Lines::new(style.width);
    let mut text = crate::targets::label(config);
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
fn conclusion(waited: &Waited, config: &Config, style: &Style) -> String {
    let Waited { report, diagnosis: found, probes, elapsed } = waited;
    let (mut title, color) = match report.outcome() {
        Outcome::Healthy => ("Healthy".to_owned(), Color::Green),
        Outcome::Degraded(_) => ("Degraded".to_owned(), Color::Yellow),
        Outcome::Failed(_) => ("Unhealthy".to_owned(), Color::Red),
    };
    if let Some(found) = found {
        title.extend([": ", found.code.as_str()]);
    }
    if *probes > 1 {
        title.extend([" after ", &probes.to_string(), " probes in ", &human_duration(*elapsed)]);
    }
    let text = if let Some(found) = found {
        // The title, an empty line before it, and the prompt that follows.
        diagnosis(found, style, style.height.saturating_sub(3))
    } else {
        let answered = Answered { report, diagnosis: None, config: Some(config), invocation: None };
        let mut lines = Lines::new(style.width);
        lines.wrapped("", &answered.message());
        lines.into_text()
    };
    format!("\n{}\n{text}", style.colored(color, &title))
}
