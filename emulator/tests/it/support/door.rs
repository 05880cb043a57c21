//! The way into an emulator that runs as a process, for many clients.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use rds_proxy_emulator::Principal;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio_postgres::Config;

use super::binary::{Started, value};
use super::{Client, encrypt, session, sign, trusting};

/// How to log in.
pub(crate) struct Door {
    address: SocketAddr,
    host: String,
    tls: Arc<ClientConfig>,
    token: String,
}

impl Door {
    pub(crate) fn of(started: &Started) -> Self {
        let host = value(&started.lines, "DB_HOST").to_owned();
        let token = sign(&Principal::demo(), &host, "app", SystemTime::now());
        let tls =
            trusting(&std::fs::read_to_string(&started.ca_file).unwrap(), rustls::ALL_VERSIONS);
        let address = value(&started.lines, "DB_CONNECT_TO").parse().unwrap();
        Self { address, host, tls, token }
    }

    pub(crate) async fn enter(&self) -> Client {
        let tcp = TcpStream::connect(self.address).await.expect("a socket");
        tcp.set_nodelay(true).expect("an option");
        let stream = encrypt(tcp, &self.host, Arc::clone(&self.tls)).await;
        let mut config = Config::new();
        config.user("app").password(&self.token).dbname("postgres");
        session(stream, &mut config).await.expect("a session")
    }
}
