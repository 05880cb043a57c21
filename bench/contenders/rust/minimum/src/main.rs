//! The least code that logs in through RDS Proxy and runs a query: the lower limit for a probe.
//!
//! It has no diagnosis, no deadline and no retry, and takes only Lambda's own credentials.

use std::env::var;
use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use shared::{socket, tls, token};
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
    let socket = socket().await?;
    let mut tls = MakeRustlsConnect::new(tls()?);
    let tls = MakeTlsConnect::<TcpStream>::make_tls_connect(&mut tls, &host)?;
    let mut config = Config::new();
    config.user(user).password(token).dbname(var("DB_NAME")?);
    config.ssl_mode(tokio_postgres::config::SslMode::Require);
    let (client, connection) = config.connect_raw(socket, tls).await?;
    tokio::spawn(connection);
    Ok(client)
}
