//! Bugs that other poolers had, at the emulator's socket. Those of a pipeline are in
//! `pool::pipeline::tests::known`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use rds_proxy_emulator::{Backend, Emulator, Options, PoolSettings, start};
use rustls::pki_types::ServerName;
use testkit::peer::Peer;
use testkit::postgres::{SSL_REQUEST, password, query};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio_postgres::SimpleQueryMessage;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::{
    Client, cluster, connect, database, emulator, message, options, startup, tls, tls_config,
    token, variable,
};

const PID: &str = "SELECT pg_backend_pid()::text";

/// The one value of a simple query, after which the connection is free at once.
async fn simple(client: &Client, query: &str) -> String {
    let messages = client.client.simple_query(query).await.unwrap();
    let row = messages.iter().find_map(|message| {
        if let SimpleQueryMessage::Row(row) = message { row.get(0) } else { None }
    });
    row.expect("a row").to_owned()
}

/// Sends bytes one by one, each on its way before the next.
async fn in_pieces(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) {
    for byte in bytes {
        stream.write_all(&[*byte]).await.unwrap();
        stream.flush().await.unwrap();
    }
}

// https://github.com/pgbouncer/pgbouncer/issues/1058
#[tokio::test]
async fn a_startup_packet_may_come_in_pieces() {
    let emulator = emulator().await;
    let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
    tcp.set_nodelay(true).unwrap();
    in_pieces(&mut tcp, &SSL_REQUEST).await;
    assert_eq!(tcp.read_u8().await.unwrap(), b'S');
    let connector = TlsConnector::from(tls_config(&emulator, rustls::ALL_VERSIONS));
    let name = ServerName::try_from(variable(&emulator, "DB_HOST")).unwrap();
    let mut tls = connector.connect(name, tcp).await.unwrap();
    let parameters = ["user", "app", "database", "postgres", "application_name", "pieces"];
    in_pieces(&mut tls, &startup(0x0003_0000, &parameters)).await;
    assert_eq!(message(&mut tls).await, (b'R', vec![0, 0, 0, 3]));
    in_pieces(&mut tls, &password(&token(&emulator, "app"))).await;
    assert_eq!(message(&mut tls).await, (b'R', vec![0, 0, 0, 0]));
    in_pieces(&mut tls, &query("SELECT 'whole'")).await;
    until_ready(&mut tls).await;
    assert_eq!(until_ready(&mut tls).await, ["whole"]);
}

// https://github.com/pgbouncer/pgbouncer/issues/141, https://github.com/pgbouncer/pgbouncer/issues/717,
// https://github.com/yandex/odyssey/issues/84
#[tokio::test]
async fn a_cancel_does_not_hit_the_next_client_on_the_connection() {
    let admin = database(cluster().socket(), "postgres").await;
    let pool = PoolSettings { max_connections_percent: 1, ..PoolSettings::default() };
    let emulator = start(Options { pool, ..options().0 }).await.unwrap();
    let client = async || connect(&emulator, "app", &token(&emulator, "app"), "postgres").await;
    let (one, next) = (client().await.unwrap(), client().await.unwrap());
    let pid = simple(&one, PID).await;
    assert_eq!(simple(&next, PID).await, pid);
    // A statement of the next client's waits on that connection until this lock is released.
    admin.client.batch_execute("SELECT pg_advisory_lock(84)").await.unwrap();
    let waits = "SELECT 'not canceled' FROM (SELECT pg_advisory_xact_lock(84)) AS locked";
    let cancels = async {
        let is_waiting =
            format!("SELECT count(*)::text FROM pg_locks WHERE pid = {pid} AND NOT granted");
        while admin.value(&is_waiting).await.unwrap() == "0" {}
        // What a client without a key sends, and one that has guessed the connection's process.
        for process in [0, pid.parse().unwrap()] {
            let request = [16, 80_877_102, process, 0_i32].map(i32::to_be_bytes).concat();
            let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
            tcp.write_all(&request).await.unwrap();
            assert_eq!(tcp.read(&mut [0]).await.unwrap(), 0, "no answer");
        }
        admin.client.batch_execute("SELECT pg_advisory_unlock(84)").await.unwrap();
    };
    let (answer, ()) = tokio::join!(simple(&next, waits), cancels);
    assert_eq!(answer, "not canceled");
    assert_eq!(simple(&next, PID).await, pid, "the connection is still there");
}

/// Passes everything on, and keeps it too.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    kept: Arc<Mutex<Vec<u8>>>,
) {
    let mut bytes = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        kept.lock().unwrap().extend(&bytes[..length]);
        if to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}

// https://github.com/pgbouncer/pgbouncer/issues/879
#[tokio::test]
async fn a_setting_that_the_database_spells_differently_is_not_set_again() {
    let (asked, socket) = (Arc::new(Mutex::new(Vec::new())), cluster().socket());
    let kept = Arc::clone(&asked);
    let server = Peer::start(move |mut tcp| {
        let (kept, socket) = (Arc::clone(&kept), socket.clone());
        async move {
            let mut unix = UnixStream::connect(socket).await.unwrap();
            let ((from_us, to_us), (from_it, to_it)) = (tcp.split(), unix.split());
            tokio::join!(pass(from_us, to_it, kept), pass(from_it, to_us, Arc::default()));
        }
    })
    .await;
    // This makes the user's role, which an emulator in front of a URL leaves to others.
    drop(emulator().await);
    let backend: Backend = format!("postgres://{}", server.address).parse().unwrap();
    let emulator = start(Options { backend, ..options().0 }).await.unwrap();
    let mut clients = [spelled(&emulator).await, spelled(&emulator).await];
    let question = "SELECT pg_backend_pid() || current_setting('TimeZone') || \
                    current_setting('DateStyle')";
    let mut answers = BTreeSet::new();
    for _ in 0..3 {
        for client in &mut clients {
            client.write_all(&query(question)).await.unwrap();
            answers.insert(until_ready(client).await.pop().expect("a row"));
        }
    }
    assert_eq!(answers.len(), 1, "one connection, and its settings stay: {answers:?}");
    assert!(answers.iter().all(|answer| answer.ends_with("UTCISO, MDY")), "{answers:?}");
    let asked = String::from_utf8_lossy(&asked.lock().unwrap()).to_lowercase();
    assert!(asked.contains("current_setting('timezone')") && !asked.contains("set "), "{asked:?}");
}

/// A session whose settings are spelled in another way than PostgreSQL reports them.
async fn spelled(emulator: &Emulator) -> TlsStream<TcpStream> {
    let mut tls = tls(emulator, emulator.address(), &variable(emulator, "DB_HOST")).await;
    let names = ["user", "app", "database", "postgres"];
    let settings = ["TimeZone", "utc", "DateStyle", "iso,mdy", "client_encoding", "utf8"];
    let packet = startup(0x0003_0000, &[&names[..], &settings].concat());
    tls.write_all(&packet).await.unwrap();
    assert_eq!(message(&mut tls).await.0, b'R');
    tls.write_all(&password(&token(emulator, "app"))).await.unwrap();
    until_ready(&mut tls).await;
    tls
}

/// The first column of each row, up to `ReadyForQuery`.
async fn until_ready(tls: &mut TlsStream<TcpStream>) -> Vec<String> {
    let mut rows = Vec::new();
    loop {
        match message(tls).await {
            (b'Z', _) => return rows,
            (b'D', row) => rows.push(String::from_utf8(row[6..].to_vec()).unwrap()),
            (b'E', error) => panic!("{}", String::from_utf8_lossy(&error)),
            _ => {}
        }
    }
}
