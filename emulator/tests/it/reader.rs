//! The read-only endpoint.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::SystemTime;

use rds_proxy_emulator::{Backend, Options, Principal, start};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls};

use crate::support::{options, refusal, sign, startup, tls, variable};

#[tokio::test]
async fn the_reader_is_a_standby_under_a_name_of_its_own() {
    let (options, _) = options();
    let reader_listen = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let emulator = start(Options { reader_listen, ..options }).await.unwrap();
    let host = variable(&emulator, "READER_DB_HOST");
    let address = emulator.reader_address().expect("a reader");
    assert_eq!(variable(&emulator, "READER_DB_CONNECT_TO"), address.to_string());

    let stream = tls(&emulator, address, &host).await;
    let token = sign(&Principal::demo(), &host, "app", SystemTime::now());
    let mut config = Config::new();
    config.user("app").password(&token).dbname("postgres").ssl_mode(SslMode::Disable);
    let (client, connection) = config.connect_raw(stream, NoTls).await.expect("a session");
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(connection);
    let row = client.query_one("SELECT pg_is_in_recovery()", &[]).await.unwrap();
    assert!(row.get::<_, bool>(0));
    let error = client.batch_execute("CREATE TABLE t ()").await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "25006");

    let writers =
        sign(&Principal::demo(), &variable(&emulator, "DB_HOST"), "app", SystemTime::now());
    let stream = tls(&emulator, address, &host).await;
    let outcome = config.password(writers).connect_raw(stream, NoTls).await;
    let error = outcome.err().expect("a token names its endpoint");
    let text = error.as_db_error().unwrap().message().to_owned();
    assert!(text.starts_with("The IAM authentication failed for the role app."), "{text}");
}

#[tokio::test]
async fn a_server_by_url_has_no_reader() {
    use tokio::io::AsyncWriteExt as _;

    let backend: Backend = "postgres://127.0.0.1:1".parse().unwrap();
    let reader_listen = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let (options, _) = options();
    let emulator = start(Options { backend, reader_listen, ..options }).await.unwrap();
    let host = variable(&emulator, "READER_DB_HOST");
    let mut tls = tls(&emulator, emulator.reader_address().unwrap(), &host).await;
    tls.write_all(&startup(0x0003_0000, &["user", "app"])).await.unwrap();
    assert_eq!(crate::support::message(&mut tls).await.0, b'R');
    let token = sign(&Principal::demo(), &host, "app", SystemTime::now());
    tls.write_all(&testkit::postgres::password(&token)).await.unwrap();
    assert_eq!(crate::support::message(&mut tls).await, (b'R', vec![0, 0, 0, 0]));
    assert_eq!(
        refusal(&mut tls).await,
        "FATAL 08000 Target group doesnt have any associated read-only instances"
    );
}
