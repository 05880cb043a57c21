//! A server by URL: sessions as the client's own user, by every password method there is.

use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

use rds_proxy_emulator::{Backend, Options, PasswordUser, start};
use tokio::time::timeout;

use crate::support::{Client, cluster, connect, database, options, tcp_to, token};

/// Puts rules before those of the shared cluster, and waits until new sessions meet them.
async fn add_rules(admin: &Client, ours: &str) {
    let hba = cluster().folder().join("primary/pg_hba.conf");
    let rules = std::fs::read_to_string(&hba).unwrap();
    let loaded = "SELECT pg_conf_load_time()::text";
    let before = admin.value(loaded).await.unwrap();
    std::fs::write(&hba, format!("{ours}{rules}")).unwrap();
    assert_ne!(hba.metadata().unwrap().uid(), 0, "PostgreSQL must be able to read it");
    admin.value("SELECT pg_reload_conf()::text").await.unwrap();
    // The main process tells its children of the signal, of which this session is one, in the same
    // handler in which it reads its rules; and it starts no session meanwhile.
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
