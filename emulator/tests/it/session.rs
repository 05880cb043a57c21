//! After the login: what reaches the database, and what comes back.

use rds_proxy_emulator::{Backend, Options, start};
use testkit::postgres::password;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::support::{
    cluster, connect, database, emulator, impatient, message, options, startup, tls, token,
    variable, without_database,
};

const BORROW_TIMEOUT: &str = "Timed-out waiting to acquire database connection";

#[tokio::test]
async fn the_client_hears_settings_but_no_key_to_cancel_with() {
    let emulator = emulator().await;
    let mut tls = tls(&emulator, emulator.address(), &variable(&emulator, "DB_HOST")).await;
    let parameters = ["user", "app", "database", "postgres", "application_name", "me"];
    tls.write_all(&startup(0x0003_0000, &parameters)).await.unwrap();
    assert_eq!(message(&mut tls).await, (b'R', vec![0, 0, 0, 3]));
    tls.write_all(&password(&token(&emulator, "app"))).await.unwrap();
    assert_eq!(message(&mut tls).await, (b'R', vec![0, 0, 0, 0]));
    let mut settings = Vec::new();
    loop {
        match message(&mut tls).await {
            (b'S', body) => settings.push(String::from_utf8(body).unwrap()),
            (b'Z', body) => break assert_eq!(body, b"I"),
            (tag, body) => panic!("{:?} {body:?}", char::from(tag)),
        }
    }
    assert!(settings.contains(&"application_name\0me\0".to_owned()), "{settings:?}");
    assert!(settings.iter().any(|setting| setting.starts_with("server_version\0")));
}

#[tokio::test]
async fn both_query_protocols_and_large_answers_pass() {
    let emulator = emulator().await;
    let client = connect(&emulator, "app", &token(&emulator, "app"), "postgres").await.unwrap();
    let large = client.value("SELECT repeat('x', 3000000)").await.unwrap();
    assert_eq!(large.len(), 3_000_000);
    let rows = client.client.simple_query("SELECT 1; SELECT 2").await.unwrap();
    assert_eq!(rows.len(), 6, "{rows:?}");
    let error = client.value("SELECT 1/0").await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "22012", "errors pass unchanged");
    assert_eq!(client.value("SELECT 'still here'").await.unwrap(), "still here");
    client.ended().await.expect("a clean end");
}

#[tokio::test]
async fn a_database_that_does_not_exist_is_the_databases_text_with_the_proxys_prefix() {
    let emulator = emulator().await;
    let token = token(&emulator, "app");
    let error = connect(&emulator, "app", &token, "no\"such").await.err().unwrap();
    let error = error.as_db_error().unwrap();
    assert_eq!(error.message(), "Request returned an error: database \"no\"such\" does not exist");
    assert_eq!((error.code().code(), error.severity()), ("XX000", "FATAL"));
}

#[tokio::test]
async fn without_a_database_name_the_users_name_is_one() {
    let iam_users = vec!["homeless".to_owned()];
    let emulator = start(Options { iam_users, ..options().0 }).await.unwrap();
    let mut tls = tls(&emulator, emulator.address(), &variable(&emulator, "DB_HOST")).await;
    tls.write_all(&startup(0x0003_0000, &["user", "homeless"])).await.unwrap();
    assert_eq!(message(&mut tls).await.0, b'R');
    tls.write_all(&password(&token(&emulator, "homeless"))).await.unwrap();
    assert_eq!(message(&mut tls).await, (b'R', vec![0, 0, 0, 0]));
    let refusal = crate::support::refusal(&mut tls).await;
    assert_eq!(
        refusal,
        "FATAL XX000 Request returned an error: database \"homeless\" does not exist"
    );
}

#[tokio::test]
async fn a_user_without_the_connect_privilege_is_refused() {
    let admin = database(cluster().socket(), "postgres").await;
    let make = "CREATE DATABASE closed";
    admin.client.batch_execute(make).await.unwrap();
    let close = "REVOKE CONNECT ON DATABASE closed FROM PUBLIC";
    admin.client.batch_execute(close).await.unwrap();
    let emulator = emulator().await;
    let token = token(&emulator, "app");
    let error = connect(&emulator, "app", &token, "closed").await.err().unwrap();
    let error = error.as_db_error().unwrap();
    let text = "Request returned an error: permission denied for database \"closed\"";
    assert_eq!((error.code().code(), error.message()), ("XX000", text));
}

#[tokio::test]
async fn a_session_that_the_database_ends_ends_at_the_client() {
    let emulator = emulator().await;
    let client = connect(&emulator, "app", &token(&emulator, "app"), "postgres").await.unwrap();
    let error = client.value("SELECT pg_terminate_backend(pg_backend_pid())::text").await;
    let error = error.unwrap_err();
    let error = error.as_db_error().unwrap();
    let text = "terminating connection due to administrator command";
    assert_eq!((error.code().code(), error.message()), ("57P01", text));
    assert!(client.value("SELECT 1::text").await.unwrap_err().is_closed());
}

#[tokio::test]
async fn without_a_database_logins_are_well_and_queries_time_out() {
    let emulator = without_database().await;
    let client = connect(&emulator, "app", &token(&emulator, "app"), "postgres").await.unwrap();
    for _ in 0..2 {
        let error = client.value("SELECT 1::text").await.unwrap_err();
        let error = error.as_db_error().unwrap();
        assert_eq!(error.message(), BORROW_TIMEOUT);
        assert_eq!((error.code().code(), error.severity()), ("08000", "ERROR"));
        let error = client.client.simple_query("SELECT 1").await.unwrap_err();
        assert_eq!(error.as_db_error().unwrap().message(), BORROW_TIMEOUT);
    }
    client.ended().await.expect("a clean end");
}

#[tokio::test]
async fn without_a_database_statements_of_any_length_time_out_and_the_session_lives_on() {
    let emulator = without_database().await;
    let client = connect(&emulator, "app", &token(&emulator, "app"), "postgres").await.unwrap();
    let long = format!("SELECT '{}'", "x".repeat(3_000_000));
    for _ in 0..2 {
        let error = client.client.simple_query(&long).await.unwrap_err();
        assert_eq!(error.as_db_error().expect("an answer").message(), BORROW_TIMEOUT);
        let error = client.value(&long).await.unwrap_err();
        assert_eq!(error.as_db_error().expect("an answer").message(), BORROW_TIMEOUT);
    }
    client.ended().await.expect("a clean end");
}

#[tokio::test]
async fn a_database_that_is_down_looks_like_none() {
    let (options, log) = options();
    let backend: Backend = "postgres://127.0.0.1:1/postgres".parse().unwrap();
    let emulator = start(Options { backend, pool: impatient(), ..options }).await.unwrap();
    let client = connect(&emulator, "app", &token(&emulator, "app"), "postgres").await.unwrap();
    let error = client.value("SELECT 1::text").await.unwrap_err();
    assert_eq!(error.as_db_error().unwrap().message(), BORROW_TIMEOUT);
    assert!(log.read().iter().any(|line| line.contains("no database connection")));
}

#[tokio::test(start_paused = true)]
async fn a_database_that_does_not_answer_looks_like_none() {
    // Connections are never accepted.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (options, log) = options();
    let backend: Backend = format!("postgres://127.0.0.1:{port}/postgres").parse().unwrap();
    let emulator = start(Options { backend, ..options }).await.unwrap();
    let client = connect(&emulator, "app", &token(&emulator, "app"), "postgres").await.unwrap();
    let error = client.value("SELECT 1::text").await.unwrap_err();
    assert_eq!(error.as_db_error().unwrap().message(), BORROW_TIMEOUT);
    let line = log.read().pop().expect("a line");
    assert!(line.ends_with("connection for \"app\": the database does not answer"), "{line}");
}
