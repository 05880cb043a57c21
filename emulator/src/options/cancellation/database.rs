//! The model of PostgreSQL behind a socket, with an eye on whose messages it gets.

use std::sync::{Arc, Mutex};

use testkit::postgres::{message, read_startup, ready};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinSet, yield_now};

use crate::backend::Url;
use crate::pool::pipeline::tests::{Model, first};

/// How many bytes of an answer are sent at once: fewer than in most messages.
const PIECE: usize = 7;

/// A database that has one connection for clients.
pub(super) struct Database {
    port: u16,
    mixed_up: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Database {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (mixed_up, mut tasks) = (Arc::<Mutex<Vec<String>>>::default(), JoinSet::new());
        let seen = Arc::clone(&mixed_up);
        tasks.spawn(async move {
            let mut sessions = JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                sessions.spawn(serve(tcp, Arc::clone(&seen)));
            }
        });
        Self { port, mixed_up, _tasks: tasks }
    }

    pub(super) fn url(&self) -> Url {
        format!("postgres://127.0.0.1:{}", self.port).parse().expect("a URL")
    }

    /// The connections that one client had after another without being clean.
    pub(super) fn mixed_up(&self) -> Vec<String> {
        self.mixed_up.lock().expect("no panic").clone()
    }
}

/// Whose message this is, if it says: all that clients select begins with their name.
fn owner(message: &[u8]) -> Option<u8> {
    let place = message.windows(2).position(|pair| pair == b"'a" || pair == b"'b")?;
    message.get(place + 1).copied()
}

async fn serve(mut tcp: TcpStream, mixed_up: Arc<Mutex<Vec<String>>>) {
    if read_startup(&mut tcp).await.is_none() {
        return;
    }
    let hello = [message(b'R', &[0; 4]), ready()].concat();
    let (mut model, mut input, mut last) = (Model::default(), Vec::new(), None);
    if tcp.set_nodelay(true).is_err() || tcp.write_all(&hello).await.is_err() {
        return;
    }
    loop {
        while let Some((_, length)) = first(&input) {
            let asked: Vec<u8> = input.drain(..length).collect();
            let owner = owner(&asked);
            if owner.is_some() && last.is_some() && owner != last && !model.is_clean() {
                mixed_up.lock().expect("no panic").push(format!("{model:?}"));
            }
            last = owner.or(last);
            let answer = if asked.windows(15).any(|part| part == b"max_connections") {
                [message(b'D', b"\0\x01\0\0\0\x011"), ready()].concat()
            } else {
                model.feed(&asked);
                std::mem::take(&mut model.output)
            };
            for piece in answer.chunks(PIECE) {
                if tcp.write_all(piece).await.is_err() {
                    return;
                }
                yield_now().await;
            }
        }
        match tcp.read_buf(&mut input).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}
