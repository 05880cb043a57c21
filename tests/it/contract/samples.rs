//! The reports that pages show are what the function says, shortened.

use std::collections::BTreeSet;

use rds_proxy_emulator::{Emulator, Principal};
use rds_proxy_probe::handler::{Event, Invocation};
use serde_json::{Value, json};

use crate::support::{Engine, Vars, emulator_with, probe};

/// What differs from run to run, or from machine to machine.
const VARYING: [&str; 8] =
    ["age_ms", "elapsed_ms", "message", "not_after", "request_id", "time", "version", "cold_start"];

/// The demo's emulator: both users are known, the principal may connect as the first.
async fn of_the_demo() -> Emulator {
    emulator_with(Engine::PostgreSql, |options| {
        let pattern = "arn:aws:rds-db:*:dbuser:*/app".to_owned();
        let (secret, token) = ("demo-secret", Some("demo-session".to_owned()));
        options.principals =
            vec![Principal::new("AKIAIOSFODNN7EXAMPLE", secret, token, vec![pattern])];
        options.iam_users = vec!["app".to_owned(), "auditor".to_owned()];
    })
    .await
}

/// The first JSON sample of a page that stands behind this text.
fn sample(page: &str, behind: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let text = std::fs::read_to_string(path).unwrap();
    let (_, after) = text.split_once(behind).unwrap_or_else(|| panic!("{page}: no {behind}"));
    let (_, block) = after.split_once("```json\n").unwrap();
    serde_json::from_str(block.split("```").next().unwrap()).unwrap()
}

/// Finds where a sample says something else than the report. It may leave out keys and elements.
fn difference(sample: &Value, report: &Value, at: &str) -> Option<String> {
    match (sample, report) {
        (Value::Object(shown), Value::Object(said)) => shown
            .iter()
            .filter(|(key, _)| !VARYING.contains(&key.as_str()))
            .find_map(|(key, value)| {
                difference(value, said.get(key).unwrap_or(&Value::Null), &format!("{at}/{key}"))
            }),
        (Value::Array(shown), Value::Array(said)) => {
            let mut left = said.iter();
            shown.iter().find_map(|one| {
                let found = left.any(|other| difference(one, other, at).is_none());
                (!found).then(|| format!("{at} shows {one:#}, the function says {report:#}"))
            })
        }
        _ => (sample != report)
            .then(|| format!("{at} shows {sample:#}, the function says {report:#}")),
    }
}

#[tokio::test]
async fn the_readmes_failing_report_is_what_the_demo_prints() {
    let emulator = of_the_demo().await;
    let report = probe(&Vars::of(&emulator).with("DB_USER", "auditor")).await;
    let shown = sample("README.md", "<!-- the failing report of make demo -->");
    assert_eq!(difference(&shown, &report, "README.md "), None);
}

#[tokio::test]
async fn the_references_reports_are_what_the_function_says() {
    let emulator = of_the_demo().await;
    let healthy = probe(&Vars::of(&emulator)).await;
    let shown = sample("docs/reference.md", "This is a report of the function");
    assert_eq!(difference(&shown, &healthy, "docs/reference.md, the report "), None);

    let report = probe(&Vars::of(&emulator).with("DB_USER", "auditor")).await;
    let shown = sample("docs/reference.md", "## The diagnosis");
    let said = &report["diagnosis"];
    assert_eq!(difference(&shown, said, "docs/reference.md, the diagnosis "), None);
}

#[tokio::test]
async fn the_references_log_line_is_what_the_function_writes() {
    let emulator = of_the_demo().await;
    let vars = Vars::of(&emulator).with("DB_USER", "auditor");
    let invocation = Invocation { request_id: "req-1".to_owned(), ends: None };
    let answer = vars.handler().handle(&Event::from(json!({})), &invocation).await;
    let written: Value = serde_json::from_str(&answer.lines[1]).unwrap();
    let shown = sample("docs/reference.md", "Each invocation also writes one summary line");
    // Memory is known to the process alone.
    let keys = |line: &Value| -> BTreeSet<String> {
        let keys = line.as_object().unwrap().keys().cloned();
        keys.filter(|key| key != "residentKiB").collect()
    };
    assert_eq!(keys(&shown), keys(&written));
    for key in ["level", "message", "requestId", "status", "diagnosisCode", "step"] {
        assert_eq!(shown[key], written[key], "{key}");
    }
}
