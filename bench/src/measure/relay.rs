//! A TCP relay between contender and emulator that is as slow as a network, and counts round trips.
//!
//! It delays every byte in each direction. So everything that a peer sends without waiting arrives
//! together, however slow the machine is, and only what waits for an answer counts as a round trip.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use testkit::peer::Peer;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::results::Traffic;

/// The delay in one direction.
const DELAY: Duration = Duration::from_millis(15);

/// One connection that goes through the relay.
#[derive(Clone, Copy, Debug)]
struct Connection {
    traffic: Traffic,
    /// Whether the contender has sent something since the last answer.
    awaits_answer: bool,
}

type Connections = Arc<Mutex<Vec<Connection>>>;

/// The relay; it stops when this is dropped.
pub(crate) struct Relay {
    /// The address for contenders.
    pub(crate) address: SocketAddr,
    connections: Connections,
    _peer: Peer,
}

impl Relay {
    pub(crate) async fn to(target: String) -> Self {
        let connections = Connections::default();
        let shared = Arc::clone(&connections);
        let peer = Peer::start(move |client| {
            forward(client, target.clone(), Arc::clone(&shared), open(&shared))
        })
        .await;
        Self { address: peer.address, connections, _peer: peer }
    }

    /// The traffic of all connections so far.
    pub(crate) fn traffic(&self) -> Traffic {
        let connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.iter().fold(Traffic::default(), |sum, Connection { traffic, .. }| Traffic {
            round_trips: sum.round_trips + traffic.round_trips,
            sent: sum.sent + traffic.sent,
            received: sum.received + traffic.received,
        })
    }
}

/// The traffic between two moments.
pub(crate) fn difference(later: Traffic, earlier: Traffic) -> Traffic {
    Traffic {
        round_trips: later.round_trips - earlier.round_trips,
        sent: later.sent - earlier.sent,
        received: later.received - earlier.received,
    }
}

impl Connection {
    fn count_sent(&mut self, bytes: u64) {
        self.traffic.sent += bytes;
        self.awaits_answer = true;
    }

    fn count_received(&mut self, bytes: u64) {
        self.traffic.received += bytes;
        self.traffic.round_trips += u32::from(self.awaits_answer);
        self.awaits_answer = false;
    }
}

/// Adds a connection, whose first round trip is SYN and SYN-ACK.
fn open(connections: &Connections) -> usize {
    let traffic = Traffic { round_trips: 1, ..Traffic::default() };
    let mut connections = connections.lock().unwrap_or_else(PoisonError::into_inner);
    connections.push(Connection { traffic, awaits_answer: false });
    connections.len() - 1
}

async fn forward(client: TcpStream, target: String, connections: Connections, index: usize) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    let Ok(()) = server.set_nodelay(true) else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let counter = |count: fn(&mut Connection, u64)| {
        let connections = Arc::clone(&connections);
        move |bytes| {
            let mut connections = connections.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(connection) = connections.get_mut(index) {
                count(connection, bytes);
            }
        }
    };
    tokio::join!(
        copy_delayed(from_client, to_server, counter(Connection::count_sent)),
        copy_delayed(from_server, to_client, counter(Connection::count_received)),
    );
}

/// Copies one direction until it is closed.
async fn copy_delayed(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    count: impl Fn(u64),
) {
    let (sender, mut in_flight) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let read = async move {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let Some(bytes) = buffer.get(..length) else { return };
            count(u64::try_from(length).unwrap_or(u64::MAX));
            if sender.send((Instant::now() + DELAY, bytes.to_vec())).is_err() {
                return;
            }
        }
    };
    let write = async move {
        while let Some((due, bytes)) = in_flight.recv().await {
            sleep_until(due).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        // The other side may be gone already; that does not matter here.
        drop(to.shutdown().await);
    };
    tokio::join!(read, write);
}
