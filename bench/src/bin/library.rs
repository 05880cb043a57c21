//! Measures the function's library within one process: a warm probe and the same statement on a
//! driver's session, through the emulator and directly; and signing a token, with and without the
//! SDK.
//!
//! Prints microseconds as JSON, one value per batch. The batches of all kinds take turns.

#![expect(clippy::disallowed_methods, reason = "a main: it reads environment and clock")]

use std::error::Error;
use std::hint::black_box;
use std::io::{Write as _, stdout};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_rds::auth_token::{AuthTokenGenerator, Config as TokenConfig};
use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::config::{AuthMethod, Config, Endpoint};
use rds_proxy_probe::handler::{Event, Handler, Invocation};
use rds_proxy_probe::health::QUESTION;
use rds_proxy_probe::probe::{Options, Outcome, Prober};
use rds_proxy_probe::session::ask_for_tls;
use rds_proxy_probe::tls::{Handshake, TrustAnchors};
use rds_proxy_probe::token::{Secrets, sign_token};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, NoTls};

type BoxError = Box<dyn Error>;

const BATCHES: usize = 40;
const PROBES: u32 = 50;
const TOKENS: u32 = 500;

fn main() -> Result<(), BoxError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(measure())
}

async fn measure() -> Result<(), BoxError> {
    let mut connections = JoinSet::new();
    let sdk = sdk_config().await?;
    let signer = signer()?;
    let password = signer.auth_token(&sdk).await.map_err(|error| error.to_string())?;
    let raw = through_emulator(password.as_str(), &mut connections).await?;
    let direct = directly(&mut connections).await?;
    let handler = Handler::new(variable, Clock::new(SystemTime::now));
    let (event, invocation) = (Event::from(json!({})), Invocation::default());
    let prober = Prober::new(config()?, Clock::new(SystemTime::now));
    let config = config()?;
    let (endpoint, keys) = (&config.endpoint, keys()?);
    let AuthMethod::Iam { user } = &config.auth else {
        return Err("the emulator gave no IAM user".into());
    };

    let mut batches = [const { Vec::new() }; 6];
    // The first batch is a warm-up and does not count.
    for batch in 0..=BATCHES {
        let handled = timed(PROBES, async || {
            let answer = handler.handle(&event, &invocation).await;
            if answer.reply.is_ok_and(|reply| reply.as_json().contains(r#""status":"healthy""#)) {
                Ok(())
            } else {
                Err("a probe was not healthy".into())
            }
        });
        let handled = handled.await?;
        let probe =
            timed(PROBES, async || match prober.probe(Options::default(), None).await.outcome() {
                Outcome::Healthy => Ok(()),
                Outcome::Degraded(_) | Outcome::Failed(_) => Err("a probe was not healthy".into()),
            });
        let probe = probe.await?;
        let raw = timed(PROBES, async || ask(&raw).await).await?;
        let direct = timed(PROBES, async || ask(&direct).await).await?;
        let sign = timed(TOKENS, async || {
            black_box(
                sign_token(endpoint, user, &keys, SystemTime::now())
                    .map_err(|error| format!("{error:?}"))?,
            );
            Ok(())
        });
        let sign = sign.await?;
        let sdk_sign = timed(TOKENS, async || {
            black_box(signer.auth_token(&sdk).await.map_err(|error| error.to_string())?);
            Ok(())
        });
        let taken = [handled, probe, raw, direct, sign, sdk_sign.await?];
        if batch > 0 {
            batches.iter_mut().zip(taken).for_each(|(all, one)| all.push(one));
        }
    }
    let [handler, probe, raw, direct, sign, sdk_sign] = batches;
    let printed = json!({
        "handler": handler, "probe": probe, "raw": raw, "direct": direct, "sign": sign,
        "sdk_sign": sdk_sign,
    });
    Ok(writeln!(stdout(), "{printed}")?)
}

/// The microseconds of one call, from `count` calls in a row.
async fn timed(
    count: u32,
    mut call: impl AsyncFnMut() -> Result<(), BoxError>,
) -> Result<f64, BoxError> {
    let begun = Instant::now();
    for _ in 0..count {
        call().await?;
    }
    Ok(begun.elapsed().as_secs_f64() * 1e6 / f64::from(count))
}

async fn ask(client: &Client) -> Result<(), BoxError> {
    let nonce = "0123456789abcdef0123456789abcdef";
    let rows = client.query_typed(QUESTION, &[(&nonce, Type::TEXT)]).await?;
    let row = rows.first().ok_or("no row")?;
    if row.try_get::<_, &str>(6)? == nonce { Ok(()) } else { Err("another nonce".into()) }
}

async fn through_emulator(
    password: &str,
    connections: &mut JoinSet<()>,
) -> Result<Client, BoxError> {
    let config = config()?;
    let Endpoint { host, .. } = &config.endpoint;
    let mut socket = TcpStream::connect(needed("DB_CONNECT_TO")?).await?;
    socket.set_nodelay(true)?;
    let deadline = Instant::now() + Duration::from_secs(5);
    let anchors = TrustAnchors::load(&config.anchors, host.kind(), None, deadline).await;
    let anchors = anchors.map_err(|error| format!("{error:?}"))?;
    let (clock, secrets) = (Clock::new(SystemTime::now), Secrets::default());
    let handshake = Handshake { host, anchors: &anchors, clock: &clock, secrets: &secrets };
    let (engine, database) = (config.engine, config.database.as_ref());
    let asked = ask_for_tls(engine, database, &mut socket, &handshake, deadline).await;
    asked.map_err(|error| format!("{error:?}"))?;
    let (stream, _) = handshake.make(socket).await;
    let stream = stream.map_err(|error| format!("{error:?}"))?;
    client(stream, password, connections).await
}

/// A session at the emulator's own cluster, which needs no password on its Unix socket. The socket
/// is in the folder with the emulator's certificate authority.
async fn directly(connections: &mut JoinSet<()>) -> Result<Client, BoxError> {
    let authority = PathBuf::from(needed("DB_CA_FILE")?);
    let socket = authority.with_file_name("s").join(".s.PGSQL.5432");
    client(UnixStream::connect(socket).await?, "", connections).await
}

async fn client<S>(
    stream: S,
    password: &str,
    connections: &mut JoinSet<()>,
) -> Result<Client, BoxError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut config = tokio_postgres::Config::new();
    config.user(needed("DB_USER")?).password(password).dbname(needed("DB_NAME")?);
    config.ssl_mode(tokio_postgres::config::SslMode::Disable);
    let (client, connection) = config.connect_raw(stream, NoTls).await?;
    // If it fails, the client reports the error as well.
    connections.spawn(async { drop(connection.await) });
    Ok(client)
}

fn config() -> Result<Config, BoxError> {
    Ok(Config::from_vars(variable).map_err(|problems| format!("{problems:?}"))?)
}

fn signer() -> Result<AuthTokenGenerator, BoxError> {
    let config = TokenConfig::builder()
        .hostname(needed("DB_HOST")?)
        .port(needed("DB_PORT")?.parse()?)
        .username(needed("DB_USER")?)
        .build()
        .map_err(|error| error.to_string())?;
    Ok(AuthTokenGenerator::new(config))
}

/// As the SDK loads it, but with the given keys.
async fn sdk_config() -> Result<SdkConfig, BoxError> {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(aws_config::Region::new(needed("DB_REGION")?))
        .credentials_provider(keys()?);
    Ok(config.load().await)
}

fn keys() -> Result<Credentials, BoxError> {
    let (id, secret) = (needed("AWS_ACCESS_KEY_ID")?, needed("AWS_SECRET_ACCESS_KEY")?);
    Ok(Credentials::new(id, secret, variable("AWS_SESSION_TOKEN"), None, "environment"))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn needed(name: &str) -> Result<String, BoxError> {
    variable(name).ok_or_else(|| format!("{name} is not set").into())
}

#[cfg(test)]
mod tests {
    use super::QUESTION;

    #[test]
    fn the_minimum_sends_the_same_statement() {
        let words = |text: &str| text.replace("\\\n", "").split_whitespace().collect::<String>();
        let minimum = include_str!("../../contenders/rust/minimum/src/main.rs");
        assert!(words(minimum).contains(&words(QUESTION)));
    }
}
