//! The model of either engine behind a socket, with an eye on whose messages it gets.

use std::sync::{Arc, Mutex};

use testkit::postgres::{message, read_startup, ready};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinSet, yield_now};

use super::mysql;
use crate::backend::Url;
use crate::engine::Engine;
use crate::pool::pipeline::tests as pipeline;

/// How many bytes of an answer are sent at once: fewer than in most messages.
const PIECE: usize = 7;

/// A database that has one connection for clients.
pub(super) struct Database {
    engine: Engine,
    port: u16,
    mixed_up: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Database {
    pub(super) async fn start(engine: Engine) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (mixed_up, mut tasks) = (Arc::<Mutex<Vec<String>>>::default(), JoinSet::new());
        let seen = Arc::clone(&mixed_up);
        tasks.spawn(async move {
            let mut sessions = JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                sessions.spawn(serve(engine, tcp, Arc::clone(&seen)));
            }
        });
        Self { engine, port, mixed_up, _tasks: tasks }
    }

    pub(super) fn url(&self) -> Url {
        let scheme = match self.engine {
            Engine::PostgreSql => "postgres",
            Engine::MySql => "mysql",
        };
        format!("{scheme}://127.0.0.1:{}", self.port).parse().expect("a URL")
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

/// The model of a server.
enum Model {
    PostgreSql(pipeline::Model),
    MySql(mysql::Model),
}

impl Model {
    /// How many bytes the first message has, if it is there.
    fn first(&self, input: &[u8]) -> Option<usize> {
        match self {
            Self::PostgreSql(_) => pipeline::first(input).map(|(_, length)| length),
            Self::MySql(_) => mysql::first(input),
        }
    }

    fn is_clean(&self) -> bool {
        match self {
            Self::PostgreSql(model) => model.is_clean(),
            Self::MySql(model) => model.is_clean(),
        }
    }

    /// What it answers.
    fn ask(&mut self, asked: &[u8]) -> Vec<u8> {
        match self {
            Self::PostgreSql(_) if asked.windows(15).any(|part| part == b"max_connections") => {
                [message(b'D', b"\0\x01\0\0\0\x011"), ready()].concat()
            }
            Self::PostgreSql(model) => {
                model.feed(asked);
                std::mem::take(&mut model.output)
            }
            Self::MySql(model) => {
                model.feed(asked);
                model.output()
            }
        }
    }

    fn state(&self) -> String {
        match self {
            Self::PostgreSql(model) => format!("{model:?}"),
            Self::MySql(model) => format!("{model:?}"),
        }
    }
}

/// Accepts the proxy's login.
async fn greet(engine: Engine, mut tcp: TcpStream) -> Option<(TcpStream, Model)> {
    tcp.set_nodelay(true).ok()?;
    match engine {
        Engine::PostgreSql => {
            read_startup(&mut tcp).await?;
            let hello = [message(b'R', &[0; 4]), ready()].concat();
            tcp.write_all(&hello).await.ok()?;
            Some((tcp, Model::PostgreSql(pipeline::Model::default())))
        }
        Engine::MySql => Some((mysql::greet(tcp).await?, Model::MySql(mysql::Model::default()))),
    }
}

async fn serve(engine: Engine, tcp: TcpStream, mixed_up: Arc<Mutex<Vec<String>>>) {
    let Some((mut tcp, mut model)) = greet(engine, tcp).await else { return };
    let (mut input, mut last) = (Vec::new(), None);
    loop {
        while let Some(length) = model.first(&input) {
            let asked: Vec<u8> = input.drain(..length).collect();
            let owner = owner(&asked);
            if owner.is_some() && last.is_some() && owner != last && !model.is_clean() {
                mixed_up.lock().expect("no panic").push(model.state());
            }
            last = owner.or(last);
            for piece in model.ask(&asked).chunks(PIECE) {
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
