//! Many clients over eight database connections: each gets its own answers, and idle ones cost
//! little. `make nonces` has a million answers, and ten times as many idle clients.

mod mysql;
mod postgresql;

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::Arc;

use rds_proxy_emulator::Engine;
use testkit::process::Usage;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::binary::{Started, binary_for, spawn_by};
use crate::support::by_engine;
use crate::support::door::{Door, Visitor};

by_engine!(
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    no_answer_of_sixty_four_clients_over_eight_connections_is_anothers,
    a_crowd_of_idle_clients_shares_eight_connections,
);

/// Set by `make nonces`.
const FULL: &str = "NONCES";

/// How many clients ask at once.
const CLIENTS: usize = 64;

/// One session with a prepared statement of MySQL's for so many rounds: each logs in.
const ROUNDS_A_SESSION: usize = 16;

/// The lengths of answers in turn: within a packet, over many, and over what the emulator looks at
/// of a message at once.
const LENGTHS: [usize; 5] = [0, 40, 4_000, 0, LONG];
const LONG: usize = 70_000;

/// The longest of them in a statement's text: one over 16 KiB pins its session.
const LONGEST_TEXT: usize = 4_000;

/// An emulator with eight connections: one percent of PostgreSQL's 1197 is eleven and of MariaDB's
/// 1200 is twelve; the others are taken.
struct Eight {
    started: Started,
    door: Arc<Door>,
    _takers: Vec<Visitor>,
}

impl Eight {
    async fn new(engine: Engine) -> Self {
        // Its log has a line for each client that leaves.
        let arguments = ["--max-connections-percent", "1"];
        let started = spawn_by(binary_for(engine).args(arguments).stderr(Stdio::null())).await;
        let door = Arc::new(Door::of(&started));
        let mut takers = Vec::new();
        let others = match engine {
            Engine::PostgreSql => 3,
            Engine::MySql => 4,
        };
        for _ in 0..others {
            let mut taker = door.enter().await;
            taker.run("BEGIN").await;
            // MariaDB begins nothing before the first statement.
            assert_eq!(taker.value("SELECT 'taken'").await, "taken");
            takers.push(taker);
        }
        Self { started, door, _takers: takers }
    }
}

/// What a client asks in this round in one way, of at most this length: a text that nothing else has.
fn nonce((number, round, way): (usize, usize, usize), longest: usize) -> String {
    let length = LENGTHS[(number + round) % LENGTHS.len()].min(longest);
    format!("{number}/{round}/{way}/{}", "x".repeat(length))
}

/// Asks in all ways in which clients share connections, round after round; returns those that
/// answered.
async fn ask(visitor: &mut Visitor, number: usize, rounds: usize) -> BTreeSet<String> {
    match visitor {
        Visitor::PostgreSql(client) => postgresql::ask(client, number, rounds).await,
        Visitor::MySql(session) => mysql::ask(session, number, rounds).await,
    }
}

#[expect(clippy::print_stdout, reason = "`make nonces` shows the figures")]
async fn no_answer_of_sixty_four_clients_over_eight_connections_is_anothers(engine: Engine) {
    let answers = if std::env::var_os(FULL).is_some() { 1_000_000 } else { 4_000 };
    let ways = match engine {
        Engine::PostgreSql => postgresql::WAYS,
        Engine::MySql => mysql::WAYS,
    };
    let rounds = answers / (CLIENTS * ways) + 1;
    let eight = Eight::new(engine).await;
    let (begun, mut clients) = (Instant::now(), JoinSet::new());
    for number in 0..CLIENTS {
        let door = Arc::clone(&eight.door);
        clients.spawn(async move { ask(&mut door.enter().await, number, rounds).await });
    }
    let connections: BTreeSet<String> = clients.join_all().await.into_iter().flatten().collect();
    assert!((2..=8).contains(&connections.len()), "{connections:?}");
    let (answers, seconds) = (rounds * ways * CLIENTS, begun.elapsed().as_secs());
    println!(
        "{engine}: {answers} answers to {CLIENTS} clients over {} connections",
        connections.len()
    );
    println!("none foreign, in {seconds} s");
    if engine == Engine::MySql {
        prepare(&eight, rounds / ROUNDS_A_SESSION + 1).await;
    }
}

/// Has each client ask by prepared statements, in so many sessions one after the other.
#[expect(clippy::print_stdout, reason = "`make nonces` shows the figures")]
async fn prepare(eight: &Eight, sessions: usize) {
    let (begun, mut clients) = (Instant::now(), JoinSet::new());
    for number in 0..CLIENTS {
        let door = Arc::clone(&eight.door);
        clients.spawn(async move { mysql::prepare(&door, number, sessions).await });
    }
    clients.join_all().await;
    let (sessions, seconds) = (sessions * CLIENTS, begun.elapsed().as_secs());
    println!("{sessions} sessions with a prepared statement, none foreign, in {seconds} s");
}

#[expect(clippy::print_stdout, reason = "`make nonces` shows the figures")]
async fn a_crowd_of_idle_clients_shares_eight_connections(engine: Engine) {
    let crowd = if std::env::var_os(FULL).is_some() { 1_000 } else { 100 };
    let eight = Eight::new(engine).await;
    let emulator = eight.started.child.id().unwrap();
    let empty = Usage::of(emulator).unwrap();
    let mut clients = Vec::new();
    for number in 0..crowd {
        let mut client = eight.door.enter().await;
        ask(&mut client, number, 1).await;
        clients.push(client);
    }
    let full = Usage::of(emulator).unwrap();
    let mut connections = BTreeSet::new();
    for (number, client) in clients.iter_mut().enumerate() {
        connections.extend(ask(client, number, 1).await);
    }
    assert!(connections.len() <= 8, "{connections:?}");
    let grown = full.resident_kib.saturating_sub(empty.resident_kib);
    let each = f64::from(u32::try_from(grown).unwrap()) / f64::from(u32::try_from(crowd).unwrap());
    let resident = full.resident_kib;
    println!("{engine}: {crowd} idle clients: {resident} KiB resident, {each:.1} for each");
}
