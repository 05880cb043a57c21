//! The binary's log: not reading it does not stop the emulator, and it says how much was dropped.

use std::net::SocketAddr;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::binary::{PATIENCE, binary, ready, signal, value};
use crate::support::startup;

/// A server by URL that is not used: no cluster has to be started for the emulator.
const NOWHERE: [&str; 2] = ["--backend", "postgres://127.0.0.1:1"];

/// Far more refusals than a pipe and the queue before it have room for.
const REFUSALS: usize = 4_000;

/// Is refused, for want of TLS, with a line in the log.
async fn be_refused(address: SocketAddr) {
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(&startup(0x0003_0000, &["user", "app"])).await.unwrap();
    let mut answer = Vec::new();
    tcp.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer.first(), Some(&b'E'));
}

#[tokio::test]
async fn an_unread_standard_error_does_not_stop_it_and_dropped_lines_are_counted() {
    let (mut child, lines) = ready(binary().args(NOWHERE).stderr(Stdio::piped())).await;
    let address = value(&lines, "DB_CONNECT_TO").parse().unwrap();
    let refusals = async {
        for _ in 0..REFUSALS {
            be_refused(address).await;
        }
    };
    timeout(PATIENCE, refusals).await.expect("each is answered");

    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut refused = 0;
    let lost = loop {
        let line = timeout(PATIENCE, log.next_line()).await.expect("a line").unwrap().unwrap();
        match line.split_once(" log lines were dropped") {
            Some((before, _)) => break before.rsplit(' ').next().unwrap().parse::<usize>(),
            None => refused += usize::from(line.contains("refused with 28000")),
        }
    };
    assert_eq!(refused + lost.expect("a number"), REFUSALS);

    be_refused(address).await;
    let line = timeout(PATIENCE, log.next_line()).await.expect("a line").unwrap().unwrap();
    assert!(line.contains("refused with 28000"), "it has caught up: {line}");
    signal("-TERM", &child.id().unwrap().to_string()).await;
    assert!(timeout(PATIENCE, child.wait()).await.expect("an end").unwrap().success());
}

#[tokio::test]
async fn what_the_log_still_holds_at_the_end_is_written_and_an_unread_one_does_not_delay_it() {
    for is_read in [true, false] {
        let (mut child, lines) = ready(binary().args(NOWHERE).stderr(Stdio::piped())).await;
        let address = value(&lines, "DB_CONNECT_TO").parse().unwrap();
        let refusals = if is_read { 10 } else { REFUSALS };
        let work = async {
            for _ in 0..refusals {
                be_refused(address).await;
            }
        };
        timeout(PATIENCE, work).await.expect("each is answered");
        signal("-TERM", &child.id().unwrap().to_string()).await;
        let ended = timeout(PATIENCE, child.wait()).await.expect("an end").unwrap();
        assert!(ended.success());
        let mut log = String::new();
        child.stderr.take().unwrap().read_to_string(&mut log).await.unwrap();
        if is_read {
            assert_eq!(log.matches("refused with 28000").count(), refusals);
        }
    }
}
