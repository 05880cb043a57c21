//! A MariaDB as MySQL's users meet RDS: a stand-in for its plugin accepts tokens. And a hop on the
//! way there, where a test may do something before a statement, or cut the connection.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

use rds_proxy_probe::config::Engine;
use testkit::authority::Issued;
use testkit::mariadb::MariaDb;
use testkit::peer::Peer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::{SUPERUSER, Vars, run, try_sign_in};

/// A running server, as long as a test uses it. It runs on a thread of its own, since each test's ends
/// with the test.
pub(crate) struct Server {
    ca_file: String,
    address: String,
    ending: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// The privileges that RDS gives a master user, as far as MariaDB has them:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.MasterAccounts.html>
const OF_A_MASTER: &str = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, \
    INDEX, ALTER, SHOW DATABASES, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, \
    CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER";

/// A user that any token is accepted for.
pub(crate) const BY_TOKEN: &str = "IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL";

impl Server {
    /// The one that runs, or a new one.
    pub(super) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap();
        if let Some(server) = shared.upgrade() {
            return server;
        }
        let server = Arc::new(Self::start());
        *shared = Arc::downgrade(&server);
        server
    }

    fn start() -> Self {
        let (started, starting) = std::sync::mpsc::channel();
        let (ending, ended) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let issued = Issued::new(|_| {});
                let superuser = format!("CREATE USER {SUPERUSER}@'%' {BY_TOKEN};");
                let all = format!("GRANT ALL ON *.* TO {SUPERUSER}@'%' WITH GRANT OPTION;");
                let server = MariaDb::start_like_rds(&issued, &[&superuser, &all]).await;
                let peer = server.peer().await;
                started.send((issued.ca_file().to_string(), peer.address.to_string())).unwrap();
                // The sender is dropped with the last test that uses it.
                drop(ended.await);
            });
        });
        let (ca_file, address) = starting.recv().expect("MariaDB has started");
        Self { ca_file, address, ending: Some(ending), thread: Some(thread) }
    }

    pub(crate) fn vars(&self) -> Vars {
        let vars = [
            ("DB_HOST", "app.proxy-abc.eu-west-1.rds.amazonaws.com"),
            ("DB_CONNECT_TO", &self.address),
            ("DB_CA_FILE", &self.ca_file),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "canary-secret-key-0123456789"),
        ];
        vars.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    /// A way to the server where `at` is called before the server gets what a client sends, with the
    /// client's number and that of what it sends: the request for TLS, the login, the statements.
    pub(crate) async fn hop<F>(
        &self,
        at: impl Fn(usize, usize) -> F + Clone + Send + Sync + 'static,
    ) -> Peer
    where
        F: Future<Output = Hop> + Send + 'static,
    {
        let (address, clients) = (self.address.clone(), AtomicUsize::new(0));
        Peer::start(move |mut client| {
            let (address, at) = (address.clone(), at.clone());
            let its_number = clients.fetch_add(1, Ordering::Relaxed);
            async move {
                let server = TcpStream::connect(address).await.unwrap();
                server.set_nodelay(true).unwrap();
                let (mut from_server, mut to_server) = server.into_split();
                let (mut from_client, mut to_client) = client.split();
                let answers = copy(&mut from_server, &mut to_client);
                let statements = async {
                    let mut bytes = [0; 0x10000];
                    let mut number = 0;
                    while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
                        let hop = at(its_number, number).await;
                        if hop == Hop::CutBefore {
                            return;
                        }
                        to_server.write_all(&bytes[..length]).await.unwrap();
                        if hop == Hop::CutAfter {
                            return;
                        }
                        number += 1;
                    }
                };
                tokio::select! {
                    _ = answers => {}
                    () = statements => {}
                }
            }
        })
        .await
    }
}

/// What becomes of a statement on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hop {
    Pass,
    /// The server does not get it.
    CutBefore,
    /// The server gets it, and the client no answer.
    CutAfter,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.ending.take());
        drop(self.thread.take().map(std::thread::JoinHandle::join));
    }
}

/// The shared server with a database and its master.
pub(super) async fn server(database: &str, master: &str) -> super::Server {
    let server = Server::shared();
    let superuser = try_sign_in(&server.vars(), Engine::MySql, SUPERUSER, "mysql").await;
    let statements = format!(
        "CREATE DATABASE {database}; CREATE USER {master}@'%' {BY_TOKEN}; \
         GRANT {OF_A_MASTER} ON *.* TO {master}@'%' WITH GRANT OPTION"
    );
    run(&mut superuser.unwrap(), &statements).await.unwrap();
    super::Server::MySql(server)
}
