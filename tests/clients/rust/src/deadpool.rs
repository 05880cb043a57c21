//! tokio-postgres with rustls, in a pool of deadpool-postgres.

use std::error::Error;

use deadpool_postgres::{Client, Manager, ManagerConfig, Pool, RecyclingMethod};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::{Config, IsolationLevel};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{Login, Row};

/// Returns the row of the case's query, and borrows the connection as often as it takes to recycle it.
pub async fn log_in(login: &Login) -> Row {
    let mut config = Config::new();
    config
        .host(&login.host)
        .hostaddr(login.address.parse()?)
        .port(login.port)
        .user(&login.user)
        .password(&login.token)
        .dbname(&login.database)
        .ssl_mode(tokio_postgres::config::SslMode::Require);
    let recycling_method =
        if login.does("clean") { RecyclingMethod::Clean } else { RecyclingMethod::Fast };
    let manager =
        Manager::from_config(config, tls(&login.ca_file)?, ManagerConfig { recycling_method });
    let pool = Pool::builder(manager).max_size(1).build()?;
    let row = pool.get().await?.query_one(&login.query, &[]).await?;
    if login.does("transactions") {
        for _ in 0..3 {
            transactions(&mut pool.get().await?).await?;
        }
    }
    Ok((0..row.len()).map(|column| row.try_get(column)).collect::<Result<_, _>>()?)
}

fn tls(ca_file: &str) -> Result<MakeRustlsConnect, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca_file)? {
        roots.add(certificate?)?;
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// A statement that the pool keeps, in a transaction with an isolation level.
async fn transactions(client: &mut Client) -> Result<(), Box<dyn Error>> {
    let begin = client.build_transaction().isolation_level(IsolationLevel::Serializable);
    let transaction = begin.read_only(true).start().await?;
    let statement = transaction.prepare_cached("SELECT $1::int").await?;
    transaction.query_one(&statement, &[&1]).await?;
    transaction.commit().await?;
    Ok(())
}
