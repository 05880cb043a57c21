//! What the log says of a database that refuses a session or can't be reached.

use rds_proxy_emulator::{Backend, Options, start};

use crate::support::{cluster, connect, database, options, token};

/// The one line of the log that has this text.
fn line_with(log: &rds_proxy_emulator::Lines, text: &str) -> String {
    let lines = log.read();
    let found: Vec<&String> = lines.iter().filter(|line| line.contains(text)).collect();
    assert_eq!(found.len(), 1, "{lines:#?}");
    found[0].clone()
}

#[tokio::test]
async fn a_refusal_of_the_databases_is_in_the_log_with_its_sqlstate() {
    let (options, log) = options();
    let emulator = start(options).await.unwrap();
    let token = token(&emulator, "app");
    connect(&emulator, "app", &token, "no\nwhere").await.err().expect("no such database");
    let line = line_with(&log, "refused with");
    let expected =
        ": the database refused the session: database \"no where\" does not exist (3D000)";
    assert!(line.ends_with(expected), "{line}");
}

#[tokio::test]
async fn a_database_without_a_free_connection_is_in_the_log_with_its_own_words() {
    let (options, log) = options();
    let options = Options { iam_users: vec!["crowded".to_owned()], ..options };
    let emulator = start(options).await.unwrap();
    let admin = database(cluster().socket(), "postgres").await;
    admin.client.batch_execute("ALTER ROLE crowded CONNECTION LIMIT 0").await.unwrap();
    let token = token(&emulator, "crowded");
    connect(&emulator, "crowded", &token, "postgres").await.expect("a login");
    let line = line_with(&log, "no database connection");
    let expected = "no database connection for \"crowded\": \
                    too many connections for role \"crowded\" (53300)";
    assert!(line.ends_with(expected), "{line}");
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_in_the_log_with_the_systems_error() {
    let (options, log) = options();
    // A port that was free a moment ago: nothing listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let backend: Backend = format!("postgres://127.0.0.1:{port}").parse().unwrap();
    let emulator = start(Options { backend, ..options }).await.unwrap();
    connect(&emulator, "app", &token(&emulator, "app"), "postgres").await.expect("a login");
    let line = line_with(&log, "no database connection");
    let expected = "no database connection for \"app\": Connection refused (os error 111)";
    assert!(line.ends_with(expected), "{line}");
}
