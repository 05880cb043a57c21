//! Ends of connections while this process starts others, which hold its sockets until their `exec`.

use std::io::ErrorKind;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rds_proxy_emulator::{Backend, Options, start};
use testkit::postgres::SSL_REQUEST;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than any answer that is on its way.
const BUDGET: Duration = Duration::from_secs(5);

/// Threads that start processes until this is dropped.
struct Starts(Arc<AtomicBool>);

impl Starts {
    fn new() -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        for _ in 0..4 {
            let is_over = Arc::clone(&is_over);
            thread::spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    Command::new("true").status().unwrap();
                }
            });
        }
        Self(is_over)
    }
}

impl Drop for Starts {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_is_seen_at_once_even_while_processes_are_started() {
    let _starts = Starts::new();
    for (fault, expected) in
        [("close-at-ssl", ErrorKind::UnexpectedEof), ("reset-at-ssl", ErrorKind::ConnectionReset)]
    {
        let fault = Some(fault.parse().unwrap());
        let options = Options { backend: Backend::Absent, fault, ..Options::default() };
        let emulator = start(options).await.unwrap();
        for _ in 0..200 {
            let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
            tcp.write_all(&SSL_REQUEST).await.unwrap();
            let answer = timeout(BUDGET, tcp.read_u8()).await.expect("an end");
            assert_eq!(answer.unwrap_err().kind(), expected);
        }
    }
}
