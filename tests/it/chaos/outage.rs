//! The proxy goes and comes back at the same address with the same authority; the database
//! behind it crashes and recovers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rds_proxy_emulator::{Backend, Cluster, Emulator, Options, PoolSettings, start};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::disruption::Disruption;
use super::journal::Journal;
use super::{disrupt, probe_during, rounds};
use crate::support::{Engine, Vars, by_engine, running};

by_engine!(
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    reports_are_true_while_proxy_and_database_go_and_come_back
);

/// An address that no test's outgoing connection has, so that its port stays free.
const LISTEN: &str = "127.0.0.2:0";

/// How many probes see nothing but the outage.
const OUTAGE: usize = 4;

/// To drop what an emulator holds closes its sockets silently, as the kernel does for a
/// killed process.
async fn kill_and_restart(
    journal: &Journal,
    running: &Mutex<Option<Emulator>>,
    options: &Options,
    round: u64,
) {
    let kill = async {
        let emulator = running.lock().await.take();
        emulator.unwrap().stop().await;
    };
    let restart = async {
        let emulator = Box::pin(start(options.clone())).await.unwrap();
        *running.lock().await = Some(emulator);
    };
    disrupt(journal, (Disruption::ProxyKilled, OUTAGE, round), kill, restart).await;
}

async fn crash_and_recover(journal: &Journal, cluster: &Arc<Cluster>, round: u64) {
    let (crashing, recovering) = (Arc::clone(cluster), Arc::clone(cluster));
    let crash = async { spawn_blocking(move || crashing.crash()).await.unwrap().unwrap() };
    let recover = async { spawn_blocking(move || recovering.recover()).await.unwrap().unwrap() };
    disrupt(journal, (Disruption::DatabaseCrashed, OUTAGE, round), crash, recover).await;
}

async fn reports_are_true_while_proxy_and_database_go_and_come_back(engine: Engine) {
    let cluster = Cluster::start_of(engine).unwrap();
    let listen: SocketAddr = LISTEN.parse().unwrap();
    let backend = Backend::Cluster(Arc::clone(&cluster));
    // Shorter than the probe's budget, so that it hears the proxy's answer.
    let connection_borrow_timeout = Duration::from_millis(500);
    let pool = PoolSettings { connection_borrow_timeout, ..PoolSettings::default() };
    let mut options = Options { engine, backend, listen, pool, ..Options::default() };
    let emulator = start(options.clone()).await.unwrap();
    (options.listen, options.authority) = (emulator.address(), Some(emulator.authority()));
    let ca_file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(ca_file.path(), emulator.ca_pem()).unwrap();
    let vars = Vars::of(&emulator).with("DB_CA_FILE", ca_file.path().display());
    let function = running(&vars).await;
    let running = Mutex::new(Some(emulator));

    let journal = Journal::new();
    let script = async {
        for round in 0..rounds(6, 320) {
            kill_and_restart(&journal, &running, &options, round).await;
        }
        for round in 0..rounds(2, 96) {
            crash_and_recover(&journal, &cluster, round).await;
        }
    };
    probe_during(engine, &journal, function, Box::pin(script)).await;
}
