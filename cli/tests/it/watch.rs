//! `watch`: what a person and a program see while proxy and database go away and come back.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rds_proxy_emulator::{Backend, Cluster, Emulator, Engine, Options, PoolSettings, start};
use serde_json::Value;
use testkit::process::{PATIENCE, signal};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::support::terminal::Terminal;
use crate::support::{ENGINES, Vars, cluster, emulator, emulator_of, fault, run};

/// A running watch with JSON lines.
struct Watching {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watching {
    fn start(vars: &Vars) -> Self {
        let arguments = ["watch", "--interval", "100ms", "--timeout", "2s", "--output", "json"];
        let mut child = vars.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    async fn next(&mut self) -> Option<Value> {
        let line = timeout(PATIENCE, self.lines.next_line()).await.unwrap().unwrap()?;
        Some(serde_json::from_str(&line).unwrap())
    }

    /// Reads until there was each of these events with this status.
    async fn until(&mut self, events: &[&str], status: &str) {
        let mut missing = events.to_vec();
        while !missing.is_empty() {
            let change = self.next().await.expect("the watch goes on");
            if change["status"] == status || status.is_empty() {
                missing.retain(|event| change["event"] != *event);
            }
        }
    }

    /// Types Ctrl-C, and returns the summary and the exit status.
    async fn end(mut self) -> (Value, Option<i32>) {
        signal("-INT", &self.child.id().unwrap().to_string()).await;
        let mut last = Value::Null;
        while let Some(line) = self.next().await {
            last = line;
        }
        (last, self.child.wait().await.unwrap().code())
    }
}

const BOTH: [&str; 2] = ["new_login", "kept_session"];

#[tokio::test]
async fn a_proxy_that_goes_and_comes_back_is_an_outage_and_cuts_the_session() {
    let first = emulator().await;
    let mut watching = Watching::start(&Vars::of(&first));
    watching.until(&BOTH, "ok").await;
    let (listen, authority) = (first.address(), Some(first.authority()));
    first.stop().await;
    watching.until(&BOTH, "failed").await;
    let backend = Backend::Cluster(cluster(Engine::PostgreSql));
    let again = Options { listen, authority, backend, ..Options::default() };
    let second = start(again).await.unwrap();
    watching.until(&BOTH, "ok").await;
    let (summary, status) = watching.end().await;
    drop(second);
    let target = &summary["targets"][0];
    assert_eq!((&summary["event"], status), (&Value::from("summary"), Some(1)));
    assert_eq!(target["no_new_login"]["count"], 1, "{summary:#}");
    assert_eq!(target["sessions_cut"], 1, "{summary:#}");
    assert_eq!(summary["no_writer"]["count"], 1, "{summary:#}");
    assert_eq!(summary["no_reader"], Value::Null, "none was ever there");
    assert!(summary["no_writer"]["total_ms"].as_u64() > Some(0), "{summary:#}");
}

/// How long a client waits for a database connection: less than a database is away.
fn impatient() -> PoolSettings {
    let connection_borrow_timeout = Duration::from_millis(200);
    PoolSettings { connection_borrow_timeout, ..PoolSettings::default() }
}

#[tokio::test]
async fn a_database_that_crashes_behind_the_proxy_is_no_writer_until_it_recovers() {
    for engine in ENGINES {
        let cluster = Cluster::start_of(engine).unwrap();
        let backend = Backend::Cluster(Arc::clone(&cluster));
        let options = Options { engine, backend, pool: impatient(), ..Options::default() };
        let emulator = start(options).await.unwrap();
        let mut watching = Watching::start(&Vars::of(&emulator));
        watching.until(&BOTH, "ok").await;
        let crashing = Arc::clone(&cluster);
        spawn_blocking(move || crashing.crash()).await.unwrap().unwrap();
        watching.until(&BOTH, "failed").await;
        spawn_blocking(move || cluster.recover()).await.unwrap().unwrap();
        watching.until(&BOTH, "ok").await;
        let (summary, status) = watching.end().await;
        assert_eq!(summary["no_writer"]["count"], 1, "{summary:#}");
        assert_eq!(status, Some(1));
    }
}

/// An emulator in which this happens at the tenth query of all sessions.
async fn disrupted(engine: Engine, name: &str) -> Emulator {
    let fault = fault(engine, name);
    emulator_of(engine, |options| {
        options.fault = Some(fault);
        options.pool = impatient();
    })
    .await
}

#[tokio::test]
async fn a_failover_is_an_outage_of_writer_and_logins_that_ends() {
    for engine in ENGINES {
        let emulator = disrupted(engine, "failover:10").await;
        let mut watching = Watching::start(&Vars::of(&emulator));
        watching.until(&BOTH, "ok").await;
        watching.until(&["new_login"], "failed").await;
        watching.until(&["new_login"], "ok").await;
        let (summary, status) = watching.end().await;
        let target = &summary["targets"][0];
        assert_eq!(target["no_new_login"]["count"], 1, "{engine}: {summary:#}");
        assert!(summary["no_writer"]["total_ms"].as_u64() > Some(0), "{engine}: {summary:#}");
        assert_eq!(status, Some(1), "{engine}");
    }
}

#[tokio::test]
async fn a_switchover_cuts_the_kept_session_and_the_next_one_works() {
    for engine in ENGINES {
        let emulator = disrupted(engine, "blue-green:10").await;
        let mut watching = Watching::start(&Vars::of(&emulator));
        watching.until(&BOTH, "ok").await;
        watching.until(&["session_cut"], "").await;
        let (summary, status) = watching.end().await;
        assert_eq!(summary["targets"][0]["sessions_cut"], 1, "{engine}: {summary:#}");
        assert_eq!(status, Some(1), "{engine}");
    }
}

#[tokio::test]
async fn a_quiet_watch_ends_in_time_with_status_0() {
    let emulator = emulator().await;
    let vars = Vars::of(&emulator);
    let written = run(&vars, &["watch", "--interval", "100ms", "--for", "2s"]).await;
    let lines: Vec<&str> = written.stdout.lines().collect();
    // The two streams begin in either order.
    let works = ["new logins work, writer", "the kept session works, writer"];
    for expected in works {
        let is_there = lines.iter().take(2).any(|line| line.ends_with(expected));
        assert!(is_there, "{expected}: {}", written.stdout);
    }
    let summary = ["no writer: never", "no new login: never", "sessions cut: 0"];
    for expected in summary {
        assert!(lines.iter().any(|line| line.trim() == expected), "{expected}: {}", written.stdout);
    }
    assert_eq!((written.stderr.as_str(), written.status), ("", Some(0)));
}

#[tokio::test]
async fn on_a_terminal_ctrl_c_ends_with_the_summary() {
    let emulator = emulator().await;
    let terminal = Terminal { ctrl_c_after: Some(" s, Ctrl-C ends"), ..Terminal::USUAL };
    let seen = terminal.run(&Vars::of(&emulator), &["watch"]).await;
    let screen = seen.screen();
    assert!(!screen.contains("Ctrl-C ends"), "{screen}");
    assert!(screen.contains("\nWatched for ") && screen.contains("sessions cut: 0"), "{screen}");
    assert_eq!(seen.status, 0);
}

#[tokio::test]
async fn a_reader_that_leaves_ends_the_watch() {
    let emulator = emulator().await;
    let arguments = ["watch", "--interval", "100ms"];
    let mut child = Vars::of(&emulator).command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(timeout(PATIENCE, child.wait()).await.unwrap().unwrap().code(), Some(0));
}

#[tokio::test]
async fn logins_are_not_paced_faster_than_a_small_database_takes_them() {
    let emulator = emulator().await;
    let written = run(&Vars::of(&emulator), &["watch", "--interval", "50ms"]).await;
    let expected = "error: --interval is 50ms: expected 100ms to 60000ms for 1 target(s)\n";
    assert_eq!((written.stderr.as_str(), written.status), (expected, Some(2)));
}
