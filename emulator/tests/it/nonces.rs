//! Many clients over eight database connections: each gets its own answers, and idle ones cost
//! little. `make nonces` has a million answers, and ten times as many idle clients.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::Arc;

use testkit::process::Usage;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::types::Type;

use crate::support::Client;
use crate::support::binary::{Started, binary, spawn_by};
use crate::support::door::Door;

/// Set by `make nonces`.
const FULL: &str = "NONCES";

/// How many clients ask at once, and in how many ways each does.
const CLIENTS: usize = 64;
const WAYS: usize = 3;

/// The lengths of answers in turn: within a packet, over many, and over what the emulator looks at
/// of a message at once.
const LENGTHS: [usize; 5] = [0, 40, 4_000, 0, 70_000];

/// The longest of them in a statement's text: one over 16 KiB pins its session.
const LONGEST_TEXT: usize = 4_000;

/// An emulator with eight connections: one percent of 1197 is eleven, of which three are taken.
struct Eight {
    started: Started,
    door: Arc<Door>,
    _takers: Vec<Client>,
}

impl Eight {
    async fn new() -> Self {
        // Its log has a line for each client that leaves.
        let arguments = ["--max-connections-percent", "1"];
        let started = spawn_by(binary().args(arguments).stderr(Stdio::null())).await;
        let door = Arc::new(Door::of(&started));
        let mut takers = Vec::new();
        for _ in 0..3 {
            let taker = door.enter().await;
            taker.client.batch_execute("BEGIN").await.unwrap();
            takers.push(taker);
        }
        Self { started, door, _takers: takers }
    }
}

/// What a client asks of this round, in one way: a text that nothing else has.
fn nonce(number: usize, round: usize, way: usize) -> String {
    let length = LENGTHS[(number + round) % LENGTHS.len()];
    let length = if way == 0 { length.min(LONGEST_TEXT) } else { length };
    format!("{number}/{round}/{way}/{}", "x".repeat(length))
}

/// Asks in all ways, round after round; returns the database's processes that answered.
async fn ask(client: &Client, number: usize, rounds: usize) -> BTreeSet<i32> {
    // A statement's text says whose it is, so that another's under the same name shows too.
    let named = format!("SELECT '{number}: ' || $1::text, pg_backend_pid()");
    let named = client.client.prepare(&named).await.unwrap();
    let mut processes = BTreeSet::new();
    for round in 0..rounds {
        let simple = nonce(number, round, 0);
        let answer = client.client.simple_query(&format!("SELECT '{simple}'")).await.unwrap();
        let rows = answer.iter().filter_map(|message| {
            if let SimpleQueryMessage::Row(row) = message { row.get(0) } else { None }
        });
        assert!(rows.eq([&*simple]), "client {number}, round {round}: {answer:?}");

        let extended = nonce(number, round, 1);
        let sql = format!("SELECT '{number}: ' || $1");
        let rows = client.client.query_typed(&sql, &[(&extended, Type::TEXT)]).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].get::<_, String>(0), format!("{number}: {extended}"));

        let prepared = nonce(number, round, 2);
        let rows = client.client.query(&named, &[&prepared]).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].get::<_, String>(0), format!("{number}: {prepared}"));
        processes.insert(rows[0].get(1));
    }
    processes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "`make nonces` shows the figures")]
async fn no_answer_of_sixty_four_clients_over_eight_connections_is_anothers() {
    let answers = if std::env::var_os(FULL).is_some() { 1_000_000 } else { 4_000 };
    let rounds = answers / (CLIENTS * WAYS) + 1;
    let eight = Eight::new().await;
    let (begun, mut clients) = (Instant::now(), JoinSet::new());
    for number in 0..CLIENTS {
        let door = Arc::clone(&eight.door);
        clients.spawn(async move { ask(&door.enter().await, number, rounds).await });
    }
    let processes: BTreeSet<i32> = clients.join_all().await.into_iter().flatten().collect();
    assert!((2..=8).contains(&processes.len()), "{processes:?}");
    let (answers, seconds) = (rounds * WAYS * CLIENTS, begun.elapsed().as_secs());
    println!("{answers} answers to {CLIENTS} clients over {} connections", processes.len());
    println!("none foreign, in {seconds} s");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "`make nonces` shows the figures")]
async fn a_crowd_of_idle_clients_shares_eight_connections() {
    let crowd = if std::env::var_os(FULL).is_some() { 1_000 } else { 100 };
    let eight = Eight::new().await;
    let emulator = eight.started.child.id().unwrap();
    let empty = Usage::of(emulator).unwrap();
    let mut clients = Vec::new();
    for number in 0..crowd {
        let client = eight.door.enter().await;
        ask(&client, number, 1).await;
        clients.push(client);
    }
    let full = Usage::of(emulator).unwrap();
    let mut processes = BTreeSet::new();
    for (number, client) in clients.iter().enumerate() {
        processes.extend(ask(client, number, 1).await);
    }
    assert!(processes.len() <= 8, "{processes:?}");
    let grown = full.resident_kib.saturating_sub(empty.resident_kib);
    let each = f64::from(u32::try_from(grown).unwrap()) / f64::from(u32::try_from(crowd).unwrap());
    println!("{crowd} idle clients: {} KiB resident, {each:.1} for each", full.resident_kib);
}
