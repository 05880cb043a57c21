//! The least code that logs in through RDS Proxy and runs a query: the lower limit for a probe.
//!
//! It has no diagnosis, no deadline and no retry, and takes only Lambda's own credentials.

use std::env::var;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

/// The statement of `src/health/mod.rs`.
const QUESTION: &str = "\
    SELECT current_database()::text, current_user::text, \
    split_part(current_setting('server_version'), ' ', 1), \
    pg_is_in_recovery(), \
    current_setting('transaction_read_only') = 'on', \
    clock_timestamp(), \
    $1";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let kept = Arc::new(Mutex::new(None));
    run(service_fn(move |event: LambdaEvent<Value>| {
        let kept = Arc::clone(&kept);
        async move { answer(&event.payload, &mut *kept.lock().await).await }
    }))
    .await
}

async fn answer(event: &Value, kept: &mut Option<Client>) -> Result<Value, Error> {
    if event["fresh"] == true {
        kept.take();
    }
    let client = match kept {
        Some(client) => client,
        None => kept.insert(connect().await?),
    };
    let nonce = "0123456789abcdef";
    let rows = client.query_typed(QUESTION, &[(&nonce, Type::TEXT)]).await?;
    let row = rows.first().ok_or("no row")?;
    Ok(json!({
        "database": row.get::<_, &str>(0), "user": row.get::<_, &str>(1),
        "version": row.get::<_, &str>(2), "nonce": row.get::<_, &str>(6),
    }))
}

async fn connect() -> Result<Client, Error> {
    let (host, port, user) = (var("DB_HOST")?, var("DB_PORT")?, var("DB_USER")?);
    let token = token(&host, &port, &user)?;
    let socket = TcpStream::connect(var("DB_CONNECT_TO")?).await?;
    socket.set_nodelay(true)?;
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_file_iter(var("DB_CA_FILE")?)? {
        roots.add(root?)?;
    }
    let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let mut tls = MakeRustlsConnect::new(tls);
    let tls = MakeTlsConnect::<TcpStream>::make_tls_connect(&mut tls, &host)?;
    let mut config = Config::new();
    config.user(user).password(token).dbname(var("DB_NAME")?);
    config.ssl_mode(tokio_postgres::config::SslMode::Require);
    let (client, connection) = config.connect_raw(socket, tls).await?;
    tokio::spawn(connection);
    Ok(client)
}

fn token(host: &str, port: &str, user: &str) -> Result<String, Error> {
    let keys = Credentials::new(
        var("AWS_ACCESS_KEY_ID")?,
        var("AWS_SECRET_ACCESS_KEY")?,
        var("AWS_SESSION_TOKEN").ok(),
        None,
        "environment",
    );
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(Duration::from_secs(900));
    let identity = keys.into();
    let region = var("DB_REGION")?;
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&region)
        .name("rds-db")
        .time(SystemTime::now())
        .settings(settings)
        .build()?
        .into();
    let mut url = format!("https://{host}:{port}/?Action=connect&DBUser={user}");
    let request = SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(&[]))?;
    let (instructions, _) = sign(request, &params)?.into_parts();
    for (name, value) in instructions.params() {
        url.push_str(&format!("&{name}={}", percent_encode(value)));
    }
    Ok(url.split_off("https://".len()))
}

fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}
