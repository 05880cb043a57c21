//! Clients of either engine that leave: between statements, in the middle of one, and in the middle
//! of its answer.

use rds_proxy_emulator::{Emulator, Engine};
use testkit::postgres::{self, message};
use testkit::process::until;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::mysql;
use crate::support::mysql::{LOCAL_FILES, framed};
use crate::support::{by_engine, emulator_of, log_in};

by_engine!(
    #[tokio::test]
    a_client_that_leaves_in_a_transaction_costs_its_connection,
    a_client_that_leaves_in_the_middle_of_something_costs_its_connection_at_once,
    a_client_that_leaves_in_mid_answer_costs_its_connection_and_no_other_client_hears_the_rest,
    a_client_that_asks_and_leaves_in_one_breath_gets_its_answers,
);

/// A client that is logged in, and says what it likes from then on.
async fn client(emulator: &Emulator, engine: Engine) -> TlsStream<TcpStream> {
    match engine {
        Engine::PostgreSql => log_in(emulator, "postgres").await,
        Engine::MySql => {
            mysql::session_with(emulator, |login| login.flags |= LOCAL_FILES).await.into_stream()
        }
    }
}

/// A query.
fn query(engine: Engine, text: &str) -> Vec<u8> {
    match engine {
        Engine::PostgreSql => postgres::query(text),
        Engine::MySql => framed(0, &[b"\x03", text.as_bytes()].concat()),
    }
}

/// What a client says before it closes the connection.
fn goodbye(engine: Engine) -> Vec<u8> {
    match engine {
        Engine::PostgreSql => message(b'X', b""),
        Engine::MySql => framed(0, b"\x01"),
    }
}

/// What a session answers to these queries and this goodbye.
async fn answers(mut tls: TlsStream<TcpStream>, engine: Engine, queries: &[&str]) -> Vec<u8> {
    let asked: Vec<u8> = queries.iter().flat_map(|text| query(engine, text)).collect();
    tls.write_all(&[asked, goodbye(engine)].concat()).await.unwrap();
    let mut answers = Vec::new();
    tls.read_to_end(&mut answers).await.unwrap();
    answers
}

async fn a_client_that_leaves_in_a_transaction_costs_its_connection(engine: Engine) {
    for says_so in [false, true] {
        let emulator = emulator_of(engine).await;
        let mut tls = client(&emulator, engine).await;
        tls.write_all(&query(engine, "BEGIN")).await.unwrap();
        assert_ne!(tls.read(&mut [0; 4096]).await.unwrap(), 0, "an answer");
        tls.write_all(&query(engine, "SELECT 'in'")).await.unwrap();
        assert_ne!(tls.read(&mut [0; 4096]).await.unwrap(), 0, "an answer");
        assert_eq!(emulator.database_connections(), (1, 0));
        if says_so {
            tls.write_all(&goodbye(engine)).await.unwrap();
        }
        drop(tls);
        until(|| emulator.database_connections().0 == 0).await;
    }
}

async fn a_client_that_leaves_in_the_middle_of_something_costs_its_connection_at_once(
    engine: Engine,
) {
    const COPY: [&str; 2] = ["CREATE TEMP TABLE t (i int)", "COPY t FROM STDIN"];
    const LOAD: [&str; 2] = [
        "CREATE TABLE IF NOT EXISTS left_behind (i int)",
        "LOAD DATA LOCAL INFILE 'x' INTO TABLE left_behind",
    ];
    // One of MySQL's that stays has said nothing: what it sends is the file's.
    let cases: &[(&[&str], bool)] = match engine {
        Engine::PostgreSql => &[(&COPY, false), (&COPY, true), (&["SELECT pg_sleep(1000)"], true)],
        Engine::MySql => &[(&LOAD, true), (&["SELECT SLEEP(1000)"], true)],
    };
    for &(queries, closes) in cases {
        let emulator = emulator_of(engine).await;
        let mut tls = client(&emulator, engine).await;
        for text in queries {
            tls.write_all(&query(engine, text)).await.unwrap();
        }
        until(|| emulator.database_connections() == (1, 0)).await;
        tls.write_all(&goodbye(engine)).await.unwrap();
        // One that stays has said that it leaves all the same.
        let stays = Some(tls).filter(|_| !closes);
        until(|| emulator.database_connections().0 == 0).await;
        drop(stays);
    }
}

async fn a_client_that_leaves_in_mid_answer_costs_its_connection_and_no_other_client_hears_the_rest(
    engine: Engine,
) {
    let long = match engine {
        Engine::PostgreSql => "SELECT repeat('left', 1000) FROM generate_series(1, 10000)",
        Engine::MySql => "SELECT REPEAT('left', 1000) FROM seq_1_to_10000",
    };
    let emulator = emulator_of(engine).await;
    let mut tls = client(&emulator, engine).await;
    tls.write_all(&query(engine, long)).await.unwrap();
    tls.read_exact(&mut vec![0; 100_000]).await.unwrap();
    assert_eq!(emulator.database_connections(), (1, 0));
    drop(tls);
    until(|| emulator.database_connections().0 == 0).await;
    let answers = answers(client(&emulator, engine).await, engine, &["SELECT 'mine'"]).await;
    assert!(answers.windows(4).any(|bytes| bytes == b"mine"), "{}", answers.escape_ascii());
    assert!(!answers.windows(4).any(|bytes| bytes == b"left"), "{}", answers.escape_ascii());
}

async fn a_client_that_asks_and_leaves_in_one_breath_gets_its_answers(engine: Engine) {
    let emulator = emulator_of(engine).await;
    for queries in [&["SELECT 'one'", "SELECT 'two'"][..], &["BEGIN", "SELECT 'two'"]] {
        let answers = answers(client(&emulator, engine).await, engine, queries).await;
        let shown = answers.escape_ascii().to_string();
        for text in queries.iter().filter_map(|text| text.split('\'').nth(1)) {
            assert!(shown.matches(text).count() > 0, "{text}: {shown}");
        }
        let ready = answers.windows(5).filter(|bytes| *bytes == b"Z\0\0\0\x05").count();
        assert!(engine == Engine::MySql || ready == queries.len(), "{shown}");
    }
}
