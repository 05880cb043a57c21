//! A test that starts the emulator in its own process, and fails if a statement pins the session.

use std::error::Error;

use rds_proxy_emulator::{Options, start};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use rustls::{ClientConfig, RootCertStore};
use tokio::{net::TcpStream, task::JoinSet};
use tokio_postgres::{Config, tls::MakeTlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

#[tokio::test]
async fn an_order_is_found_without_a_pin() -> Result<(), Box<dyn Error>> {
    let password_users = vec!["app:test-password".parse()?];
    let options = Options { iam_users: vec![], password_users, ..Options::default() };
    let host = options.endpoint_host.clone();
    let emulator = start(options).await?;

    // The socket goes to the emulator; the certificate is for the endpoint's own name.
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(emulator.ca_pem().as_bytes())?)?;
    let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let tls =
        MakeTlsConnect::<TcpStream>::make_tls_connect(&mut MakeRustlsConnect::new(tls), &host)?;
    let mut config = Config::new();
    config.user("app").password("test-password").dbname("app");
    let stream = TcpStream::connect(emulator.address()).await?;
    let (client, connection) = config.connect_raw(stream, tls).await?;
    let mut tasks = JoinSet::new();
    tasks.spawn(connection);

    client
        .batch_execute("CREATE TABLE orders (item text); INSERT INTO orders VALUES ('tea')")
        .await?;
    let row = client.query_one("SELECT item FROM orders WHERE item = $1", &[&"tea"]).await?;
    assert_eq!(row.get::<_, &str>(0), "tea");

    let pins = emulator.pins_since(0);
    let texts = pins.iter().map(|pin| format!("{}\n  Instead: {}", pin.statement, pin.remedy));
    assert!(pins.is_empty(), "it would pin its session: {}", texts.collect::<Vec<_>>().join("\n"));
    emulator.stop().await;
    Ok(())
}
