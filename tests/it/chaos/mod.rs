//! Things break while probes run one after another: the emulator is killed and comes back, the
//! database behind it crashes and recovers, the network is slow, loses packets, or is cut.
//!
//! Every report has to be true of what was going on while the probe ran, the first probe after
//! each recovery healthy, and no invocation without its answer. `make chaos` does it hundreds of
//! times, and shows what was said.

mod disruption;
mod journal;
mod network;
mod outage;
mod wire;

use std::time::Duration;

use disruption::{Disruption, Phase};
use journal::Journal;
use testkit::function::Running;
use tokio::time::{sleep, timeout};

use crate::support::Engine;

/// Set by `make chaos`.
const FULL: &str = "CHAOS";

/// Against hanging alone.
const PATIENCE: Duration = Duration::from_mins(10);

/// How many probes have the path for themselves before something breaks: of each kind some, so
/// that there is a kept session.
const QUIET: usize = 4;

/// Over how many milliseconds the beginnings of disruptions are spread, which is about the length
/// of two probes.
const SPREAD_MS: u64 = 32;
/// From one to the next, so that few are spread as well.
const STEP_MS: u64 = 7;

/// How often everything breaks.
fn rounds(few: u64, many: u64) -> u64 {
    if std::env::var_os(FULL).is_some() { many } else { few }
}

/// One disruption, while so many probes see no other.
async fn disrupt(
    journal: &Journal,
    (disruption, probes, round): (Disruption, usize, u64),
    inject: impl Future<Output = ()>,
    clear: impl Future<Output = ()>,
) {
    journal.probed(QUIET).await;
    // Nothing waits for this pause: the disruption comes at another moment of a probe each time.
    sleep(Duration::from_millis(round * STEP_MS % SPREAD_MS)).await;
    journal.enter(Phase::Injecting(disruption));
    inject.await;
    journal.enter(Phase::Injected(disruption));
    journal.probed(probes).await;
    journal.enter(Phase::Clearing(disruption));
    clear.await;
    journal.enter(Phase::Quiet);
}

/// Probes without a pause, by turns over the kept session and a fresh one, until the script has
/// ended and the path has been quiet for some probes more; then shows and judges what was said.
#[expect(clippy::print_stdout, reason = "`make chaos` shows the table")]
async fn probe_during(
    engine: Engine,
    journal: &Journal,
    mut function: Running,
    script: impl Future<Output = ()>,
) {
    let script = async {
        script.await;
        journal.probed(QUIET).await;
        journal.end();
    };
    let probing = async {
        for number in 1_usize.. {
            let event: &[u8] = if number % 2 == 0 { b"{}" } else { br#"{"fresh": true}"# };
            let begun = journal.now();
            let report = function.invoke(event).await.report();
            assert_eq!(report["request_id"], format!("request-{number}"), "an answer of its own");
            journal.note(begun, &report);
            if journal.has_ended() {
                return;
            }
        }
    };
    let both = async { tokio::join!(script, probing) };
    timeout(PATIENCE, both).await.expect("every invocation is answered");
    function.stop().await;
    println!("\n{engine}\n\n{}", journal.table());
    let untrue = journal.untrue();
    assert!(untrue.is_empty(), "{untrue:#?}");
}
