//! The database that clients connect to: it is there, it is the first user's, it has a name.

use rds_proxy_emulator::{Backend, Options, PasswordUser, Script, start};

use crate::support::{Client, connect, options, token, variable};

/// A session of the first user, in the database of the block.
async fn first_user(emulator: &rds_proxy_emulator::Emulator) -> Client {
    let (user, database) = (variable(emulator, "DB_USER"), variable(emulator, "DB_NAME"));
    connect(emulator, &user, &token(emulator, &user), &database).await.expect("a session")
}

#[tokio::test]
async fn the_first_user_owns_the_database_and_may_create_in_it() {
    // The shared cluster's `app` belongs to the first user of the emulator that came first.
    let database = Some("owned".to_owned());
    let emulator = start(Options { database, ..options().0 }).await.unwrap();
    let client = first_user(&emulator).await;
    assert_eq!(client.value("SELECT current_database()::text").await.unwrap(), "owned");
    let make = "CREATE TABLE t (id int); CREATE SCHEMA s";
    client.client.batch_execute(make).await.expect("what an owner may");
    let owner =
        "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()";
    assert_eq!(client.value(owner).await.unwrap(), "app");
}

/// Django sets the time zone, and so pins, if the database's has another name than its own.
#[tokio::test]
async fn the_clusters_time_zone_is_utc_whatever_the_machines_is() {
    let emulator = start(options().0).await.unwrap();
    let client = first_user(&emulator).await;
    assert_eq!(client.value("SHOW timezone").await.unwrap(), "UTC");
}

#[tokio::test]
async fn a_database_may_have_any_name_and_emulators_may_share_it() {
    let name = "Größe \"o'brien\" $1";
    let named = |user: &str| {
        let (database, iam_users) = (Some(name.to_owned()), vec![user.to_owned()]);
        Options { database, iam_users, ..options().0 }
    };
    let (first, second) = tokio::join!(start(named("sharer")), start(named("sharer")));
    for emulator in [first.unwrap(), second.unwrap()] {
        assert_eq!(variable(&emulator, "DB_NAME"), name);
        let client = first_user(&emulator).await;
        let found = client.value("SELECT current_database()::text").await.unwrap();
        assert_eq!(found, name);
    }
    // It stays with its first owner.
    let third = start(named("latecomer")).await.unwrap();
    let client = first_user(&third).await;
    let owner =
        "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()";
    assert_eq!(client.value(owner).await.unwrap(), "sharer");
}

#[tokio::test]
async fn without_an_iam_user_the_first_password_user_owns_the_database() {
    let password_users = vec![PasswordUser::new("by_password", "x"), PasswordUser::new("b", "x")];
    let (iam_users, database) = (Vec::new(), Some("of_by_password".to_owned()));
    let options = Options { iam_users, password_users, database, ..options().0 };
    let emulator = start(options).await.unwrap();
    let client = connect(&emulator, "by_password", "x", "of_by_password").await.unwrap();
    client.client.batch_execute("CREATE TABLE t (id int)").await.expect("what an owner may");
}

#[tokio::test]
async fn in_a_cluster_of_its_own_a_database_that_is_there_already_is_the_first_users_too() {
    let (database, backend) = (Some("postgres".to_owned()), Backend::Temporary);
    let emulator = start(Options { database, backend, ..options().0 }).await.unwrap();
    let client = first_user(&emulator).await;
    client.client.batch_execute("CREATE TABLE t (id int)").await.expect("what an owner may");
}

#[tokio::test]
async fn a_standby_has_the_database_before_the_first_client_comes() {
    let reader_listen = Some("127.0.0.1:0".parse().unwrap());
    let database = Some("replicated".to_owned());
    let emulator = start(Options { reader_listen, database, ..options().0 }).await.unwrap();
    let socket = crate::support::cluster().standby().unwrap();
    let standby = crate::support::database(socket, "replicated").await;
    let in_recovery = standby.value("SELECT pg_is_in_recovery()::text").await.unwrap();
    assert_eq!(in_recovery, "true");
    drop(emulator);
}

#[tokio::test]
async fn with_a_server_by_url_the_block_names_its_database_unless_another_is_wanted() {
    for (url, database, expected) in [
        ("postgres://127.0.0.1:1/theirs", None, "theirs"),
        ("postgres://127.0.0.1:1", None, "postgres"),
        ("postgres://127.0.0.1:1/theirs", Some("mine"), "mine"),
    ] {
        let backend: Backend = url.parse().unwrap();
        let database = database.map(str::to_owned);
        let emulator = start(Options { backend, database, ..options().0 }).await.unwrap();
        assert_eq!(variable(&emulator, "DB_NAME"), expected);
    }
}

#[tokio::test]
async fn without_any_user_the_database_is_there_all_the_same() {
    let (iam_users, database) = (Vec::new(), Some("without_users".to_owned()));
    let init_sql = Some(Script::new("schema.sql", "CREATE TABLE t (id int)"));
    start(Options { iam_users, database, init_sql, ..options().0 }).await.unwrap();
    let socket = crate::support::cluster().socket();
    let client = crate::support::database(socket, "without_users").await;
    let owner = "SELECT tableowner::text FROM pg_tables WHERE tablename = 't'";
    assert_eq!(client.value(owner).await.unwrap(), "postgres");
}
