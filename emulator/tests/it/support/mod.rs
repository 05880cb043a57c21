//! What the tests share: one cluster, emulators in front of it, and clients.

/// Makes a test for each engine of each of these functions, which take the engine. They are called
/// `name::postgresql` and `name::mysql`.
macro_rules! by_engine {
    (#[$test:meta] $($name:ident),+ $(,)?) => {
        $(mod $name {
            use rds_proxy_emulator::Engine;

            #[$test]
            async fn postgresql() {
                super::$name(Engine::PostgreSql).await;
            }

            #[$test]
            async fn mysql() {
                super::$name(Engine::MySql).await;
            }
        })+
    };
}
pub(crate) use by_engine;

pub(crate) mod admin;
pub(crate) mod binary;
mod client;
pub(crate) mod door;
pub(crate) mod mysql;
mod token;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rds_proxy_emulator::{
    Backend, Cluster, Emulator, Engine, Lines, Log, Observer, Options, PoolSettings, start,
};
use testkit::peer::Peer;
use tokio::io::copy_bidirectional;
use tokio::net::UnixStream;

pub(crate) use client::{
    Client, connect, database, encrypt, log_in, message, refusal, session, startup, tls,
    tls_config, trusting,
};
pub(crate) use token::{sign, sign_for_port, token};

/// The PostgreSQL of this test binary.
pub(crate) fn cluster() -> Arc<Cluster> {
    cluster_of(Engine::PostgreSql)
}

/// The cluster of this engine's of this test binary.
fn cluster_of(engine: Engine) -> Arc<Cluster> {
    static POSTGRESQL: OnceLock<Arc<Cluster>> = OnceLock::new();
    static MYSQL: OnceLock<Arc<Cluster>> = OnceLock::new();
    let cluster = match engine {
        Engine::PostgreSql => &POSTGRESQL,
        Engine::MySql => &MYSQL,
    };
    let start = || Cluster::start_of(engine).expect("the database's server programs");
    Arc::clone(cluster.get_or_init(start))
}

/// Options for an emulator in front of the shared PostgreSQL, and its log.
pub(crate) fn options() -> (Options, Lines) {
    options_of(Engine::PostgreSql)
}

/// The same, in front of the shared cluster of this engine.
pub(crate) fn options_of(engine: Engine) -> (Options, Lines) {
    let log = Lines::default();
    let options = Options {
        engine,
        backend: Backend::Cluster(cluster_of(engine)),
        log: Log::Lines(log.clone()),
        observer: Some(Observer::default()),
        ..Options::default()
    };
    (options, log)
}

/// A running emulator with the default options, in front of the shared cluster of this engine.
pub(crate) async fn emulator_of(engine: Engine) -> Emulator {
    start(options_of(engine).0).await.expect("an emulator")
}

/// A pool whose clients don't wait while the database is away.
pub(crate) fn impatient() -> PoolSettings {
    PoolSettings { connection_borrow_timeout: Duration::ZERO, ..PoolSettings::default() }
}

/// A running emulator with the default options, in front of the shared cluster.
pub(crate) async fn emulator() -> Emulator {
    emulator_of(Engine::PostgreSql).await
}

/// A running emulator without a database, as fits a paused clock.
pub(crate) async fn without_database() -> Emulator {
    let (backend, observer) = (Backend::Absent, Some(Observer::default()));
    start(Options { backend, observer, ..Options::default() }).await.expect("an emulator")
}

/// A variable of an emulator's environment block.
pub(crate) fn variable(emulator: &Emulator, name: &str) -> String {
    let variables = emulator.environment();
    let found = variables.into_iter().find(|(key, _)| *key == name);
    found.unwrap_or_else(|| panic!("no {name} in the block")).1
}

/// A server by TCP that leads to this socket; dropping it ends it.
pub(crate) async fn tcp_to(socket: PathBuf) -> Peer {
    Peer::start(move |mut tcp| {
        let socket = socket.clone();
        async move {
            let mut unix = UnixStream::connect(socket).await.unwrap();
            drop(copy_bidirectional(&mut tcp, &mut unix).await);
        }
    })
    .await
}
