//! A session of PostgreSQL's, up to the fault that it meets.

use std::io;
use std::sync::Arc;

use rds_proxy_emulator::Emulator;
use rustls::pki_types::ServerName;
use testkit::postgres::{self, SSL_REQUEST, password};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::Met;
use crate::support::{startup, tls_config, token, variable};

pub(super) async fn run_session(emulator: &Emulator, step: &mut &'static str) -> io::Result<Met> {
    let mut tcp = TcpStream::connect(emulator.address()).await?;
    tcp.write_all(&SSL_REQUEST).await?;
    match tcp.read_u8().await? {
        b'S' => {}
        b'E' => return Ok(Met::Refusal("in clear".to_owned())),
        other => return Ok(Met::Nonsense(format!("{:?} for SSLRequest", char::from(other)))),
    }
    let name = ServerName::try_from(variable(emulator, "DB_HOST")).expect("a host name");
    let connector = TlsConnector::from(Arc::clone(&tls_config(emulator, rustls::ALL_VERSIONS)));
    let mut tls = connector.connect(name, tcp).await?;
    *step = "authenticate";
    tls.write_all(&startup(0x0003_0000, &["user", "app", "database", "db"])).await?;
    if let Some(met) = log_in(&mut tls, emulator).await? {
        return Ok(met);
    }
    *step = "query";
    query(&mut tls).await
}

/// The next message within reason, or what is there instead.
pub(super) async fn next<S: AsyncRead + Unpin>(
    stream: &mut S,
) -> io::Result<Result<(u8, Vec<u8>), Met>> {
    let tag = stream.read_u8().await?;
    let length = stream.read_u32().await?;
    if !(4..100_000).contains(&length) || !tag.is_ascii_alphanumeric() {
        return Ok(Err(Met::Nonsense(format!("a message {tag:#x} of {length} bytes"))));
    }
    let mut body = Vec::new();
    stream.take(u64::from(length) - 4).read_to_end(&mut body).await?;
    if tag != b'E' {
        return Ok(Ok((tag, body)));
    }
    let field = |code: char| {
        let mut fields = body.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        fields.find_map(|field| field.strip_prefix(code).map(str::to_owned)).expect("a field")
    };
    Ok(Err(Met::Refusal(format!("{} {}", field('C'), field('M')))))
}

pub(super) async fn log_in<S>(stream: &mut S, emulator: &Emulator) -> io::Result<Option<Met>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match next(stream).await? {
            Err(met) => return Ok(Some(met)),
            Ok((b'R', body)) if body == [0, 0, 0, 3] => {
                stream.write_all(&password(&token(emulator, "app"))).await?;
            }
            Ok((b'R', body)) if body != [0, 0, 0, 0] => {
                return Ok(Some(Met::Nonsense(format!("asked by method {}", body[3]))));
            }
            Ok((b'Z', _)) => return Ok(None),
            Ok(_) => {}
        }
    }
}

pub(super) async fn query<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<Met> {
    stream.write_all(&postgres::query("SELECT 1")).await?;
    let met = loop {
        match next(stream).await? {
            Err(Met::Refusal(text)) if text.starts_with("08000 Timed-out") => break Met::Answer,
            Err(met) => return Ok(met),
            Ok((b'Z', _)) => return Ok(Met::Nonsense("an answer without rows".to_owned())),
            Ok(_) => {}
        }
    };
    assert_eq!(next(stream).await?, Ok((b'Z', b"I".to_vec())));
    Ok(met)
}
