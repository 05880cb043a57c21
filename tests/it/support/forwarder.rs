//! A hop between function and emulator that can be cut or fall silent, as networks do.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What befalls the connections that are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Forwarded,
    Cut,
    Silenced,
}

/// Forwards every new connection; the open ones can be cut or silenced.
#[derive(Debug)]
pub(crate) struct Forwarder {
    pub(crate) address: SocketAddr,
    fate: watch::Sender<Fate>,
    _accepting: JoinSet<()>,
}

impl Forwarder {
    pub(crate) async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (fate, watched) = watch::channel(Fate::Forwarded);
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let mut watched = watched.clone();
                watched.mark_unchanged();
                connections.spawn(forward(client, target, watched));
            }
        });
        Self { address, fate, _accepting: accepting }
    }

    /// Closes every open connection.
    pub(crate) fn cut(&self) {
        self.fate.send(Fate::Cut).unwrap();
    }

    /// Keeps every open connection open and passes nothing on.
    pub(crate) fn silence(&self) {
        self.fate.send(Fate::Silenced).unwrap();
    }
}

async fn forward(mut client: TcpStream, target: SocketAddr, mut fate: watch::Receiver<Fate>) {
    let mut server = TcpStream::connect(target).await.unwrap();
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
        Ok(()) = fate.changed() => {
            if *fate.borrow() == Fate::Silenced {
                std::future::pending::<()>().await;
            }
        }
    }
}
