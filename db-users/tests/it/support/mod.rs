//! What the tests share: a database with its master, the function around it, and what
//! CloudFormation sends.

mod messages;
pub(crate) mod mysql;
mod postgres;
pub(crate) mod secrets;
mod session;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use db_users::{Handled, Handler, Invocation};
use rds_proxy_emulator::{AuthScheme, Cluster, Emulator};
use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::config::Engine;
use rds_proxy_probe::connector::Connector;
use rds_proxy_probe::session::{Session, WireError};
use serde_json::{Value, json};

use messages::STACK;
use secrets::{Secrets, login};
use session::{is_denied, rows, run_all, sign_in, try_sign_in};
use testkit::function::Running;
use testkit::response_host::ResponseHost;

pub(crate) use messages::{BUCKET, answers, event, failed, secret_arn, succeeded};
pub(crate) use session::{emulator, run};
pub(crate) use testkit::runtime_api::FUNCTION_ARN;

pub(crate) const SUPERUSER: &str = "postgres";

/// One PostgreSQL for the whole test binary.
pub(crate) fn cluster() -> Arc<Cluster> {
    static CLUSTER: OnceLock<Arc<Cluster>> = OnceLock::new();
    Arc::clone(CLUSTER.get_or_init(|| {
        Cluster::start()
            .expect("PostgreSQL's initdb and postgres must be found; `make test` installs them")
    }))
}

pub(crate) type Vars = BTreeMap<String, String>;

/// What the emulator would have a user export, and the region that Lambda sets.
pub(crate) fn vars_of(emulator: &Emulator) -> Vars {
    let block = emulator.environment().into_iter();
    let mut vars: Vars = block.map(|(name, value)| (name.to_owned(), value)).collect();
    vars.insert("AWS_REGION".to_owned(), "us-east-1".to_owned());
    vars
}

/// What stands behind a stage's database: users are made in it, and log in to it.
enum Server {
    /// The emulator, with the shared cluster behind it.
    PostgreSql(Box<Emulator>),
    /// A MariaDB, as RDS's plugin is met there.
    MySql(Arc<mysql::Server>),
}

/// A separate database with its master, who is no superuser, as on RDS.
pub(crate) struct Stage {
    pub(crate) database: String,
    pub(crate) master: String,
    /// What no other test has in its names: users are the whole server's.
    pub(crate) id: u32,
    server: Server,
    pub(crate) host: ResponseHost,
    pub(crate) secrets: Secrets,
}

impl Stage {
    /// One with PostgreSQL.
    pub(crate) async fn new() -> Self {
        Self::with(async |database, master| postgres::server(database, master).await).await
    }

    /// One with MySQL.
    pub(crate) async fn mysql() -> Self {
        let shared = mysql::Server::shared();
        Self::with(async |database, master| mysql::prepared(shared, database, master).await).await
    }

    /// One with a MySQL that no other test uses.
    pub(crate) async fn alone() -> Self {
        let own = Arc::new(mysql::Server::start());
        Self::with(async |database, master| mysql::prepared(own, database, master).await).await
    }

    /// One with each engine.
    pub(crate) async fn both() -> [Self; 2] {
        [Self::new().await, Self::mysql().await]
    }

    async fn with(server: impl AsyncFnOnce(&str, &str) -> Server) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let (database, master) = (format!("db{id}"), format!("master{id}"));
        let server = server(&database, &master).await;
        let (host, secrets) = (ResponseHost::start().await, Secrets::start().await);
        let stage = Self { database, master, id, server, host, secrets };
        let (other, id) = (
            stage.other_schema(),
            match stage.engine() {
                Engine::PostgreSql => "serial PRIMARY KEY",
                Engine::MySql => "int AUTO_INCREMENT PRIMARY KEY",
            },
        );
        stage
            .master(&format!(
                "CREATE TABLE notes (id {id}, note text); \
                 INSERT INTO notes (note) VALUES ('first'); \
                 CREATE SCHEMA {other}; CREATE TABLE {other}.notes (note text)"
            ))
            .await;
        match stage.engine() {
            Engine::PostgreSql => {
                stage.superuser("REVOKE CREATE ON SCHEMA public FROM PUBLIC").await;
            }
            Engine::MySql => {}
        }
        stage
    }

    pub(crate) fn engine(&self) -> Engine {
        match self.server {
            Server::PostgreSql(_) => Engine::PostgreSql,
            Server::MySql(_) => Engine::MySql,
        }
    }

    /// The server behind MySQL's users.
    pub(crate) fn mariadb(&self) -> &mysql::Server {
        match &self.server {
            Server::PostgreSql(_) => panic!("this is PostgreSQL"),
            Server::MySql(server) => server,
        }
    }

    /// The schema that grants are for where none is listed.
    pub(crate) fn usual_schema(&self) -> &str {
        match self.engine() {
            Engine::PostgreSql => "public",
            Engine::MySql => &self.database,
        }
    }

    /// Another one, with a table `notes` too.
    pub(crate) fn other_schema(&self) -> String {
        match self.engine() {
            Engine::PostgreSql => "other".to_owned(),
            Engine::MySql => self.name("other"),
        }
    }

    /// A name that no other test uses.
    pub(crate) fn name(&self, name: &str) -> String {
        format!("{name}{}", self.id)
    }

    pub(crate) fn vars(&self) -> Vars {
        let mut vars = match &self.server {
            Server::PostgreSql(emulator) => vars_of(emulator),
            Server::MySql(server) => server.vars(),
        };
        vars.insert("DB_USER".to_owned(), self.master.clone());
        self.secrets.aws.lead(vars)
    }

    /// The ARN of a secret with this user's password.
    pub(crate) fn secret(&self, user: &str, password: &str) -> String {
        let arn = secret_arn("user");
        self.secrets.put(&arn, [login(user, password)]);
        arn
    }

    pub(crate) async fn master(&self, sql: &str) {
        self.run(&self.master, sql).await;
    }

    pub(crate) async fn superuser(&self, sql: &str) {
        self.run(SUPERUSER, sql).await;
    }

    async fn run(&self, user: &str, sql: &str) {
        run_all(&mut self.sign_in(user).await, sql).await;
    }

    /// The first column of each row, as text.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<String> {
        match self.sign_in(SUPERUSER).await {
            Session::PostgreSql(session) => rows(&session, sql).await,
            Session::MySql(mut session) => {
                let rows = session.query(sql).await.unwrap();
                rows.into_iter().map(|row| row[0].clone().unwrap_or_default()).collect()
            }
        }
    }

    pub(crate) async fn sign_in(&self, user: &str) -> Session {
        try_sign_in(&self.vars(), self.engine(), user, &self.database).await.unwrap()
    }

    /// The users of this test, apart from the master.
    pub(crate) async fn roles(&self) -> Vec<String> {
        let Self { id, master, .. } = self;
        let from = match self.engine() {
            Engine::PostgreSql => {
                format!("rolname::text FROM pg_roles WHERE rolname ~ '[a-z]{id}$'")
            }
            Engine::MySql => {
                format!("User AS rolname FROM mysql.user WHERE User RLIKE '[a-z]{id}$'")
            }
        };
        let all = self.rows(&format!("SELECT {from} ORDER BY 1")).await;
        all.into_iter().filter(|name| name != master).collect()
    }

    /// The users that MySQL's table of marks has of this test; none if there is no such table.
    pub(crate) async fn marked(&self) -> Vec<String> {
        let table = "rds_proxy_database_users.made";
        let exists = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_NAME = 'made'";
        if self.rows(exists).await.is_empty() {
            return Vec::new();
        }
        let of_test = format!("WHERE name RLIKE '[a-z]{}$' ORDER BY 1", self.id);
        self.rows(&format!("SELECT CONCAT(name, ' ', mark) FROM {table} {of_test}")).await
    }

    /// Properties with these users.
    pub(crate) fn properties(&self, scheme: &str, users: &Value) -> Value {
        json!({
            "ServiceToken": FUNCTION_ARN, "Engine": self.engine().as_str(),
            "Database": self.database, "Scheme": scheme, "Users": users,
        })
    }

    /// What a new request of this kind comes to.
    pub(crate) async fn answer(&self, event: &Value) -> Value {
        let handled = self.handle(event).await;
        assert_eq!(handled.result, Ok(Value::Null), "{handled:?}");
        answers(&self.host).pop().unwrap()
    }

    pub(crate) async fn handle(&self, event: &Value) -> Handled {
        handle(self.vars(), &self.host, event).await
    }

    /// Makes these users, which must succeed; the resource's physical id.
    pub(crate) async fn create(&self, scheme: &str, users: &Value) -> String {
        let answer = self.answer(&self.event("Create", scheme, users)).await;
        succeeded(&answer)
    }

    pub(crate) async fn update(&self, id: &str, scheme: &str, users: &Value) -> Value {
        let mut event = self.event("Update", scheme, users);
        event["PhysicalResourceId"] = json!(id);
        self.answer(&event).await
    }

    pub(crate) async fn delete(&self, id: &str) -> Value {
        let mut event = self.event("Delete", "IAM_AUTH", &json!([]));
        event["PhysicalResourceId"] = json!(id);
        self.answer(&event).await
    }

    pub(crate) fn event(&self, kind: &str, scheme: &str, users: &Value) -> Value {
        let mut event = event(kind, &self.properties(scheme, users));
        event["StackId"] = json!(format!("{STACK}/{}", self.id));
        event
    }

    /// Runs one statement as a user that logs in by IAM; `Err` says `denied`, the server's code or,
    /// without a session, the diagnosis.
    pub(crate) async fn attempt(&self, user: &str, sql: &str) -> Result<(), String> {
        let end_to_end = match self.engine() {
            Engine::PostgreSql => {
                Some(emulator(|options| options.auth_scheme = AuthScheme::Iam).await)
            }
            Engine::MySql => None,
        };
        let vars = end_to_end.as_ref().map_or_else(|| self.vars(), vars_of);
        let mut session = try_sign_in(&vars, self.engine(), user, &self.database).await?;
        match run(&mut session, sql).await {
            Ok(()) => Ok(()),
            Err(WireError::Refused(error)) if is_denied(&error.code) => Err("denied".to_owned()),
            Err(WireError::Refused(error)) => Err(error.code.to_string()),
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// Which engine a test failed with.
impl Drop for Stage {
    #[expect(clippy::print_stderr, reason = "a test's own output, shown if it fails")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("with {}", self.engine());
        }
    }
}

/// What leads every answer to this host, and trusts no other.
pub(crate) fn connector(host: &ResponseHost) -> SharedHttpConnector {
    host.leading(Connector::trusting(host.roots()))
}

/// The function's binary with this environment, waiting for its next event.
pub(crate) async fn running(vars: &Vars) -> Running {
    Running::start(env!("CARGO_BIN_EXE_db-users"), vars).await
}

/// An invocation of the function.
pub(crate) async fn handle(vars: Vars, host: &ResponseHost, event: &Value) -> Handled {
    handle_within(60, vars, host, event).await
}

/// An invocation that ends after some seconds.
pub(crate) async fn handle_within(
    seconds: u64,
    vars: Vars,
    host: &ResponseHost,
    event: &Value,
) -> Handled {
    let now = SystemTime::now();
    let clock = Clock::new(SystemTime::now);
    let handler = Handler::new(move |name| vars.get(name).cloned(), clock, connector(host));
    let ends = Some(now + Duration::from_secs(seconds));
    handler.handle(event, &Invocation { ends, function: FUNCTION_ARN.to_owned() }).await
}
