//! A MariaDB as MySQL's users meet RDS: a stand-in for its plugin accepts tokens. And a hop on the
//! way there, where a test may do something before a statement, or cut the connection.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

use rds_proxy_probe::config::Engine;
use testkit::authority::Issued;
use testkit::mariadb::MariaDb;
use testkit::peer::Peer;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::{SUPERUSER, Vars, run_all, try_sign_in};

/// A running server, as long as a test uses it. It runs on a separate thread, since each test's ends
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

    /// A new one.
    pub(super) fn start() -> Self {
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

    /// A way to the server where `at` is called before the server gets what a client sends inside
    /// TLS, with the client's number and that of what it sends: its last word of the handshake, its
    /// login, its token, and then its statements.
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
                    let mut request = [0; REQUEST_FOR_TLS];
                    from_client.read_exact(&mut request).await.ok()?;
                    to_server.write_all(&request).await.ok()?;
                    let mut number = 0;
                    loop {
                        let record = record(&mut from_client).await?;
                        let is_inside = record[0] == INSIDE_TLS;
                        let hop = if is_inside { at(its_number, number).await } else { Hop::Pass };
                        if hop != Hop::CutBefore {
                            to_server.write_all(&record).await.ok()?;
                        }
                        if hop != Hop::Pass {
                            return Some(());
                        }
                        number += usize::from(is_inside);
                    }
                };
                tokio::select! {
                    _ = answers => {}
                    _ = statements => {}
                }
            }
        })
        .await
    }
}

/// The length of the packet that asks for TLS, with its header.
const REQUEST_FOR_TLS: usize = 36;

/// The type of a record whose content is encrypted.
const INSIDE_TLS: u8 = 23;

/// One record of TLS: <https://datatracker.ietf.org/doc/html/rfc8446#section-5.1>
async fn record(from: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut record = vec![0; 5];
    from.read_exact(&mut record).await.ok()?;
    let length = usize::from(u16::from_be_bytes([record[3], record[4]]));
    record.resize(5 + length, 0);
    from.read_exact(&mut record[5..]).await.ok()?;
    Some(record)
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

/// The server with a database and its master.
pub(super) async fn prepared(server: Arc<Server>, database: &str, master: &str) -> super::Server {
    let superuser = try_sign_in(&server.vars(), Engine::MySql, SUPERUSER, "mysql").await;
    let statements = format!(
        "CREATE DATABASE {database}; CREATE USER {master}@'%' {BY_TOKEN}; \
         GRANT {OF_A_MASTER} ON *.* TO {master}@'%' WITH GRANT OPTION"
    );
    run_all(&mut superuser.unwrap(), &statements).await;
    super::Server::MySql(server)
}
