//! As in AWS's own samples: the SDK's configuration and token generator, and sqlx' pool.
//!
//! Differences from the samples: it keeps the pool between invocations, with one connection.

use std::env::var;

use aws_config::BehaviorVersion;
use aws_sdk_rds::auth_token::{AuthTokenGenerator, Config};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use sqlx::Row as _;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgSslMode};
use tokio::sync::Mutex;

const QUESTION: &str = "\
    SELECT current_database()::text, current_user::text, \
    split_part(current_setting('server_version'), ' ', 1), \
    pg_is_in_recovery(), \
    current_setting('transaction_read_only') = 'on', \
    clock_timestamp()::text, \
    $1";

#[tokio::main]
async fn main() -> Result<(), Error> {
    let kept = &Mutex::new(None);
    run(service_fn(move |event: LambdaEvent<Value>| async move {
        answer(&event.payload, &mut *kept.lock().await).await
    }))
    .await
}

async fn answer(event: &Value, kept: &mut Option<PgPool>) -> Result<Value, Error> {
    if event["fresh"] == true
        && let Some(pool) = kept.take()
    {
        pool.close().await;
    }
    let pool = match kept {
        Some(pool) => pool,
        None => kept.insert(connect().await?),
    };
    let row = sqlx::query(QUESTION).bind("0123456789abcdef").fetch_one(&*pool).await?;
    Ok(json!({
        "database": row.get::<&str, _>(0), "user": row.get::<&str, _>(1),
        "version": row.get::<&str, _>(2), "nonce": row.get::<&str, _>(6),
    }))
}

async fn connect() -> Result<PgPool, Error> {
    let sdk = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let (host, user) = (var("DB_HOST")?, var("DB_USER")?);
    let config =
        Config::builder().hostname(&host).port(var("DB_PORT")?.parse()?).username(&user).build()?;
    let token = AuthTokenGenerator::new(config).auth_token(&sdk).await?;
    // sqlx has one name for the socket and for the certificate. Here they differ, so it can verify
    // only the certificate chain.
    let target = var("DB_CONNECT_TO")?;
    let (address, port) = target.rsplit_once(':').ok_or("no port")?;
    let options = PgConnectOptions::new_without_pgpass()
        .host(address)
        .port(port.parse()?)
        .username(&user)
        .password(token.as_str())
        .database(&var("DB_NAME")?)
        .ssl_mode(PgSslMode::VerifyCa)
        .ssl_root_cert(var("DB_CA_FILE")?);
    Ok(PgPoolOptions::new().max_connections(1).connect_with(options).await?)
}
