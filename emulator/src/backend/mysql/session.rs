//! A session at a MySQL or MariaDB server, opened for an authenticated client.
//!
//! Owns the login there, as the client's own user with the client's own flags and character set. A
//! password goes out only as the answer to a challenge: the connection is not encrypted.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>

use tokio::io::AsyncWriteExt as _;

use crate::backend::{OpenError, Stream, Target};
use crate::users::Plugin;
use crate::wire::Refusal;
use crate::wire::mysql::answer::{
    EOF, ERR, MORE_DATA, OK, caching_sha2, parse_error, parse_switch,
};
use crate::wire::mysql::capability::{CONNECT_WITH_DB, SHARED, towards_database};
use crate::wire::mysql::{Greeting, Response, append, read_packet};

/// The longest packet that a database sends while one logs in.
const MAX_PACKET: usize = 64 * 1024;

/// The errors by which a database says that it has no connection to give now: behind a proxy the
/// client waits for the pool instead of seeing them. Too many of them, in all or of the user's, and
/// a server that is shutting down.
/// <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html>
const NO_CONNECTION: [u16; 5] = [1040, 1053, 1077, 1203, 1226];

/// The user to log in as, and how.
#[derive(Clone, Copy)]
pub(crate) struct Login<'a> {
    pub(crate) user: &'a str,
    /// The user's own password, if the proxy knows one.
    pub(crate) password: Option<&'a str>,
    /// Empty for none.
    pub(crate) database: &'a str,
    pub(crate) character_set: u8,
    /// Of [`SHARED`], those that the client has.
    pub(crate) capabilities: u32,
}

/// A session that is ready for commands.
pub(crate) struct Session {
    pub(crate) stream: Box<dyn Stream>,
}

/// What a server is, by the greeting that it sends to anyone.
pub(crate) async fn greeting(target: &Target) -> Result<Greeting, OpenError> {
    let mut stream = target.connect().await?;
    greet(&mut *stream).await
}

impl Session {
    /// Logs in.
    pub(crate) async fn open(target: &Target, login: &Login<'_>) -> Result<Self, OpenError> {
        let mut stream = target.connect().await?;
        let greeting = greet(&mut *stream).await?;
        if login.capabilities & SHARED & !greeting.capabilities != 0 {
            return Err(OpenError::Method("the database can do less than when it was asked first"));
        }
        let password = login.password.or_else(|| target.password()).unwrap_or_default();
        let plugin = Plugin::named(&greeting.plugin).filter(|plugin| *plugin != Plugin::Clear);
        // Of a plugin that is none of ours, the server asks again.
        let plugin = plugin.unwrap_or(Plugin::Native);
        let mut capabilities = towards_database(login.capabilities);
        if login.database.is_empty() {
            capabilities &= !CONNECT_WITH_DB;
        }
        let response = Response {
            capabilities,
            character_set: login.character_set,
            user: login.user.to_owned(),
            auth: plugin.answer(password.as_bytes(), &greeting.scramble),
            database: login.database.to_owned(),
            plugin: plugin.name().to_owned(),
            attributes: Vec::new(),
        };
        send(&mut *stream, 1, &response.encode()).await?;
        authenticate(&mut *stream, password).await?;
        Ok(Self { stream })
    }
}

async fn greet(mut stream: &mut dyn Stream) -> Result<Greeting, OpenError> {
    let payload = read_packet(&mut stream, 0, MAX_PACKET).await?;
    match parse_error(&payload) {
        Some(refusal) => Err(refused(refusal)),
        None => Ok(Greeting::parse(&payload)?),
    }
}

/// Everything after the response, up to the `OK`.
async fn authenticate(mut stream: &mut dyn Stream, password: &str) -> Result<(), OpenError> {
    let mut sequence = 2_u8;
    loop {
        let payload = read_packet(&mut stream, sequence, MAX_PACKET).await?;
        sequence = sequence.wrapping_add(1);
        match payload.first().copied() {
            Some(OK) => return Ok(()),
            Some(ERR) => return Err(error(&payload)),
            Some(EOF) => {
                let answer = switched(&payload, password)?;
                send(stream, sequence, &answer).await?;
                sequence = sequence.wrapping_add(1);
            }
            Some(MORE_DATA) if payload.get(1) == Some(&caching_sha2::FAST_SUCCESS) => {}
            Some(MORE_DATA) => {
                return Err(OpenError::Method(
                    "the database wants a password in clear over TLS, which the emulator does not \
                     speak to it: log in there once by another client, after which \
                     caching_sha2_password needs none, or use mysql_native_password",
                ));
            }
            _ => return Err(OpenError::Method("the database breaks off its login")),
        }
    }
}

/// The answer to the plugin that the server asks for.
fn switched(payload: &[u8], password: &str) -> Result<Vec<u8>, OpenError> {
    let unsupported = OpenError::Method("the database asks for another login than a password");
    let (name, data) = parse_switch(payload).ok_or(OpenError::Method(
        "the database asks for a password as before MySQL 4.1, which the emulator does not send",
    ))?;
    let challenge = data.strip_suffix(b"\0").unwrap_or(data);
    match Plugin::named(&name) {
        Some(plugin @ (Plugin::Native | Plugin::CachingSha2)) => {
            Ok(plugin.answer(password.as_bytes(), challenge))
        }
        Some(Plugin::Clear) | None => Err(unsupported),
    }
}

fn error(payload: &[u8]) -> OpenError {
    let broken = OpenError::Method("the database breaks off its login");
    parse_error(payload).map_or(broken, refused)
}

fn refused(refusal: Refusal) -> OpenError {
    if refusal.number.is_some_and(|number| NO_CONNECTION.contains(&number)) {
        OpenError::Unavailable(refusal.cited())
    } else {
        OpenError::Refused(refusal)
    }
}

async fn send(stream: &mut dyn Stream, sequence: u8, payload: &[u8]) -> Result<(), OpenError> {
    let mut bytes = Vec::new();
    append(&mut bytes, sequence, payload);
    Ok(stream.write_all(&bytes).await?)
}
