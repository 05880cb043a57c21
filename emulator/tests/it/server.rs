//! A server by URL: sessions as the client's own user, by every password method there is.

use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

use rds_proxy_emulator::{Backend, MissingRoles, Options, PasswordUser, start};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::support::{Client, cluster, connect, database, options, tcp_to, token};

/// Puts rules before those of the shared cluster, and waits until new sessions meet them.
async fn add_rules(admin: &Client, ours: &str) {
    static FILE: Mutex<()> = Mutex::const_new(());
    let _file = FILE.lock().await;
    let hba = cluster().folder().join("primary/pg_hba.conf");
    let rules = std::fs::read_to_string(&hba).unwrap();
    let loaded = "SELECT pg_conf_load_time()::text";
    let before = admin.value(loaded).await.unwrap();
    std::fs::write(&hba, format!("{ours}{rules}")).unwrap();
    assert_ne!(hba.metadata().unwrap().uid(), 0, "PostgreSQL must be able to read it");
    admin.value("SELECT pg_reload_conf()::text").await.unwrap();
    // The main process signals its children, such as this session, in the same handler in which
    // it reads its rules; and it starts no session in between.
    let wait = async { while admin.value(loaded).await.unwrap() == before {} };
    timeout(Duration::from_secs(30), wait).await.expect("it is read");
    let errors = "SELECT count(*)::text FROM pg_hba_file_rules WHERE error IS NOT NULL";
    assert_eq!(admin.value(errors).await.unwrap(), "0");
}

#[tokio::test]
async fn the_emulator_logs_in_by_every_password_method() {
    let cluster = cluster();
    let admin = database(cluster.socket(), "postgres").await;
    let setup = "SET password_encryption = 'md5'; CREATE ROLE url_md5 LOGIN PASSWORD 'pw'; \
                 SET password_encryption = 'scram-sha-256'; \
                 CREATE ROLE url_scram LOGIN PASSWORD 'pw'; \
                 CREATE ROLE url_clear LOGIN PASSWORD 'pw'; CREATE ROLE url_own LOGIN PASSWORD 'own'";
    admin.client.batch_execute(setup).await.unwrap();
    add_rules(
        &admin,
        "local all url_md5 md5\nlocal all url_scram,url_own scram-sha-256\n\
         local all url_clear password\n",
    )
    .await;

    let server = tcp_to(cluster.socket()).await;
    let emulator = async |password: &str, own: &str| {
        let url = format!("postgres://:{password}@{}/postgres", server.address);
        let backend: Backend = url.parse().unwrap();
        let iam_users = ["url_md5", "url_scram", "url_clear"].map(str::to_owned).to_vec();
        let password_users = vec![PasswordUser::new("url_own", own)];
        let options = Options { backend, iam_users, password_users, ..options().0 };
        start(options).await.unwrap()
    };
    let (right, wrong) = (emulator("pw", "own").await, emulator("wrong", "wrong").await);
    for user in ["url_md5", "url_scram", "url_clear", "url_own"] {
        let password = if user == "url_own" { "own".to_owned() } else { token(&right, user) };
        let client = connect(&right, user, &password, "postgres").await.expect(user);
        assert_eq!(client.value("SELECT session_user::text").await.unwrap(), user);

        let password = if user == "url_own" { "wrong".to_owned() } else { token(&wrong, user) };
        let error = connect(&wrong, user, &password, "postgres").await.err().expect(user);
        let error = error.as_db_error().expect(user);
        let text = "Request returned an error: password authentication failed for user";
        assert_eq!(error.message(), format!("{text} \"{user}\""));
    }
}

#[tokio::test]
async fn a_user_whose_password_is_another_at_the_server_hears_the_servers_text() {
    let cluster = cluster();
    let admin = database(cluster.socket(), "postgres").await;
    admin.client.batch_execute("CREATE ROLE url_absent NOLOGIN").await.unwrap();
    let server = tcp_to(cluster.socket()).await;
    let backend: Backend = format!("postgres://{}", server.address).parse().unwrap();
    let (options, _) = options();
    let iam_users = vec!["url_absent".to_owned()];
    let emulator = start(Options { backend, iam_users, ..options }).await.unwrap();
    let token = token(&emulator, "url_absent");
    let error = connect(&emulator, "url_absent", &token, "postgres").await.err().unwrap();
    let text = "Request returned an error: role \"url_absent\" is not permitted to log in";
    assert_eq!(error.as_db_error().unwrap().message(), text);
}

#[tokio::test]
async fn roles_that_the_server_lacks_are_made_if_asked_for_and_no_other_is_touched() {
    let cluster = cluster();
    let admin = database(cluster.socket(), "postgres").await;
    admin.client.batch_execute("CREATE ROLE made_before NOLOGIN").await.unwrap();
    add_rules(&admin, "local all made_token,made_secret scram-sha-256\n").await;
    let server = tcp_to(cluster.socket()).await;
    let emulator = async |missing_roles| {
        let url = format!("postgres://postgres:of-the-url@{}/postgres", server.address);
        let (options, log) = options();
        let iam_users = ["made_token", "made_before"].map(str::to_owned).to_vec();
        let password_users = vec![PasswordUser::new("made_secret", "it's \\ own")];
        let backend = url.parse().unwrap();
        let options = Options { backend, iam_users, password_users, missing_roles, ..options };
        (start(options).await.unwrap(), log)
    };
    let (without, log) = emulator(MissingRoles::Leave).await;
    let refused = connect(&without, "made_token", &token(&without, "made_token"), "postgres").await;
    assert!(
        refused.err().unwrap().as_db_error().unwrap().message().starts_with("Request returned")
    );
    assert!(!log.read().iter().any(|line| line.starts_with("made the role")));
    for is_first in [true, false] {
        let (emulator, log) = emulator(MissingRoles::Make).await;
        for (user, password) in [
            ("made_token", token(&emulator, "made_token")),
            ("made_secret", "it's \\ own".to_owned()),
        ] {
            let client = connect(&emulator, user, &password, "postgres").await.expect(user);
            assert_eq!(client.value("SELECT session_user::text").await.unwrap(), user);
        }
        let mut made = log.read();
        made.retain(|line| line.starts_with("made the role"));
        made.sort();
        let expected = ["made_secret", "made_token"]
            .map(|name| format!("made the role {name:?} at the server of --backend"));
        assert_eq!(made, if is_first { &expected[..] } else { &[] });
    }
    let login = "SELECT rolcanlogin::text FROM pg_roles WHERE rolname = 'made_before'";
    assert_eq!(admin.value(login).await.unwrap(), "false");
}

#[tokio::test]
async fn roles_cannot_be_made_without_a_user_who_may() {
    let server = tcp_to(cluster().socket()).await;
    let admin = database(cluster().socket(), "postgres").await;
    admin.client.batch_execute("CREATE ROLE made_by_none LOGIN").await.unwrap();
    for (user, expected) in [
        ("", "the URL of --backend names no user"),
        ("made_by_none@", "ERROR: permission denied to create role (42501)"),
    ] {
        let backend = format!("postgres://{user}{}/postgres", server.address).parse().unwrap();
        let iam_users = vec!["never_made".to_owned()];
        let missing_roles = MissingRoles::Make;
        let options = Options { backend, iam_users, missing_roles, ..options().0 };
        let error = start(options).await.unwrap_err().to_string();
        assert!(error.starts_with("cannot make the users' roles: "), "{error}");
        assert!(error.contains(expected), "{error}");
    }
}
