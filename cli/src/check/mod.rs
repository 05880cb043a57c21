//! `check`: one probe of each target, and the results for a person or a program.

mod html;
mod json;
mod many;
mod one;
mod pace;

use std::sync::Arc;

use rds_proxy_probe::config::Config;
use rds_proxy_probe::diagnosis::{Diagnosis, diagnose_at};
use rds_proxy_probe::gate::{Waited, wait};
use rds_proxy_probe::probe::{Options, Prober, Report};

use crate::options::{Check, Connection, Form};
use crate::status::Status;
use crate::surroundings::Surroundings;
use crate::targets::{Target, configuration, every_address, label, of_file, of_proxy, sentences};
use crate::terminal::Output;

/// Each check logs in: a session would be kept for nothing.
const OPTIONS: Options = Options { fresh: true, explain: false };

/// What a command ends with: its status, and what is wrong for standard error.
pub type Ended = (Status, Vec<String>);

/// A target that was probed.
#[derive(Debug)]
struct Finished {
    label: String,
    config: Config,
    report: Report,
    diagnosis: Option<Diagnosis>,
    /// How many probes there were: more than one only with `--wait`.
    probes: u32,
}

/// Probes, until Ctrl-C at the latest.
pub async fn check(check: &Check, surroundings: &Surroundings, output: &Arc<Output>) -> Ended {
    let connection = match &check.proxy {
        None => check.connection.clone(),
        Some(name) => match of_proxy(name, &check.connection, surroundings).await {
            Ok(connection) => connection,
            Err(problems) => return (Status::Misused, problems),
        },
    };
    match &check.file {
        None => of_options(check, &connection, surroundings, output).await,
        Some(path) => match of_file(path, &connection, surroundings) {
            Ok(targets) => (many::check(targets, check, surroundings, output).await, vec![]),
            Err(problems) => (Status::Misused, problems),
        },
    }
}

async fn of_options(
    check: &Check,
    connection: &Connection,
    surroundings: &Surroundings,
    output: &Arc<Output>,
) -> Ended {
    let config = match (configuration(connection, surroundings), check.output) {
        (Ok(config), _) => config,
        (Err(problems), Form::Json) => {
            return (json::of_problems(problems, surroundings, output), vec![]);
        }
        (Err(problems), Form::Text | Form::Html) => {
            return (Status::Misused, sentences(&problems, connection, surroundings));
        }
    };
    if check.every_address {
        let targets = every_address(config).await;
        return (many::check(targets, check, surroundings, output).await, vec![]);
    }
    let target = Target { label: label(&config), config };
    let status = match check.output {
        Form::Text => one::check(target, check.wait, surroundings, output).await,
        Form::Json => {
            let finished = probe(target, check.wait, surroundings).await;
            json::of_one(&finished, output)
        }
        Form::Html => {
            let finished = probe(target, check.wait, surroundings).await;
            html::page(&[&finished], surroundings, output);
            Status::of(&finished.report)
        }
    };
    (status, vec![])
}

/// Probes a target once, or until its path works or the time is over.
async fn probe(
    Target { label, config }: Target,
    time: Option<std::time::Duration>,
    surroundings: &Surroundings,
) -> Finished {
    let prober = Prober::new(config, surroundings.clock.clone());
    let Waited { report, diagnosis, probes, .. } = probe_with(&prober, time, surroundings).await;
    Finished { label, config: prober.config().clone(), report, diagnosis, probes }
}

async fn probe_with(
    prober: &Prober,
    time: Option<std::time::Duration>,
    surroundings: &Surroundings,
) -> Waited {
    let waited = if let Some(time) = time {
        Box::pin(wait(prober, &surroundings.clock, time)).await
    } else {
        let report = Box::pin(prober.probe(OPTIONS, None)).await;
        let elapsed = report.elapsed;
        Waited { report, diagnosis: None, probes: 1, elapsed }
    };
    let diagnosis = diagnose_at(surroundings.site(), &waited.report, Some(prober.config()));
    Waited { diagnosis, ..waited }
}
