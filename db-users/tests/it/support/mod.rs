//! What the tests share: a database with its master, the function around it, and what
//! CloudFormation sends.

pub(crate) mod secrets;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use db_users::{Handled, Handler, Invocation};
use rds_proxy_emulator::{AuthScheme, Backend, Cluster, Emulator, Options};
use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::config::Config;
use rds_proxy_probe::connector::Connector;
use rds_proxy_probe::probe::Prober;
use rds_proxy_probe::session;
use rds_proxy_probe::session::WireError;
use rds_proxy_probe::session::postgres::Session;
use serde_json::{Value, json};

use secrets::{Secrets, login};
use testkit::function::Running;
use testkit::response_host::ResponseHost;

pub(crate) use testkit::runtime_api::FUNCTION_ARN;

pub(crate) const BUCKET: &str = "cloudformation-custom-resource-response-useast1.s3.amazonaws.com";
const STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/app";
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:";
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

/// A database of its own with its master, who owns it and is no superuser, as on RDS.
pub(crate) struct Stage {
    pub(crate) database: String,
    pub(crate) master: String,
    /// What no other test has in its names: roles are the whole cluster's.
    pub(crate) id: u32,
    pub(crate) emulator: Emulator,
    pub(crate) host: ResponseHost,
    pub(crate) secrets: Secrets,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let (database, master) = (format!("db{id}"), format!("master{id}"));
        let emulator = emulator(|options| {
            options.iam_users = vec![SUPERUSER.to_owned(), master.clone()];
        })
        .await;
        let host = ResponseHost::start().await;
        let secrets = Secrets::start().await;
        let stage = Self { database, master, id, emulator, host, secrets };
        stage.prepare().await;
        stage
    }

    async fn prepare(&self) {
        let Self { database, master, .. } = self;
        let superuser = sign_in(&self.emulator, SUPERUSER, "postgres").await;
        superuser.batch(&format!("ALTER ROLE {master} CREATEROLE CREATEDB")).await.unwrap();
        // From 16 on the right to create roles is none to grant those that are there:
        // https://www.postgresql.org/docs/release/16.0/
        let version = rows(&superuser, "SHOW server_version_num").await;
        if version[0].parse::<u32>().unwrap() >= 160_000 {
            let grant =
                format!("GRANT rds_iam TO {master} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE");
            superuser.batch(&grant).await.unwrap();
        }
        superuser.batch(&format!("CREATE DATABASE {database} OWNER {master}")).await.unwrap();
        self.master("CREATE TABLE public.notes (id serial PRIMARY KEY, note text)").await;
        self.master("INSERT INTO notes (note) VALUES ('first')").await;
        self.master("CREATE SCHEMA other; CREATE TABLE other.notes (note text)").await;
        self.superuser("REVOKE CREATE ON SCHEMA public FROM PUBLIC").await;
    }

    /// A name that no other test uses.
    pub(crate) fn name(&self, name: &str) -> String {
        format!("{name}{}", self.id)
    }

    pub(crate) fn vars(&self) -> Vars {
        let mut vars = vars_of(&self.emulator);
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
        sign_in(&self.emulator, &self.master, &self.database).await.batch(sql).await.unwrap();
    }

    pub(crate) async fn superuser(&self, sql: &str) {
        sign_in(&self.emulator, SUPERUSER, &self.database).await.batch(sql).await.unwrap();
    }

    /// The first column of each row, as text.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<String> {
        rows(&sign_in(&self.emulator, SUPERUSER, &self.database).await, sql).await
    }

    /// The roles of this test, apart from the master.
    pub(crate) async fn roles(&self) -> Vec<String> {
        let Self { id, master, .. } = self;
        self.rows(&format!(
            "SELECT rolname::text FROM pg_roles WHERE rolname ~ '[a-z]{id}$' \
             AND rolname <> '{master}' ORDER BY 1"
        ))
        .await
    }

    /// Properties with these users.
    pub(crate) fn properties(&self, scheme: &str, users: &Value) -> Value {
        json!({
            "ServiceToken": FUNCTION_ARN,
            "Database": self.database, "Scheme": scheme, "Users": users,
        })
    }

    /// What a new request of this kind comes to.
    pub(crate) async fn answer(&self, event: &Value) -> Value {
        let handled = self.handle(event).await;
        assert_eq!(handled.result, Ok(()), "{handled:?}");
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

    /// Runs one statement as a user that signs in by IAM; `Err` with the SQLSTATE or, without a
    /// session, the diagnosis.
    pub(crate) async fn attempt(&self, user: &str, sql: &str) -> Result<(), String> {
        let end_to_end = emulator(|options| options.auth_scheme = AuthScheme::Iam).await;
        let session = try_sign_in(&end_to_end, user, &self.database).await?;
        match session.batch(sql).await {
            Ok(()) => Ok(()),
            Err(WireError::Refused(error)) => {
                Err(error.code.sqlstate().unwrap_or_default().to_owned())
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// What leads every answer to this host, and trusts no other.
pub(crate) fn connector(host: &ResponseHost) -> SharedHttpConnector {
    host.leading(Connector::trusting(host.roots()))
}

/// What CloudFormation was told, each time by the PUT that the URL was presigned for.
pub(crate) fn answers(host: &ResponseHost) -> Vec<Value> {
    for asked in host.asked() {
        assert_eq!(asked.method, "PUT");
        assert_eq!(asked.content_type, None, "a presigned PUT covers none");
    }
    host.answers()
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

/// The ARN of the secret of this name.
pub(crate) fn secret_arn(name: &str) -> String {
    format!("{SECRET}{name}-AbCdEf")
}

/// What CloudFormation sends.
pub(crate) fn event(kind: &str, properties: &Value) -> Value {
    json!({
        "RequestType": kind,
        "ResponseURL": format!("https://{BUCKET}/answer?X-Amz-Signature=canary-signature"),
        "StackId": format!("{STACK}/0"),
        "RequestId": "request",
        "ResourceType": "Custom::DatabaseUsers",
        "LogicalResourceId": "DatabaseUsers",
        "ResourceProperties": properties,
    })
}

/// The physical id of a success.
#[track_caller]
pub(crate) fn succeeded(answer: &Value) -> String {
    assert_eq!(answer["Status"], "SUCCESS", "{answer:#}");
    answer["PhysicalResourceId"].as_str().unwrap().to_owned()
}

/// The physical id and the reason of a failure with this code.
#[track_caller]
pub(crate) fn failed(answer: &Value, code: &str) -> (String, String) {
    assert_eq!(answer["Status"], "FAILED", "{answer:#}");
    let reason = answer["Reason"].as_str().unwrap();
    assert!(reason.starts_with(&format!("{code}: ")), "{reason}");
    (answer["PhysicalResourceId"].as_str().unwrap().to_owned(), reason.to_owned())
}

pub(crate) async fn emulator(change: impl FnOnce(&mut Options)) -> Emulator {
    let mut options = Options { backend: Backend::Cluster(cluster()), ..Options::default() };
    options.iam_users = Vec::new();
    change(&mut options);
    rds_proxy_emulator::start(options).await.unwrap()
}

pub(crate) async fn sign_in(emulator: &Emulator, user: &str, database: &str) -> Session {
    try_sign_in(emulator, user, database).await.unwrap()
}

/// A session as this user, or the diagnosis in its place.
pub(crate) async fn try_sign_in(
    emulator: &Emulator,
    user: &str,
    database: &str,
) -> Result<Session, String> {
    let vars = vars_of(emulator);
    let variable = |name: &str| match name {
        "DB_USER" => Some(user.to_owned()),
        "DB_NAME" => Some(database.to_owned()),
        _ => vars.get(name).cloned(),
    };
    let config = Config::from_vars(variable).unwrap();
    let prober = Prober::new(config, Clock::new(SystemTime::now));
    let opened = prober.open_session(None).await;
    let opened = opened.map(|session| match session {
        session::Session::PostgreSql(session) => session,
        session::Session::MySql(_) => panic!("the emulator is a PostgreSQL"),
    });
    opened.map_err(|report| {
        let config = Some(prober.config());
        rds_proxy_probe::diagnosis::diagnose(&report, config).unwrap().code.as_str().to_owned()
    })
}

/// The first column of each row, as text.
pub(crate) async fn rows(session: &Session, sql: &str) -> Vec<String> {
    let rows = session.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
