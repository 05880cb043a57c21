//! The way into an emulator that runs as a process, for many clients.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use rds_proxy_emulator::{Engine, Principal};
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio_postgres::Config;

use super::binary::{Started, value};
use super::mysql::{Login, MySql};
use super::{Client, encrypt, session, sign_for_port, trusting};

/// How to log in.
pub(crate) struct Door {
    engine: Engine,
    address: SocketAddr,
    host: String,
    tls: Arc<ClientConfig>,
    token: String,
}

/// A client of either engine.
pub(crate) enum Visitor {
    PostgreSql(Client),
    MySql(Box<MySql>),
}

impl Door {
    pub(crate) fn of(started: &Started) -> Self {
        let engine = value(&started.lines, "DB_ENGINE").parse().unwrap();
        let host = value(&started.lines, "DB_HOST").to_owned();
        let port = match engine {
            Engine::PostgreSql => 5432,
            Engine::MySql => 3306,
        };
        let token = sign_for_port(&Principal::demo(), (&host, port), "app", SystemTime::now());
        let tls =
            trusting(&std::fs::read_to_string(&started.ca_file).unwrap(), rustls::ALL_VERSIONS);
        let address = value(&started.lines, "DB_CONNECT_TO").parse().unwrap();
        Self { engine, address, host, tls, token }
    }

    /// A client of the door's engine.
    pub(crate) async fn enter(&self) -> Visitor {
        match self.engine {
            Engine::PostgreSql => Visitor::PostgreSql(self.enter_postgresql().await),
            Engine::MySql => Visitor::MySql(Box::new(self.enter_mysql().await)),
        }
    }

    pub(crate) async fn enter_postgresql(&self) -> Client {
        let stream = encrypt(self.socket().await, &self.host, Arc::clone(&self.tls)).await;
        let mut config = Config::new();
        config.user("app").password(&self.token).dbname("postgres");
        session(stream, &mut config).await.expect("a session")
    }

    pub(crate) async fn enter_mysql(&self) -> MySql {
        let login = Login::new("app", &self.token);
        let tls = Arc::clone(&self.tls);
        MySql::log_in_over(self.socket().await, &self.host, tls, &login).await.expect("a session")
    }

    async fn socket(&self) -> TcpStream {
        let tcp = TcpStream::connect(self.address).await.expect("a socket");
        tcp.set_nodelay(true).expect("an option");
        tcp
    }
}

impl Visitor {
    /// The one value of a query's one row, a text.
    pub(crate) async fn value(&mut self, query: &str) -> String {
        match self {
            Self::PostgreSql(client) => client.value(query).await.expect("an answer"),
            Self::MySql(session) => session.value(query).await.expect("an answer"),
        }
    }

    /// Runs a statement without a row.
    pub(crate) async fn run(&mut self, statement: &str) {
        match self {
            Self::PostgreSql(client) => {
                client.client.batch_execute(statement).await.expect("an answer");
            }
            Self::MySql(session) => drop(session.rows(statement).await.expect("an answer")),
        }
    }
}
