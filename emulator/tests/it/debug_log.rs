//! Debug logging: what the log says about connections, in RDS Proxy's words.

use rds_proxy_emulator::{Emulator, Lines, LogDetail, Options, PasswordUser, start};
use testkit::postgres::query;
use testkit::process::until;
use tokio::io::AsyncWriteExt as _;

use crate::support::{connect, log_in, message, options, token};

async fn emulator(log_detail: LogDetail) -> (Emulator, Lines) {
    let (options, log) = options();
    let password_users = vec![PasswordUser::new("old", "canary-password")];
    (start(Options { log_detail, password_users, ..options }).await.unwrap(), log)
}

/// The lines in RDS Proxy's form, without time and the client's port.
fn lines(log: &Lines) -> Vec<String> {
    let without_time = |line: String| {
        let (time, line) = line.split_once(" [")?;
        assert!(time.ends_with('Z') && time.len() == "2026-11-26T04:00:00.000Z".len(), "{time}");
        let line = line.split_once("127.0.0.1:").map_or(line, |(line, _port)| line);
        Some(format!("[{line}"))
    };
    log.read().into_iter().filter_map(without_time).collect()
}

#[tokio::test]
async fn a_session_is_logged_from_its_first_byte_to_its_last() {
    let (emulator, log) = emulator(LogDetail::Debug).await;
    let client = connect(&emulator, "app", &token(&emulator, "app"), "postgres").await.unwrap();
    client.client.batch_execute("SELECT 1").await.unwrap();
    client.ended().await.unwrap();
    until(|| lines(&log).len() == 7).await;
    let (client, database) = ("[proxyEndpoint=default] [clientConnection=1]", "[dbConnection=1]");
    let released = format!(
        "[INFO] {database} The database connection was released to the connection pool upon session \
         reset."
    );
    let expected = [
        format!("[INFO] {client} A new client connected from "),
        format!(
            "[DEBUG] {client} Received Startup Message: [username=\"app\", database=\"postgres\", \
             protocolMajorVersion=3, protocolMinorVersion=0, sslEnabled=true]"
        ),
        format!(
            "[INFO] {database} A connection was established from the proxy to the database over a \
             Unix socket."
        ),
        // It was opened for the login alone.
        released.clone(),
        format!(
            "[DEBUG] {client} The client connection borrowed the database connection {database}."
        ),
        released,
        format!(
            "[INFO] {client} The client connection closed. Reason: The client requested that the \
             connection close."
        ),
    ];
    assert_eq!(lines(&log), expected);
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_a_request_is_logged_on_both_sides() {
    let (emulator, log) = emulator(LogDetail::Debug).await;
    let mut client = log_in(&emulator, "postgres").await;
    client.write_all(&query("BEGIN")).await.unwrap();
    while message(&mut client).await.0 != b'Z' {}
    drop(client);
    let closed = [
        "[INFO] [dbConnection=1] The database connection closed. Reason: The client connection that \
         borrowed this database connection from the connection pool was closed in the middle of a \
         request.",
        "[INFO] [proxyEndpoint=default] [clientConnection=1] The client connection closed. Reason: \
         The TCP channel was closed by either the client or the proxy.",
    ];
    until(|| lines(&log).ends_with(&closed.map(str::to_owned))).await;
}

#[tokio::test]
async fn a_rejected_login_is_logged_without_what_was_rejected() {
    let (emulator, log) = emulator(LogDetail::Debug).await;
    for (user, secret, method) in
        [("app", "canary-token", "IAM"), ("old", "canary-other", "PostgreSQL native password")]
    {
        connect(&emulator, user, secret, "postgres").await.err().unwrap();
        let text = format!(
            "Proxy authentication with {method} authentication failed for user \"{user}\" with TLS \
             on. Reason: Invalid credentials."
        );
        assert!(lines(&log).iter().any(|line| line.contains(&text)), "{:#?}", lines(&log));
    }
    let line = log.read().join("\n");
    assert!(!line.contains("canary"), "{line}");
}

#[tokio::test]
async fn without_debug_logging_a_session_that_pins_nothing_leaves_no_line() {
    let (emulator, log) = emulator(LogDetail::Usual).await;
    let client = connect(&emulator, "app", &token(&emulator, "app"), "postgres").await.unwrap();
    client.client.batch_execute("SELECT 1").await.unwrap();
    client.ended().await.unwrap();
    emulator.stop().await;
    assert_eq!(log.read(), [""; 0]);
}
