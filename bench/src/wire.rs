//! A wire between contender and emulator that is as long as a network's, and counts.
//!
//! Every byte is held back for a moment in each direction. So what a peer sends without waiting
//! goes out together, however slow the machine is, and only what waits for an answer counts as a
//! round trip.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::Failed;

/// How long a byte takes in one direction.
const DELAY: Duration = Duration::from_millis(15);

/// What has gone over one connection, or several.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Traffic {
    /// The handshake of TCP, and each time that the contender sent and was answered.
    pub(crate) round_trips: u32,
    /// Bytes of TCP's payload from the contender.
    pub(crate) sent: u64,
    /// Bytes of TCP's payload to the contender.
    pub(crate) received: u64,
    #[serde(skip)]
    waits: bool,
}

type Ledger = Arc<Mutex<Vec<Traffic>>>;

/// The wire, as long as it is held.
pub(crate) struct Wire {
    /// Where contenders connect to.
    pub(crate) address: SocketAddr,
    ledger: Ledger,
    _tasks: JoinSet<()>,
}

impl Wire {
    pub(crate) async fn to(target: String) -> Result<Self, Failed> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let ledger = Ledger::default();
        let shared = Arc::clone(&ledger);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let number = open(&shared);
                connections.spawn(forward(client, target.clone(), Arc::clone(&shared), number));
            }
        });
        Ok(Self { address, ledger, _tasks: tasks })
    }

    /// What has gone over all connections so far.
    pub(crate) fn traffic(&self) -> Traffic {
        let ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.iter().fold(Traffic::default(), Traffic::plus)
    }
}

impl Traffic {
    fn plus(self, more: &Self) -> Self {
        Self {
            round_trips: self.round_trips + more.round_trips,
            sent: self.sent + more.sent,
            received: self.received + more.received,
            waits: false,
        }
    }

    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            round_trips: self.round_trips - before.round_trips,
            sent: self.sent - before.sent,
            received: self.received - before.received,
            waits: false,
        }
    }

    pub(crate) fn bytes(self) -> u64 {
        self.sent + self.received
    }

    fn note_sent(&mut self, bytes: u64) {
        self.sent += bytes;
        self.waits = true;
    }

    fn note_received(&mut self, bytes: u64) {
        self.received += bytes;
        self.round_trips += u32::from(self.waits);
        self.waits = false;
    }
}

/// Enters a connection, whose first round trip is SYN and SYN-ACK.
fn open(ledger: &Ledger) -> usize {
    let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
    ledger.push(Traffic { round_trips: 1, ..Traffic::default() });
    ledger.len() - 1
}

async fn forward(client: TcpStream, target: String, ledger: Ledger, number: usize) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    if client.set_nodelay(true).and_then(|()| server.set_nodelay(true)).is_err() {
        return;
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let note = |how: fn(&mut Traffic, u64)| {
        let ledger = Arc::clone(&ledger);
        move |bytes| {
            let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(traffic) = ledger.get_mut(number) {
                how(traffic, bytes);
            }
        }
    };
    tokio::join!(
        carry(from_client, to_server, note(Traffic::note_sent)),
        carry(from_server, to_client, note(Traffic::note_received)),
    );
}

/// Carries one direction until it ends.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    note: impl Fn(u64),
) {
    let (sender, mut under_way) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let read = async move {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let Some(bytes) = buffer.get(..length) else { return };
            note(u64::try_from(length).unwrap_or(u64::MAX));
            if sender.send((Instant::now() + DELAY, bytes.to_vec())).is_err() {
                return;
            }
        }
    };
    let write = async move {
        while let Some((due, bytes)) = under_way.recv().await {
            sleep_until(due).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        // An end that the other side does not hear of is of no account here.
        drop(to.shutdown().await);
    };
    tokio::join!(read, write);
}
