//! A temporary MariaDB, made ready and logged in to.

use std::sync::{Arc, OnceLock};

use super::*;
use crate::backend::admin::AdminError;
use crate::backend::{Cluster, OpenError, Target};
use crate::engine::Engine;

/// The cluster of this test binary.
fn cluster() -> Arc<Cluster> {
    static CLUSTER: OnceLock<Arc<Cluster>> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(|| Cluster::start_of(Engine::MySql).expect("MariaDB"));
    Arc::clone(cluster)
}

async fn log_in(target: &Target, user: &str, password: Option<&str>) -> Result<Session, OpenError> {
    let (character_set, capabilities) = (45, 0);
    let login = Login { user, password, database: "it's `d`", character_set, capabilities };
    Session::open(target, &login).await
}

#[tokio::test]
async fn users_log_in_with_their_own_passwords_to_a_database_in_which_they_may_do_everything() {
    let target = Target::Socket(cluster().socket());
    let users = [("iam `u`", None), ("pw 'u'", Some(r"p'a\ss"))];
    create_accounts(&target, users.into_iter()).await.expect("accounts");
    let names = users.iter().map(|(name, _)| *name);
    create_database(&target, "it's `d`", names).await.expect("a database");
    for (name, password) in users {
        log_in(&target, name, password).await.expect("a session");
    }
    let refused = log_in(&target, "pw 'u'", Some("other")).await.err().expect("no session");
    let OpenError::Refused(refusal) = refused else { panic!("{refused:?}") };
    assert_eq!((refusal.number, &*refusal.sqlstate), (Some(1045), "28000"));
}

#[tokio::test]
async fn an_error_has_its_number_and_the_session_goes_on_after_it() {
    let target = Target::Socket(cluster().socket());
    let mut admin = Admin::log_in(&target).await.expect("a session");
    let error = admin.run("SELECT none").await.expect_err("no such column");
    assert!(matches!(error, AdminError::Statement(_)));
    let text = error.to_string();
    assert_eq!(text, "ERROR 1054: Unknown column 'none' in 'SELECT' (42S22)");
    let rows = admin.run("SELECT 2 UNION SELECT 3").await.expect("rows");
    assert_eq!((rows.first.as_deref(), rows.count), (Some("2"), 2));
}

#[tokio::test]
async fn a_standby_follows_is_read_only_and_goes_with_the_cluster() {
    let cluster = Cluster::start_of(Engine::MySql).expect("MariaDB");
    let standby = Target::Socket(cluster.standby().expect("a standby"));
    let primary = Target::Socket(cluster.socket());
    create_accounts(&primary, [("app", None)].into_iter()).await.expect("accounts");
    create_database(&primary, "app", ["app"].into_iter()).await.expect("a database");
    wait_for_standby(&primary, &standby).await.expect("it follows");
    let mut client = Admin::log_in_as(&standby, "app", "app").await.expect("a session");
    let error = client.run("CREATE TABLE t (a int)").await.expect_err("read only").to_string();
    assert!(error.starts_with("ERROR 1290: The MariaDB server is running with the --read-only"));
    cluster.crash().expect("an end");
    cluster.recover().expect("a recovery");
    let folder = cluster.folder().to_owned();
    drop(cluster);
    assert!(!folder.exists());
}
