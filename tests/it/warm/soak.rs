//! Thousands of probes by one process: memory and descriptors stay where they were, and none
//! fails. `make soak` has it do what a minutely schedule does in two months.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;
use testkit::function::Running;
use testkit::process::{Usage, processor_ms};
use tokio::time::Instant;

use super::table::machine;
use crate::support::{Engine, Vars, by_engine, emulator, running};

by_engine!(memory_and_descriptors_stay_flat_and_no_probe_fails);

/// Set by `make soak`.
const FULL: &str = "SOAK";

/// Against hanging alone.
const PATIENCE: Duration = Duration::from_mins(10);

/// How often the process is looked at in a phase. The first looks are its warming up.
const LOOKS: usize = 20;
const WARMING_UP: usize = 5;

/// After so long a probe over a kept session begins another beside it.
const SLOW_MS: f64 = 250.0;

/// What the process may have more at the end than once it was warm: the allocator's play.
const PLAY_KIB: u64 = 512;

/// So many probes of one kind.
struct Phase {
    name: &'static str,
    event: &'static [u8],
    reused: bool,
    probes: usize,
}

impl Phase {
    /// Runs it; a row of the table, and how many probes were slow.
    async fn run(&self, function: &mut Running) -> (String, usize) {
        let process = function.process.id();
        let (begun, processor) = (Instant::now(), processor_ms(&process.to_string()));
        let (mut looks, mut slow) = (Vec::new(), 0);
        for probe in 0..self.probes {
            let report = function.invoke(self.event).await.report();
            self.check(&report, probe);
            slow += usize::from(report["elapsed_ms"].as_f64().unwrap() >= SLOW_MS);
            if (probe + 1) % (self.probes / LOOKS) == 0 {
                looks.push(Usage::of(process).unwrap());
            }
        }
        let elapsed = begun.elapsed();
        let (warm, end) = (&looks[WARMING_UP], &looks[LOOKS - 1]);
        assert!(end.resident_kib <= warm.resident_kib + PLAY_KIB, "{} grew", self.name);
        let most = looks.iter().map(|look| look.descriptors).max().unwrap();
        let least = looks.iter().map(|look| look.descriptors).min().unwrap();
        // One that is being closed while the next is open already.
        assert!(most <= least + 1, "{least} to {most} descriptors");
        let per = |span: f64| span / f64::from(u32::try_from(self.probes).unwrap());
        let row = format!(
            "| {} | {} | 0 | {} | {} | {least} to {most} | {:.3} | {:.0} |\n",
            self.name,
            self.probes,
            warm.resident_kib,
            end.resident_kib,
            per(f64::from(u32::try_from(processor_ms(&process.to_string()) - processor).unwrap())),
            1.0 / per(elapsed.as_secs_f64()),
        );
        (row, slow)
    }

    fn check(&self, report: &Value, probe: usize) {
        assert_eq!(report["status"], "healthy", "{}, {probe}: {report:#}", self.name);
        assert_eq!(report["retry"], Value::Null, "{}, {probe}: {report:#}", self.name);
        let is_first = report["cold_start"] == true;
        assert_eq!(report["session"]["reused"], self.reused && !is_first, "{report:#}");
    }
}

#[expect(clippy::print_stdout, reason = "`make soak` shows the table")]
async fn memory_and_descriptors_stay_flat_and_no_probe_fails(engine: Engine) {
    let (warm, cold) =
        if std::env::var_os(FULL).is_some() { (100_000, 10_000) } else { (2_000, 200) };
    let emulator = emulator(engine).await;
    // Nothing is to be replaced for its age, however long it takes.
    let vars = Vars::of(&emulator).with("DB_SESSION_MAX_AGE_S", 86_400);
    let mut function = running(&vars.with("AWS_LAMBDA_LOG_LEVEL", "FATAL")).await;
    let mut table = "| probes | number | failed | resident once warm, KiB | at the end, KiB \
                     | descriptors | processor, ms each | a second |\n\
                     |---|---|---|---|---|---|---|---|\n"
        .to_owned();
    let phases = [
        Phase { name: "warm", event: b"{}", reused: true, probes: warm },
        Phase { name: "cold", event: br#"{"fresh": true}"#, reused: false, probes: cold },
    ];
    let mut slow = 0;
    let all = async {
        for phase in &phases {
            let (row, more) = phase.run(&mut function).await;
            table.push_str(&row);
            slow += more;
        }
    };
    tokio::time::timeout(PATIENCE, all).await.expect("it ends");
    let logins = emulator.connections_accepted();
    // A session for each cold probe and one for all warm ones; on a busy machine, one for each that is
    // slow.
    assert!((cold + 1..=cold + 1 + slow).contains(&logins), "{logins} logins, {slow} slow probes");
    let peak = function.stop().await.peak_kib;
    writeln!(table, "\n{engine}: {logins} logins, peak of the function {peak} KiB. {}", machine())
        .unwrap();
    println!("\n{table}");
}
