//! A server by a `mysql://` URL: a real MariaDB that is not the emulator's.

use rds_proxy_emulator::{
    Backend, Emulator, Lines, MissingRoles, Options, PasswordUser, StartError, start,
};
use testkit::authority::Issued;
use testkit::mariadb::MariaDb;
use testkit::peer::Peer;

use super::{options, token};
use crate::support::mysql::{Login, MySql};

/// A server with the database `app`, the user `admin` and these accounts.
async fn server(accounts: &[&str]) -> (MariaDb, Peer) {
    let mut statements = vec![
        "CREATE DATABASE app;",
        "CREATE USER admin@'%' IDENTIFIED BY 'of-the-url';",
        "GRANT ALL ON *.* TO admin@'%' WITH GRANT OPTION;",
    ];
    statements.extend(accounts);
    let server = MariaDb::start(&Issued::new(|_| {}), &statements).await;
    let peer = server.peer().await;
    (server, peer)
}

/// An emulator in front of it, for `app` by IAM and `own` by this password; its log.
async fn emulator(
    (_, peer): &(MariaDb, Peer),
    user: &str,
    own: &str,
    missing_roles: MissingRoles,
) -> Result<(Emulator, Lines), StartError> {
    let backend: Backend = format!("mysql://{user}@{}/app", peer.address).parse().unwrap();
    let password_users = vec![PasswordUser::new("own", own)];
    let (options, log) = options();
    let started = start(Options { backend, password_users, missing_roles, ..options }).await?;
    Ok((started, log))
}

/// Who a session's user is at the server, or what the client hears instead.
async fn who(emulator: &Emulator, user: &str, password: &str) -> Result<String, String> {
    let mut session = MySql::log_in(emulator, &Login::new(user, password)).await?;
    session.value("SELECT CONCAT(USER(), ' in ', DATABASE())").await
}

#[tokio::test]
async fn a_session_is_the_clients_own_user_with_the_urls_password_or_its_own() {
    let server = server(&[
        "CREATE USER app@'%' IDENTIFIED BY 'of-the-url';",
        "CREATE USER own@'%' IDENTIFIED BY 'its-own';",
        "GRANT ALL ON app.* TO app@'%', own@'%';",
    ])
    .await;
    let leave = MissingRoles::Leave;
    let (emulated, _) = emulator(&server, ":of-the-url", "its-own", leave).await.unwrap();
    let by_token = token(&emulated, "app");
    assert_eq!(who(&emulated, "app", &by_token).await.unwrap(), "app@localhost in app");
    assert_eq!(who(&emulated, "own", "its-own").await.unwrap(), "own@localhost in app");

    let (emulated, _) = emulator(&server, ":another", "another", leave).await.unwrap();
    for (user, password) in [("app", token(&emulated, "app")), ("own", "another".to_owned())] {
        let refused = who(&emulated, user, &password).await.unwrap_err();
        let expected =
            format!("1045 28000 Access denied for user '{user}'@'localhost' (using password: YES)");
        assert_eq!(refused, expected);
    }
}

#[tokio::test]
async fn accounts_that_the_server_lacks_are_made_if_asked_for_and_no_other_is_touched() {
    let server = server(&["CREATE USER own@'%' IDENTIFIED BY 'of-before';"]).await;
    let leave = emulator(&server, "admin:of-the-url", "it's \\ own", MissingRoles::Leave).await;
    let (emulated, _) = leave.unwrap();
    let refused = who(&emulated, "app", &token(&emulated, "app")).await.unwrap_err();
    assert!(refused.starts_with("1045 28000 Access denied"), "{refused}");
    for made in [&["made the role \"app\" at the server of --backend"][..], &[]] {
        let make = emulator(&server, "admin:of-the-url", "it's \\ own", MissingRoles::Make).await;
        let (emulated, log) = make.unwrap();
        let mut lines = log.read();
        lines.retain(|line| line.starts_with("made the role"));
        assert_eq!(lines, made);
        // It has no rights in the database, but it is there.
        let refused = who(&emulated, "app", &token(&emulated, "app")).await.unwrap_err();
        assert_eq!(refused, "1044 42000 Access denied for user 'app'@'%' to database 'app'");
        let refused = who(&emulated, "own", "it's \\ own").await.unwrap_err();
        assert!(refused.starts_with("1045 28000 Access denied"), "{refused}");
    }
    let error = emulator(&server, "", "x", MissingRoles::Make).await.err().unwrap().to_string();
    assert!(error.ends_with("the URL of --backend names no user"), "{error}");
}
