//! A session of MySQL's, up to the fault that it meets.

use std::io;

use rds_proxy_emulator::{Emulator, Principal};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::Met;
use crate::support::mysql::{Login, framed, refused, response};
use crate::support::{sign_for_port, tls_config, variable};

/// The flag of a greeting that offers TLS, in the lower half of them.
const TLS: u16 = 0x800;

pub(super) async fn run_session(emulator: &Emulator, step: &mut &'static str) -> io::Result<Met> {
    let mut tcp = TcpStream::connect(emulator.address()).await?;
    let greeting = match next(&mut tcp).await? {
        Err(met @ Met::Refusal(_)) => {
            *step = "authenticate";
            return Ok(met);
        }
        Err(met) => return Ok(met),
        Ok((_, greeting)) => greeting,
    };
    let Some(end) = greeting.iter().position(|byte| *byte == 0) else {
        return Ok(Met::Nonsense(format!("{greeting:?} for a greeting")));
    };
    let flags = u16::from_le_bytes([greeting[end + 14], greeting[end + 15]]);
    if flags & TLS == 0 {
        return Ok(Met::Nonsense("no TLS".to_owned()));
    }
    let login = Login { database: "db", ..Login::new("app", "") };
    let payload = response(&login, b"");
    tcp.write_all(&framed(1, &payload[..32])).await?;
    let name = ServerName::try_from(variable(emulator, "DB_HOST")).expect("a host name");
    let connector = TlsConnector::from(tls_config(emulator, rustls::ALL_VERSIONS));
    let mut tls = connector.connect(name, tcp).await?;
    *step = "authenticate";
    tls.write_all(&framed(2, &payload)).await?;
    if let Some(met) = log_in(&mut tls, emulator).await? {
        return Ok(met);
    }
    *step = "query";
    query(&mut tls).await
}

/// The next packet within reason, or what is there instead.
async fn next<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Result<(u8, Vec<u8>), Met>> {
    let header = stream.read_u32_le().await?;
    let length = usize::try_from(header & 0xff_ffff).unwrap();
    if length > 100_000 {
        return Ok(Err(Met::Nonsense(format!("a packet of {length} bytes"))));
    }
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).await?;
    match payload[0] {
        0xff => Ok(Err(Met::Refusal(refused(&payload)))),
        _ => Ok(Ok((u8::try_from(header >> 24).unwrap(), payload))),
    }
}

async fn log_in<S>(stream: &mut S, emulator: &Emulator) -> io::Result<Option<Met>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match next(stream).await? {
            Err(met) => return Ok(Some(met)),
            Ok((sequence, payload)) if payload == b"\xfemysql_clear_password\0" => {
                let (host, now) = (variable(emulator, "DB_HOST"), std::time::SystemTime::now());
                let token = sign_for_port(&Principal::demo(), (&host, 3306), "app", now);
                stream
                    .write_all(&framed(sequence + 1, &[token.as_bytes(), b"\0"].concat()))
                    .await?;
            }
            Ok((_, payload)) if payload[0] == 0 => return Ok(None),
            Ok((_, payload)) => {
                return Ok(Some(Met::Nonsense(format!("asked by {}", payload.escape_ascii()))));
            }
        }
    }
}

async fn query<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<Met> {
    stream.write_all(&framed(0, b"\x03SELECT 1")).await?;
    match next(stream).await? {
        Err(Met::Refusal(text)) if text.starts_with("9501 HY000 Timed-out") => Ok(Met::Answer),
        Err(met) => Ok(met),
        Ok(_) => Ok(Met::Nonsense("an answer without rows".to_owned())),
    }
}
