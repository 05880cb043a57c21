//! Latency and loss, by TCP as the kernel does it, in a network of the test's own.

use tokio::sync::Mutex;

use super::disruption::Disruption;
use super::journal::Journal;
use super::wire::Wire;
use super::{disrupt, probe_during, rounds};
use crate::support::{Engine, Vars, by_engine_in_its_own_network, emulator_with, running};

by_engine_in_its_own_network!(reports_are_true_while_the_network_is_slow_loses_packets_or_is_cut);

/// Less than two round trips of the slow kind, more than six of the quick one.
const BUDGET_MS: u32 = 1_500;

/// What is injected: the delay in each direction, the loss, and for how many probes of a round.
const DISRUPTIONS: [(Disruption, u32, u32, usize); 4] = [
    (Disruption::Slow, 10, 0, 4),
    (Disruption::Lossy, 0, 25, 4),
    (Disruption::TooSlow, 400, 0, 2),
    (Disruption::Cut, 0, 100, 2),
];

async fn reports_are_true_while_the_network_is_slow_loses_packets_or_is_cut(engine: Engine) {
    let wire = Mutex::new(Wire::lay().await);
    let emulator = emulator_with(engine, |options| options.listen = Wire::server()).await;
    let through = Wire::client(emulator.address());
    let vars = Vars::of(&emulator).with("DB_CONNECT_TO", through);
    let function = running(&vars.with("PROBE_TIMEOUT_MS", BUDGET_MS)).await;

    let journal = Journal::new();
    let script = async {
        for round in 0..rounds(1, 16) {
            for (disruption, delay_ms, loss_percent, probes) in DISRUPTIONS {
                let inject = async { wire.lock().await.set(delay_ms, loss_percent).await };
                let clear = async { wire.lock().await.set(0, 0).await };
                disrupt(&journal, (disruption, probes, round), inject, clear).await;
            }
        }
    };
    probe_during(engine, &journal, function, Box::pin(script)).await;
}
