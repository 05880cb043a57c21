//! Every fault of the emulator's, of either engine: step, status, code and whether trying again can help.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use rds_proxy_emulator::{Backend, Fault, Options, PoolSettings};
use serde_json::{Value, json};
use testkit::process::PATIENCE;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Function, reports};
use crate::support::{Engine, Vars, by_engine, cluster};

/// How many functions run at once: a stall costs its budget, and nothing else.
const MAX_CONCURRENCY: usize = 8;

/// The budget where a stall uses it up; enough to get to the last step on a busy machine.
const STALLED_MS: u64 = 2_000;

/// The budget everywhere else, which nothing comes near.
const BUDGET_MS: u64 = 20_000;

/// Far less than a hang past the budget takes.
const GRACE: Duration = Duration::from_secs(5);

/// Codes for which trying again soon can help, whatever the fault.
const TRANSIENT: [&str; 10] = [
    "auth_connection_lost",
    "auth_timeout",
    "borrow_timeout",
    "connection_lost",
    "connection_rate_exceeded",
    "iam_throttled",
    "query_timeout",
    "server_unavailable",
    "tls_timeout",
    "too_many_connections",
];

/// The same, for faults whose code alone does not decide: a server that answers in clear is starting
/// up or overloaded, one that says `N` is not; a cut connection may succeed the next time, a
/// refused handshake will not; an internal fault is one that AWS says to try again; and an endpoint
/// for writes leads to a reader only until the end of a failover.
const TRANSIENT_FAULTS: [&str; 12] = [
    "error-at-greeting",
    "close-at-greeting",
    "reset-at-greeting",
    "error-at-ssl",
    "close-at-ssl",
    "reset-at-ssl",
    "close-at-handshake",
    "reset-at-handshake",
    "error-at-startup",
    "error-at-password",
    "error-at-query",
    "read-only",
];

/// What a reset is if it arrives before the client has noticed that it is connected, which depends on
/// the machine.
const RESET_BEFORE_A_BYTE: &str = "tcp_refused at connect (failed), unhealthy 503, transient";

/// How long a client of the emulator waits for a connection that others have.
const BORROW_TIMEOUT: Duration = Duration::from_secs(1);

/// Faults that the function's query does not meet, and why. That they are real is shown by the
/// emulator's own tests.
const UNMET: [(&str, &str); 3] = [
    ("failover-after", "the function asks nothing at that moment"),
    ("blue-green-after", "the function asks nothing at that moment"),
    ("lost-reader", "the function's statement pins no session"),
];

/// What a fault must lead to, in the words of the table that `make faults` prints.
fn expected(fault: &Fault) -> String {
    let Fault { name, step, code, .. } = *fault;
    let transient = TRANSIENT.contains(&code) || TRANSIENT_FAULTS.contains(&name);
    let (status, statuses) = match code {
        "healthy" => return "healthy".to_owned(),
        "certificate_expiring" | "auth_not_asked" => ("ok", "degraded 200"),
        _ if stalls(fault) => ("timeout", "unhealthy 503"),
        _ => ("failed", "unhealthy 503"),
    };
    let again = if transient { ", transient" } else { "" };
    format!("{code} at {step} ({status}), {statuses}{again}")
}

/// What a report says, in the same words.
fn got(report: &Value) -> String {
    let diagnosis = &report["diagnosis"];
    if report["status"] == "healthy" && diagnosis.is_null() {
        return "healthy".to_owned();
    }
    let text = |value: &Value| value.as_str().unwrap_or("nothing").to_owned();
    let last = report["steps"].as_array().and_then(|steps| steps.last()).unwrap();
    // What only shows once all steps are done may be of an earlier one.
    if last["status"] != "ok" {
        assert_eq!(diagnosis["step"], last["step"], "{report:#}");
    }
    assert!(!diagnosis["causes"].as_array().unwrap().is_empty(), "{report:#}");
    let (code, step, status) = (&diagnosis["code"], &diagnosis["step"], &last["status"]);
    let again = if diagnosis["transient"] == true { ", transient" } else { "" };
    let (code, step, status) = (text(code), text(step), text(status));
    format!(
        "{code} at {step} ({status}), {} {}{again}",
        text(&report["status"]),
        report["statusCode"]
    )
}

/// Whether the probe waits until its budget is used up.
fn stalls(fault: &Fault) -> bool {
    fault.name.starts_with("stall-at-") || fault.name.starts_with("drip-at-")
}

/// Runs the function twice against an emulator with this fault; the two reports.
async fn tried(engine: Engine, fault: Fault) -> [Value; 2] {
    // A database is needed only where one is asked.
    let is_asked = fault.step == "query" || fault.code == "auth_not_asked";
    let backend = if is_asked { Backend::Cluster(cluster(engine)) } else { Backend::Absent };
    let pool =
        PoolSettings { connection_borrow_timeout: BORROW_TIMEOUT, ..PoolSettings::default() };
    let fault_of = Some(fault);
    let options = Options { engine, backend, pool, fault: fault_of, ..Options::default() };
    let emulator = rds_proxy_emulator::start(options).await.unwrap();
    let vars = Vars::of(&emulator).with("PROBE_TIMEOUT_MS", budget_ms(&fault));
    if fault.name != "cross-talk" {
        return reports(&vars).await;
    }
    // The first session has its own answer, since no other was there before.
    let [first, second, third] = reports(&vars).await;
    assert_eq!(got(&first), "healthy", "{first:#}");
    for report in [&second, &third] {
        assert_eq!(
            report["diagnosis"]["summary"],
            "The answer does not belong to this probe's query: it carries another probe's nonce.",
        );
    }
    [second, third]
}

fn budget_ms(fault: &Fault) -> u64 {
    if stalls(fault) { STALLED_MS } else { BUDGET_MS }
}

/// Whether a report came inside its budget, but for what a busy machine may take to say so.
fn is_in_time(fault: &Fault, report: &Value) -> bool {
    let allowed = Duration::from_millis(budget_ms(fault)) + GRACE;
    report["elapsed_ms"].as_f64().unwrap() <= allowed.as_secs_f64() * 1e3
}

by_engine!(
    each_leads_to_its_code_twice_inside_budget_and_memory,
    a_session_that_ends_after_a_second_is_replaced_and_no_invocation_fails,
    a_session_that_falls_silent_after_a_second_is_replaced_and_no_invocation_fails,
    a_failover_or_a_switchover_costs_the_kept_session_and_no_invocation_fails,
);

#[expect(clippy::print_stdout, reason = "`make faults` shows the table")]
async fn each_leads_to_its_code_twice_inside_budget_and_memory(engine: Engine) {
    let permits = Arc::new(Semaphore::new(MAX_CONCURRENCY));
    let mut running = JoinSet::new();
    let faults: Vec<Fault> = Fault::of(engine).copied().collect();
    for (number, fault) in faults.iter().copied().enumerate() {
        let permits = Arc::clone(&permits);
        running.spawn(async move {
            let _permit = permits.acquire_owned().await.unwrap();
            (number, tried(engine, fault).await)
        });
    }
    let mut all = running.join_all().await;
    all.sort_by_key(|(number, _)| *number);

    let mut table = String::new();
    let mut wrong = Vec::new();
    for (number, reports) in &all {
        let fault = &faults[*number];
        let expected = expected(fault);
        let [first, second] = [0, 1].map(|nth| got(&reports[nth]));
        let elapsed = reports[0]["elapsed_ms"].as_f64().unwrap();
        let unmet = UNMET.iter().find(|(name, _why)| *name == fault.name);
        let why = unmet.map(|(_name, why)| format!(": {why}")).unwrap_or_default();
        let expected_shown = format!("{expected}{why}");
        let shown = if first == expected { "as expected" } else { &first };
        writeln!(table, "{:<28}{expected_shown:<82}{shown:<14}{elapsed:>8.1} ms", fault.name)
            .unwrap();
        let is_as_expected = |got: &str| {
            got == expected || fault.name == "reset-at-greeting" && got == RESET_BEFORE_A_BYTE
        };
        if ![&first, &second].into_iter().all(|got| is_as_expected(got)) {
            wrong.push(format!("{}: {expected}; got {first}, then {second}", fault.name));
        }
        if !reports.iter().all(|report| is_in_time(fault, report)) {
            wrong.push(format!("{}: not inside its budget, {reports:#?}", fault.name));
        }
    }
    println!("\n{engine}\n{table}\n{} faults, {} of them not as expected", all.len(), wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_stands_in_the_lists_exists() {
    let all = || [Engine::PostgreSql, Engine::MySql].into_iter().flat_map(Fault::of);
    let known: Vec<&str> = all().flat_map(|fault| [fault.name, fault.code]).collect();
    for (name, _why) in UNMET {
        assert!(all().any(|fault| fault.name == name && fault.code == "healthy"));
    }
    for name in TRANSIENT.iter().chain(&TRANSIENT_FAULTS) {
        assert!(known.contains(name), "{name}");
    }
}

/// Invokes the function four times a second, as a schedule would, until a session is replaced;
/// that report. Every answer on the way is healthy.
async fn replaced(engine: Engine, fault: &str) -> Value {
    let backend = Backend::Cluster(cluster(engine));
    let fault = Some(Fault::named(engine, fault).unwrap());
    let options = Options { engine, backend, fault, ..Options::default() };
    let emulator = rds_proxy_emulator::start(options).await.unwrap();
    let vars = Vars::of(&emulator).with("PROBE_TIMEOUT_MS", STALLED_MS);
    let mut function = Function::start(&vars).await;
    let mut schedule = tokio::time::interval(Duration::from_millis(250));
    let replaced = async {
        let mut is_first = true;
        loop {
            schedule.tick().await;
            let report = function.report(b"{}").await;
            assert_eq!(got(&report), "healthy", "{report:#}");
            if !is_first && report["session"]["reused"] == false {
                return report;
            }
            is_first = false;
        }
    };
    let report = tokio::time::timeout(PATIENCE, replaced).await.expect("the session is replaced");
    function.stop().await;
    report
}

async fn a_session_that_ends_after_a_second_is_replaced_and_no_invocation_fails(engine: Engine) {
    for fault in ["close-after:1", "reset-after:1"] {
        let report = replaced(engine, fault).await;
        // Whether the end is seen before the question or by it is the scheduler's choice.
        let code = &report["retry"]["code"];
        assert!(code.is_null() || code == "connection_lost", "{report:#}");
    }
}

async fn a_session_that_falls_silent_after_a_second_is_replaced_and_no_invocation_fails(
    engine: Engine,
) {
    let report = replaced(engine, "stall-after:1").await;
    assert_eq!(report["retry"]["code"], json!("query_timeout"), "{report:#}");
}

async fn a_failover_or_a_switchover_costs_the_kept_session_and_no_invocation_fails(engine: Engine) {
    for fault in ["failover:2", "blue-green:2"] {
        let backend = Backend::Cluster(cluster(engine));
        let named = Fault::named(engine, fault).unwrap();
        // MySQL's sessions end without a message.
        let code = named.code;
        let options = Options { engine, backend, fault: Some(named), ..Options::default() };
        let emulator = rds_proxy_emulator::start(options).await.unwrap();
        let vars = Vars::of(&emulator).with("PROBE_TIMEOUT_MS", BUDGET_MS);
        let mut function = Function::start(&vars).await;
        let reports = [function.report(b"{}").await, function.report(b"{}").await];
        function.stop().await;
        for report in &reports {
            assert_eq!(got(report), "healthy", "{fault}: {report:#}");
        }
        assert_eq!(reports[1]["retry"]["code"], code, "{fault}: {:#}", reports[1]);
    }
}
