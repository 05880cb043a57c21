//! A function whose `DB_ENGINE` is not the server's, at the emulator and at the database itself.

use serde_json::Value;
use testkit::peer::Peer;
use tokio::io::copy_bidirectional;
use tokio::net::UnixStream;

use crate::support::{Engine, Vars, by_engine, check, cluster, emulator, probe};

by_engine!(
    a_proxy_of_the_other_engine_is_named_with_db_engine_as_the_remedy,
    a_database_of_the_other_engine_is_named_with_db_engine_as_the_remedy,
);

/// The engine that a function is set up for which this one's server is not of.
fn other(engine: Engine) -> Engine {
    match engine {
        Engine::PostgreSql => Engine::MySql,
        Engine::MySql => Engine::PostgreSql,
    }
}

/// What a report says of a server of this engine.
fn is_named(report: &Value, engine: Engine) {
    let (code, product) = match engine {
        Engine::PostgreSql => ("not_mysql", "is a PostgreSQL database"),
        Engine::MySql => ("not_postgres", "is a MySQL or MariaDB"),
    };
    check(report, "tls", "failed", code);
    assert_eq!(report["endpoint"]["engine"], other(engine).to_string());
    let first = &report["diagnosis"]["causes"][0];
    assert!(first["cause"].as_str().unwrap().contains(product), "{first:#}");
    let remedy = format!("set DB_ENGINE to {engine}");
    assert!(
        first["remedy"].as_str().unwrap().to_lowercase().contains(&remedy.to_lowercase()),
        "{first:#}"
    );
    assert_eq!(report["diagnosis"]["transient"], false);
}

async fn a_proxy_of_the_other_engine_is_named_with_db_engine_as_the_remedy(engine: Engine) {
    let emulator = emulator(engine).await;
    let vars = Vars::of(&emulator).of_engine(other(engine));
    for vars in [vars.clone(), vars.without("DB_PORT")] {
        is_named(&probe(&vars).await, engine);
    }
    assert!(emulator.passwords_received().is_empty());
}

async fn a_database_of_the_other_engine_is_named_with_db_engine_as_the_remedy(engine: Engine) {
    let socket = cluster(engine).socket();
    let database = Peer::start(move |mut client| {
        let socket = socket.clone();
        async move {
            let mut server = UnixStream::connect(socket).await.unwrap();
            drop(copy_bidirectional(&mut client, &mut server).await);
        }
    })
    .await;
    let vars = Vars::to(database.address).of_engine(other(engine));
    is_named(&probe(&vars).await, engine);
}
