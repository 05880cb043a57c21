//! The least code that logs in to MySQL through RDS Proxy and runs a query: the lower limit for a
//! probe.
//!
//! It has no diagnosis, no deadline and no retry, and takes only Lambda's own credentials.

mod packet;

use std::env::var;
use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use shared::{socket, tls, token};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use packet::{Packets, text};

/// The statement of `src/health/mysql.rs`.
const QUESTION: &str = "SELECT DATABASE(), CURRENT_USER(), VERSION(), @@innodb_read_only, \
                        @@read_only, UTC_TIMESTAMP(6), CONNECTION_ID()";
const NONCE: &str = "0123456789abcdef";
const QUERY: u8 = 3;

/// `CLIENT_LONG_PASSWORD`, `CLIENT_CONNECT_WITH_DB`, `CLIENT_PROTOCOL_41`, `CLIENT_SSL`,
/// `CLIENT_TRANSACTIONS`, `CLIENT_SECURE_CONNECTION`, `CLIENT_PLUGIN_AUTH`.
const CAPABILITIES: u32 = 1 | 1 << 3 | 1 << 9 | 1 << 11 | 1 << 13 | 1 << 15 | 1 << 19;
const MAX_PACKET: u32 = 1 << 24;
/// `utf8mb4_general_ci`.
const CHARACTER_SET: u8 = 45;

type Session = Packets<TlsStream<TcpStream>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let kept = Arc::new(Mutex::new(None));
    run(service_fn(move |event: LambdaEvent<Value>| {
        let kept = Arc::clone(&kept);
        async move { answer(&event.payload, &mut *kept.lock().await).await }
    }))
    .await
}

async fn answer(event: &Value, kept: &mut Option<Session>) -> Result<Value, Error> {
    if event["fresh"] == true {
        kept.take();
    }
    let session = match kept {
        Some(session) => session,
        None => kept.insert(connect().await?),
    };
    let row = ask(session).await?;
    let [database, user, version, _, _, _, _, nonce] = row.as_slice() else {
        return Err("not eight columns".into());
    };
    let user = user.as_deref().and_then(|user| user.rsplit_once('@')).ok_or("no user")?.0;
    let version = version.as_deref().map(number);
    Ok(json!({ "database": database, "user": user, "version": version, "nonce": nonce }))
}

/// A version as the function has it: the number, and whether it is MariaDB's.
fn number(version: &str) -> String {
    let number = version.split('-').next().unwrap_or_default();
    let mariadb = if version.contains("MariaDB") { "-MariaDB" } else { "" };
    format!("{number}{mariadb}")
}

/// One query; the answer is the columns' count and definitions, an end, the row, and an end.
async fn ask(session: &mut Session) -> Result<Vec<Option<String>>, Error> {
    session.begin();
    session.write(&[&[QUERY][..], format!("{QUESTION}, '{NONCE}'").as_bytes()].concat()).await?;
    let columns = session.read().await?;
    let columns = *columns.first().ok_or("no columns")?;
    for _ in 0..=columns {
        session.read().await?;
    }
    let row = session.read().await?;
    let end = session.read().await?;
    if end.first() != Some(&0xfe) {
        return Err("more than one row".into());
    }
    let mut rest = row.as_slice();
    (0..columns).map(|_| text(&mut rest)).collect()
}

async fn connect() -> Result<Session, Error> {
    let (host, port, user) = (var("DB_HOST")?, var("DB_PORT")?, var("DB_USER")?);
    let token = token(&host, &port, &user)?;
    let mut plain = Packets::new(socket().await?);
    plain.read().await?;
    let database = var("DB_NAME").unwrap_or_default();
    let mut response = start(&database);
    plain.write(&response).await?;
    let connector = TlsConnector::from(Arc::new(tls()?));
    let (socket, sequence) = plain.into_parts();
    let stream = connector.connect(ServerName::try_from(host)?, socket).await?;
    let mut session = Packets::resume(stream, sequence);
    // An empty answer to another plugin than the token's: the proxy then asks for the token.
    response.extend([user.as_bytes(), &[0, 0]].concat());
    if !database.is_empty() {
        response.extend([database.as_bytes(), &[0]].concat());
    }
    response.extend(b"mysql_native_password\0");
    session.write(&response).await?;
    let request = session.read().await?;
    if !request.starts_with(b"\xfemysql_clear_password\0") {
        return Err("the proxy did not ask for the token".into());
    }
    session.write(&[token.as_bytes(), &[0]].concat()).await?;
    match session.read().await?.first() {
        Some(0) => Ok(session),
        _ => Err("the proxy rejected the token".into()),
    }
}

/// The request for TLS, which is also how the response to the greeting begins.
fn start(database: &str) -> Vec<u8> {
    let without = if database.is_empty() { 1 << 3 } else { 0 };
    let mut payload = (CAPABILITIES & !without).to_le_bytes().to_vec();
    payload.extend(MAX_PACKET.to_le_bytes());
    payload.push(CHARACTER_SET);
    payload.extend([0; 23]);
    payload
}
