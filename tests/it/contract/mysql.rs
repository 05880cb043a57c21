//! The function against a real MariaDB: a token and a password by the plugins that it has, who it
//! says that it is, and what it refuses; and a password by the plugins that RDS Proxy has.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use rds_proxy_emulator::{Backend, Cluster, Engine, Options, PasswordAuth, PasswordUser};
use rds_proxy_probe::clock::Clock;
use serde_json::{Value, json};
use testkit::aws::{Answer, Aws};
use testkit::mariadb::{CLEAR, MariaDb};
use testkit::mysql::{ask_for_password, ok};
use testkit::peer::Peer;

use crate::support::mysql::{after_greeting, health_row, nonce, vars};
use crate::support::peer::Issued;
use crate::support::{Vars, check, invoke, running, steps};

const PASSWORD: &str = "p4ss/word with 'quotes'";
const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf";

/// A MariaDB with these users besides `app`, which has a password.
struct Server {
    issued: Issued,
    _mariadb: MariaDb,
    peer: Peer,
}

impl Server {
    async fn start(statements: &[&str]) -> Self {
        let issued = Issued::new(|_| {});
        let password = PASSWORD.replace('\'', "''");
        let app = format!("CREATE USER app@'%' IDENTIFIED BY '{password}';");
        let mut all = vec!["CREATE DATABASE orders;", "INSTALL SONAME 'auth_test_plugin';", &app];
        all.push("GRANT SELECT ON orders.* TO app@'%';");
        all.extend(statements);
        let server = MariaDb::start(&issued, &all).await;
        let peer = server.peer().await;
        Self { issued, _mariadb: server, peer }
    }

    fn vars(&self) -> Vars {
        vars(&self.issued, &self.peer).with("DB_NAME", "orders")
    }

    /// The report of a login as this user by a secret, with changed variables.
    async fn by_secret(&self, user: &str, password: &str, change: fn(Vars) -> Vars) -> Value {
        let [report] = by_secret(change(self.vars()), user, password).await;
        report
    }
}

/// The reports of so many invocations of the binary, with this secret.
async fn by_secret<const COUNT: usize>(vars: Vars, user: &str, password: &str) -> [Value; COUNT] {
    let secret = json!({"username": user, "password": password, "engine": "mariadb"});
    let aws = Aws::start(move |_| Answer::secret(secret.clone())).await;
    let vars = aws.lead(vars).without("DB_USER").with("DB_AUTH", "secret");
    // The SDK's clients read the environment themselves, so it is a separate process.
    let mut function = running(&vars.with("DB_SECRET_ARN", ARN)).await;
    let mut reports = [const { Value::Null }; COUNT];
    for report in &mut reports {
        *report = function.invoke(b"{}").await.report();
    }
    function.stop().await;
    reports
}

#[tokio::test]
async fn a_password_logs_in_through_the_proxy_by_each_plugin_that_it_has() {
    let cluster = Cluster::start_of(Engine::MySql).unwrap();
    for (password_auth, plugin) in [
        (PasswordAuth::CachingSha2Password, "caching_sha2_password"),
        (PasswordAuth::MysqlNativePassword, "mysql_native_password"),
    ] {
        let emulator = rds_proxy_emulator::start(Options {
            engine: Engine::MySql,
            backend: Backend::Cluster(Arc::clone(&cluster)),
            password_users: vec![PasswordUser::new("shop", PASSWORD)],
            password_auth: Some(password_auth),
            ..Options::default()
        })
        .await
        .unwrap();
        let vars = Vars::of(&emulator);
        let [cold, warm] = by_secret(vars.clone(), "shop", PASSWORD).await;
        for report in [&cold, &warm] {
            assert_eq!(report["status"], "healthy", "{report:#}");
            assert_eq!(report["database"]["user"], "shop");
        }
        assert_eq!(cold["auth"], json!({"method": "secret", "asked": plugin, "user": "shop"}));
        assert_eq!(warm["session"]["reused"], true);
        assert_eq!(warm["session"]["through_proxy"], true, "the proxy has its own numbers");
        let [wrong] = by_secret(vars, "shop", "another").await;
        check(&wrong, "authenticate", "failed", "password_rejected");
        assert_eq!(
            (&wrong["diagnosis"]["error_number"], &wrong["auth"]["asked"]),
            (&json!(1045), &json!(plugin))
        );
    }
}

#[tokio::test]
async fn a_password_logs_in_by_each_plugin_that_mariadb_has() {
    let clear = format!("CREATE USER clear@'%' IDENTIFIED VIA {CLEAR} AS 'hunter2';");
    let server = Server::start(&[&clear, "GRANT SELECT ON orders.* TO clear@'%';"]).await;
    for (user, password, plugin) in
        [("app", PASSWORD, "mysql_native_password"), ("clear", "hunter2", "mysql_clear_password")]
    {
        let report = server.by_secret(user, password, |vars| vars).await;
        assert_eq!(report["status"], "healthy", "{report:#}");
        let auth = json!({"method": "secret", "asked": plugin, "user": user});
        assert_eq!(report["auth"], auth);
        assert_eq!(report["session"]["through_proxy"], false, "the database itself greeted");
        let database = &report["database"];
        assert_eq!((&database["name"], &database["user"]), (&json!("orders"), &json!(user)));
        assert_eq!((&database["role"], &database["read_only"]), (&json!("writer"), &json!(false)));
        let version = database["version"].as_str().unwrap();
        assert!(version.ends_with("-MariaDB"), "{version}");
        let all = ["config", "credentials", "resolve", "connect", "tls", "authenticate", "query"];
        assert_eq!(steps(&report), all);
    }
    let report = server.by_secret("app", PASSWORD, |vars| vars.without("DB_NAME")).await;
    assert_eq!((&report["status"], &report["database"]["name"]), (&json!("healthy"), &Value::Null));
}

/// The token that a function signs at this moment.
async fn token_at(clock: &Clock) -> String {
    let issued = Issued::new(|_| {});
    let taken = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&taken);
    let peer = after_greeting(&issued, move |mut server| {
        let kept = Arc::clone(&kept);
        async move {
            server.receive().await.unwrap();
            server.send(&ask_for_password()).await;
            *kept.lock().unwrap() = server.receive().await.unwrap();
            server.send(&ok()).await;
            while let Some([3, question @ ..]) = server.receive().await.as_deref() {
                server.send_all(&health_row(nonce(question))).await;
            }
        }
    })
    .await;
    invoke(&vars(&issued, &peer).handler_at(clock.clone()), json!({})).await;
    let taken = taken.lock().unwrap();
    let (end, token) = taken.split_last().unwrap();
    assert_eq!(*end, 0);
    String::from_utf8(token.to_vec()).unwrap()
}

#[tokio::test]
async fn a_token_logs_in_where_it_is_asked_for_and_is_rejected_if_it_is_another() {
    let now = SystemTime::now();
    let clock = Clock::new(move || now);
    let token = token_at(&clock).await;
    let by_token = format!("CREATE USER iam@'%' IDENTIFIED VIA {CLEAR} AS '{token}';");
    let server = Server::start(&[&by_token, "GRANT SELECT ON orders.* TO iam@'%';"]).await;
    // The user is not part of what the plugin compares, but of the token.
    let app = server.vars();
    let report = invoke(&app.handler_at(clock.clone()), json!({})).await;
    check(&report, "authenticate", "failed", "auth_method_unsupported");
    assert_eq!(report["auth"]["asked"], "mysql_native_password");

    let iam = app.with("DB_USER", "iam");
    let other = invoke(&iam.handler_at(clock), json!({})).await;
    check(&other, "authenticate", "failed", "iam_rejected");
    assert_eq!(other["auth"]["asked"], "mysql_clear_password");
    let (number, sqlstate) = (&other["diagnosis"]["error_number"], &other["diagnosis"]["sqlstate"]);
    assert_eq!((number, sqlstate), (&json!(1045), &json!("28000")));
}

#[tokio::test]
async fn what_the_server_refuses_is_named() {
    let server = Server::start(&[
        "CREATE USER locked@'%' IDENTIFIED BY 'x' ACCOUNT LOCK;",
        "CREATE USER reports@'%' IDENTIFIED BY 'x';",
        "GRANT SELECT ON *.* TO reports@'%';",
    ])
    .await;
    for (user, password, database, code, number) in [
        ("app", "other", "orders", "password_rejected", 1045),
        ("stranger", "x", "orders", "password_rejected", 1045),
        ("locked", "x", "", "connect_not_permitted", 4151),
        ("app", PASSWORD, "mysql", "connect_not_permitted", 1044),
        ("reports", "x", "nowhere", "database_not_found", 1049),
    ] {
        let named = match database {
            "mysql" => |vars: Vars| vars.with("DB_NAME", "mysql"),
            "nowhere" => |vars: Vars| vars.with("DB_NAME", "nowhere"),
            "" => |vars: Vars| vars.without("DB_NAME"),
            _ => |vars: Vars| vars,
        };
        let report = server.by_secret(user, password, named).await;
        check(&report, "authenticate", "failed", code);
        assert_eq!(report["diagnosis"]["error_number"], number, "{report:#}");
    }
}

#[tokio::test]
async fn a_server_that_is_read_only_is_a_reader() {
    let server = Server::start(&["SET GLOBAL read_only = 1;"]).await;
    let report =
        server.by_secret("app", PASSWORD, |vars| vars.with("DB_EXPECT_ROLE", "writer")).await;
    assert_eq!(report["database"]["role"], "reader", "{report:#}");
    assert_eq!(report["database"]["read_only"], true);
    assert_eq!(report["diagnosis"]["code"], "role_mismatch");
}
