//! Many clients at once, and many new ones in a row: what the emulator withstands and what each
//! client costs. `make load` runs ten times as many.
//!
//! The generator runs on the same processors, so that the rates are those of both together.

use std::fmt::Write as _;
use std::process::Stdio;
use std::sync::Arc;

use rds_proxy_emulator::Engine;
use testkit::process::{Usage, kib, processor_ms};
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::binary::{BINARY, Started, binary_for, spawn_by};
use crate::support::by_engine;
use crate::support::door::Door;

by_engine!(
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    many_clients_at_once_and_many_logins_in_a_row_are_served
);

/// Set by `make load`.
const FULL: &str = "LOAD";

/// How many new clients are on their way at once, when as many as possible are to come.
const ON_THEIR_WAY: usize = 16;

/// What the database's processes have in memory, shared parts counted once.
async fn database_kib(server: &str) -> u64 {
    let output = Command::new("ps").args(["-o", "pid=", "--ppid", server]).output().await;
    let children = String::from_utf8(output.unwrap().stdout).unwrap();
    // One that exited in between has nothing left.
    let rollup =
        |process: &str| std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok();
    children
        .split_whitespace()
        .chain([server])
        .filter_map(rollup)
        .map(|text| kib(&text, "Pss").unwrap())
        .sum()
}

/// Logs in again and again, by some clients at once; rows of the table.
async fn in_a_row(started: &Started, door: &Arc<Door>, logins: usize) -> String {
    let process = started.child.id().unwrap().to_string();
    let takers = [&process, &started.server, "self"];
    let (before, begun) = (takers.map(processor_ms), Instant::now());
    let mut on_their_way = JoinSet::new();
    for _ in 0..ON_THEIR_WAY {
        let door = Arc::clone(door);
        on_their_way.spawn(async move {
            for _ in 0..logins / ON_THEIR_WAY {
                assert_eq!(door.enter().await.value("SELECT 'in'").await, "in");
            }
        });
    }
    on_their_way.join_all().await;
    let (elapsed, after) = (begun.elapsed(), takers.map(processor_ms));
    let logins = f64::from(u32::try_from(logins / ON_THEIR_WAY * ON_THEIR_WAY).unwrap());
    let rate = logins / elapsed.as_secs_f64();
    let mut rows = format!("| logins in a row | {logins}, {rate:.0} a second |\n");
    for (nth, who) in ["emulator", "database", "clients"].into_iter().enumerate() {
        let each = f64::from(u32::try_from(after[nth] - before[nth]).unwrap()) / logins;
        writeln!(rows, "| processor time for each login and query, {who} | {each:.2} ms |")
            .unwrap();
    }
    rows
}

/// Has many clients inside at once; rows of the table.
async fn max_concurrency(started: &Started, door: &Arc<Door>, crowd: u32) -> String {
    let process = started.child.id().unwrap();
    let (empty, database_empty) =
        (Usage::of(process).unwrap(), database_kib(&started.server).await);
    let begun = Instant::now();
    let mut entering = JoinSet::new();
    for _ in 0..crowd {
        let door = Arc::clone(door);
        entering.spawn(async move { door.enter().await });
    }
    let mut clients = entering.join_all().await;
    let all_in = begun.elapsed().as_secs_f64();
    for (number, client) in clients.iter_mut().enumerate() {
        let answer = client.value(&format!("SELECT '{number}'")).await;
        assert_eq!(answer, number.to_string());
    }
    let (full, database_full) = (Usage::of(process).unwrap(), database_kib(&started.server).await);
    let each = |before: u64, after: u64| {
        f64::from(u32::try_from(after.saturating_sub(before)).unwrap()) / f64::from(crowd)
    };
    format!(
        "| clients at once | {crowd}, all in after {all_in:.1} s |\n\
         | memory for each client, emulator | {:.1} KiB |\n\
         | memory for each client, database | {:.0} KiB |\n\
         | descriptors, emulator | {} |\n",
        each(empty.resident_kib, full.resident_kib),
        each(database_empty, database_full),
        full.descriptors - empty.descriptors,
    )
}

#[expect(clippy::print_stdout, reason = "`make load` shows the table")]
async fn many_clients_at_once_and_many_logins_in_a_row_are_served(engine: Engine) {
    let (crowd, logins) =
        if std::env::var_os(FULL).is_some() { (1_000, 4_000) } else { (100, 200) };
    // Its log has a line for each client that leaves.
    let started = spawn_by(binary_for(engine).stderr(Stdio::null())).await;
    let door = Arc::new(Door::of(&started));
    drop(door.enter().await);
    // In this order, since the database takes its time to end a crowd's sessions.
    let in_a_row = in_a_row(&started, &door, logins).await;
    let max_concurrency = max_concurrency(&started, &door, crowd).await;
    println!("\n{engine}\n\n| | |\n|---|---|\n{in_a_row}{max_concurrency}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_clients_are_served_than_the_limit_of_descriptors_was_for() {
    let limited = "ulimit -S -n 64 && exec \"$0\"";
    let started = spawn_by(Command::new("sh").args(["-c", limited, BINARY])).await;
    let door = Door::of(&started);
    let mut clients = Vec::new();
    for _ in 0..64 {
        clients.push(door.enter().await);
    }
    for mut client in clients {
        assert_eq!(client.value("SELECT 'served'").await, "served");
    }
}
