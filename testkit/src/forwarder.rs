//! A hop between function and emulator that can be cut or fall silent, as networks do, or closes
//! connections that rest, as proxies do. It counts what clients send.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::peer::Peer;

/// What befalls the connections that are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Forwarded,
    Cut,
    Reset,
    Silenced,
    Held,
}

/// Forwards every new connection; the open ones can be cut, reset, silenced or held.
#[derive(Debug)]
pub struct Forwarder {
    /// Where clients reach the server through it.
    pub address: SocketAddr,
    fate: watch::Sender<Fate>,
    carried: Arc<Mutex<Vec<usize>>>,
    begun: watch::Receiver<usize>,
    ended: watch::Receiver<usize>,
    _peer: Peer,
}

/// One connection's share of what the hop knows.
struct Connection {
    number: usize,
    fate: watch::Receiver<Fate>,
    carried: Arc<Mutex<Vec<usize>>>,
    silenced: bool,
    idle_timeout: Duration,
}

impl Forwarder {
    /// One that leads to this server.
    pub async fn start(target: SocketAddr) -> Self {
        Self::with_idle_timeout(target, Duration::from_hours(1)).await
    }

    /// One that closes a connection over which nothing was sent for so long.
    pub async fn with_idle_timeout(target: SocketAddr, idle_timeout: Duration) -> Self {
        let (fate, watched) = watch::channel(Fate::Forwarded);
        let (tell_begun, begun) = watch::channel(0);
        let (tell_ended, ended) = watch::channel(0);
        let carried = Arc::new(Mutex::new(Vec::new()));
        let counted = Arc::clone(&carried);
        let peer = Peer::start(move |client| {
            let number = {
                let mut counted = counted.lock().unwrap();
                counted.push(0);
                counted.len() - 1
            };
            let (mut fate, carried) = (watched.clone(), Arc::clone(&counted));
            fate.mark_unchanged();
            let silenced = *fate.borrow() == Fate::Held;
            tell_begun.send_modify(|begun| *begun += 1);
            let connection = Connection { number, fate, carried, silenced, idle_timeout };
            let tell_ended = tell_ended.clone();
            async move {
                connection.forward(client, target).await;
                tell_ended.send_modify(|ended| *ended += 1);
            }
        })
        .await;
        Self { address: peer.address, fate, carried, begun, ended, _peer: peer }
    }

    /// Closes every open connection.
    pub fn cut(&self) {
        self.fate.send(Fate::Cut).unwrap();
    }

    /// Ends every open connection by a reset.
    pub fn reset(&self) {
        self.fate.send(Fate::Reset).unwrap();
    }

    /// Keeps every open connection open and passes nothing on.
    pub fn silence(&self) {
        self.fate.send(Fate::Silenced).unwrap();
    }

    /// Leaves what is sent where it is on every open connection, until they are released; those
    /// that begin in between are silenced.
    pub fn hold(&self) {
        self.fate.send(Fate::Held).unwrap();
    }

    /// Passes on what was held, and all that follows.
    pub fn release(&self) {
        self.fate.send(Fate::Forwarded).unwrap();
    }

    /// Waits until so many connections have begun.
    pub async fn have_begun(&self, count: usize) {
        self.begun.clone().wait_for(|begun| *begun >= count).await.unwrap();
    }

    /// How many bytes the client of each connection has sent, in order of their beginning.
    pub fn carried(&self) -> Vec<usize> {
        self.carried.lock().unwrap().clone()
    }

    /// Waits until so many connections are closed.
    pub async fn have_ended(&self, count: usize) {
        self.ended.clone().wait_for(|ended| *ended >= count).await.unwrap();
    }
}

impl Connection {
    async fn forward(mut self, mut client: TcpStream, target: SocketAddr) {
        let mut server = TcpStream::connect(target).await.unwrap();
        server.set_nodelay(true).unwrap();
        let (mut up, mut down) = (vec![0; 1 << 14], vec![0; 1 << 14]);
        let mut held = false;
        loop {
            tokio::select! {
                biased;
                Ok(()) = self.fate.changed() => match *self.fate.borrow() {
                    Fate::Forwarded => held = false,
                    Fate::Held => held = true,
                    Fate::Silenced => self.silenced = true,
                    Fate::Cut => return,
                    Fate::Reset => return client.set_zero_linger().unwrap(),
                },
                read = client.read(&mut up), if !held => {
                    let Ok(length @ 1..) = read else { return };
                    self.carried.lock().unwrap()[self.number] += length;
                    if !self.silenced && server.write_all(&up[..length]).await.is_err() {
                        return;
                    }
                }
                read = server.read(&mut down), if !self.silenced && !held => {
                    let Ok(length @ 1..) = read else { return };
                    if client.write_all(&down[..length]).await.is_err() {
                        return;
                    }
                }
                () = sleep(self.idle_timeout) => return,
            }
        }
    }
}
