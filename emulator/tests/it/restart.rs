//! What goes away and comes back: the emulator itself, and the database behind it.

use std::sync::Arc;
use std::time::Duration;

use rds_proxy_emulator::{Backend, Cluster, Options, PoolSettings, start};
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio_postgres::Config;

use crate::support::{connect, emulator, encrypt, options, session, tls_config, token, variable};

#[tokio::test]
async fn an_emulator_that_takes_over_address_and_authority_is_trusted_like_the_one_before() {
    let first = emulator().await;
    let trusting_the_first = tls_config(&first, rustls::ALL_VERSIONS);
    let (listen, authority) = (first.address(), Some(first.authority()));
    first.stop().await;
    let error = TcpStream::connect(listen).await.expect_err("nobody listens");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
    let second = start(Options { listen, authority, ..options().0 }).await.unwrap();
    let tcp = TcpStream::connect(listen).await.unwrap();
    let stream = encrypt(tcp, &variable(&second, "DB_HOST"), trusting_the_first).await;
    let mut config = Config::new();
    config.user("app").password(token(&second, "app")).dbname("postgres");
    session(stream, &mut config).await.expect("a session");
}

#[tokio::test]
async fn a_crash_cuts_transactions_alone_and_sessions_work_again_once_the_database_does() {
    let cluster = Cluster::start().unwrap();
    let backend = Backend::Cluster(Arc::clone(&cluster));
    let connection_borrow_timeout = Duration::from_millis(200);
    let pool = PoolSettings { connection_borrow_timeout, ..PoolSettings::default() };
    let emulator = start(Options { backend, pool, ..options().0 }).await.unwrap();
    let token = token(&emulator, "app");
    let enter = async || connect(&emulator, "app", &token, "postgres").await.unwrap();
    for _ in 0..2 {
        let (idle, in_transaction) = (enter().await, enter().await);
        // Not prepared: closing the statement afterwards would take a connection once more.
        idle.client.batch_execute("SELECT 'in'").await.unwrap();
        in_transaction.client.batch_execute("BEGIN").await.unwrap();
        let crashing = Arc::clone(&cluster);
        spawn_blocking(move || crashing.crash()).await.unwrap().unwrap();
        let cut = in_transaction.value("SELECT 'in'").await.unwrap_err();
        assert!(cut.is_closed() || cut.code().is_some_and(|code| code.code() == "57P02"), "{cut}");
        let (simple, extended, settled) = (enter().await, enter().await, enter().await);
        for client in [&idle, &simple, &extended] {
            let refused = client.value("SELECT 'in'").await.unwrap_err();
            let refused = refused.as_db_error().unwrap().message().to_owned();
            assert_eq!(refused, "Timed-out waiting to acquire database connection");
        }
        let recovering = Arc::clone(&cluster);
        spawn_blocking(move || recovering.recover()).await.unwrap().unwrap();
        assert_eq!(enter().await.value("SELECT 'in'").await.unwrap(), "in");

        assert!(in_transaction.value("SELECT 'in'").await.unwrap_err().is_closed());
        let rows = simple.client.simple_query("SELECT 'in'").await.unwrap();
        assert_eq!(rows.len(), 3, "{rows:?}");
        for client in [&idle, &extended, &settled, &simple] {
            // Twice, since the first query is the one after which the client knows the settings.
            for _ in 0..2 {
                assert_eq!(client.value("SELECT 'in'").await.unwrap(), "in");
            }
        }
    }
}
