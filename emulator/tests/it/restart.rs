//! What goes away and comes back: the emulator itself, and the database behind it.

use std::sync::Arc;

use rds_proxy_emulator::{Backend, Cluster, Options, start};
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
async fn a_crash_cuts_sessions_and_new_ones_borrow_a_connection_once_there_is_one_again() {
    let cluster = Cluster::start().unwrap();
    let backend = Backend::Cluster(Arc::clone(&cluster));
    let emulator = start(Options { backend, ..options().0 }).await.unwrap();
    let token = token(&emulator, "app");
    let enter = async || connect(&emulator, "app", &token, "postgres").await.unwrap();
    for _ in 0..2 {
        let before = enter().await;
        assert_eq!(before.value("SELECT 'in'").await.unwrap(), "in");
        let crashing = Arc::clone(&cluster);
        spawn_blocking(move || crashing.crash()).await.unwrap().unwrap();
        assert!(before.value("SELECT 'in'").await.unwrap_err().is_closed());
        let (simple, extended, settled) = (enter().await, enter().await, enter().await);
        for client in [&simple, &extended] {
            let refused = client.value("SELECT 'in'").await.unwrap_err();
            let refused = refused.as_db_error().unwrap().message().to_owned();
            assert_eq!(refused, "Timed-out waiting to acquire database connection");
        }
        let recovering = Arc::clone(&cluster);
        spawn_blocking(move || recovering.recover()).await.unwrap().unwrap();
        assert_eq!(enter().await.value("SELECT 'in'").await.unwrap(), "in");

        assert!(before.value("SELECT 'in'").await.unwrap_err().is_closed(), "it stays cut");
        let rows = simple.client.simple_query("SELECT 'in'").await.unwrap();
        assert_eq!(rows.len(), 3, "{rows:?}");
        for client in [&extended, &settled, &simple] {
            // Twice, since the first query is the one that brings the connection.
            for _ in 0..2 {
                assert_eq!(client.value("SELECT 'in'").await.unwrap(), "in");
            }
        }
    }
}
