//! The SDK's configuration and token generator, and `mysql_async`, with their defaults.

use std::env::var;
use std::path::PathBuf;

use aws_config::BehaviorVersion;
use aws_sdk_rds::auth_token::{AuthTokenGenerator, Config};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, OptsBuilder, Row, SslOpts};
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// The statement of `src/health/mysql.rs`.
const QUESTION: &str = "SELECT DATABASE(), CURRENT_USER(), VERSION(), @@innodb_read_only, \
                        @@read_only, UTC_TIMESTAMP(6), CONNECTION_ID(), '0123456789abcdef'";

#[tokio::main]
async fn main() -> Result<(), Error> {
    let kept = &Mutex::new(None);
    run(service_fn(move |event: LambdaEvent<Value>| async move {
        answer(&event.payload, &mut *kept.lock().await).await
    }))
    .await
}

async fn answer(event: &Value, kept: &mut Option<Conn>) -> Result<Value, Error> {
    if event["fresh"] == true
        && let Some(session) = kept.take()
    {
        session.disconnect().await?;
    }
    let session = match kept {
        Some(session) => session,
        None => kept.insert(connect().await?),
    };
    let row: Row = session.query_first(QUESTION).await?.ok_or("no row")?;
    let text = |column: usize| row.get::<String, _>(column);
    let user = text(1).ok_or("no user")?;
    let user = user.rsplit_once('@').ok_or("no host in the user")?.0;
    let version = text(2).as_deref().map(number);
    Ok(json!({ "database": text(0), "user": user, "version": version, "nonce": text(7) }))
}

/// A version as the function has it: the number, and whether it is MariaDB's.
fn number(version: &str) -> String {
    let number = version.split('-').next().unwrap_or_default();
    let mariadb = if version.contains("MariaDB") { "-MariaDB" } else { "" };
    format!("{number}{mariadb}")
}

async fn connect() -> Result<Conn, Error> {
    let sdk = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let (host, user) = (var("DB_HOST")?, var("DB_USER")?);
    let config =
        Config::builder().hostname(&host).port(var("DB_PORT")?.parse()?).username(&user).build()?;
    let token = AuthTokenGenerator::new(config).auth_token(&sdk).await?;
    let target = var("DB_CONNECT_TO")?;
    let (address, port) = target.rsplit_once(':').ok_or("no port")?;
    let tls = SslOpts::default()
        .with_root_certs(vec![PathBuf::from(var("DB_CA_FILE")?).into()])
        .with_danger_tls_hostname_override(Some(host));
    let options = OptsBuilder::default()
        .ip_or_hostname(address)
        .tcp_port(port.parse()?)
        .user(Some(user))
        .pass(Some(token.as_str()))
        .db_name(var("DB_NAME").ok())
        .enable_cleartext_plugin(true)
        .ssl_opts(Some(tls));
    Ok(Conn::new(options).await?)
}
