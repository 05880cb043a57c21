//! A client of MySQL's, by hand over TLS: its own packets, so that the emulator's are held to them.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html>

use std::sync::Arc;

use rds_proxy_emulator::Emulator;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{tls_config, variable};

/// The flags of a usual client: 4.1's protocol and passwords, a database, transactions, TLS, plugins,
/// and passwords of any length.
pub(crate) const USUAL: u32 = 0x1 | 0x8 | 0x200 | 0x800 | 0x2000 | 0x8000 | 0x8_0000 | 0x20_0000;
pub(crate) const LOCAL_FILES: u32 = 0x80;
pub(crate) const MULTI: u32 = 0x1_0000 | 0x2_0000;
pub(crate) const DEPRECATE_EOF: u32 = 0x100_0000;

/// The user that a client logs in as, and how.
#[derive(Clone)]
pub(crate) struct Login<'a> {
    pub(crate) user: &'a str,
    pub(crate) password: &'a str,
    pub(crate) database: &'a str,
    pub(crate) flags: u32,
    /// The plugin whose answer comes with the login packet.
    pub(crate) plugin: &'a str,
}

impl<'a> Login<'a> {
    /// To the database `app`.
    pub(crate) fn new(user: &'a str, password: &'a str) -> Self {
        Self { user, password, database: "app", flags: USUAL, plugin: "mysql_native_password" }
    }
}

/// What an error says: its number, SQLSTATE and text.
pub(crate) type Refused = String;

/// A session.
pub(crate) struct MySql {
    stream: TlsStream<TcpStream>,
    flags: u32,
    /// The greeting's.
    pub(crate) version: String,
    /// The greeting's number of the connection.
    pub(crate) number: u32,
    /// The plugins that were asked for by a switch, and how many bytes came with each.
    pub(crate) switches: Vec<(String, usize)>,
}

/// One packet's sequence number and payload; none at the end.
pub(crate) async fn packet<R: AsyncRead + Unpin>(reader: &mut R) -> Option<(u8, Vec<u8>)> {
    let header = reader.read_u32_le().await.ok()?;
    let mut payload = vec![0; usize::try_from(header & 0xff_ffff).unwrap()];
    reader.read_exact(&mut payload).await.ok()?;
    Some((u8::try_from(header >> 24).unwrap(), payload))
}

/// A packet as bytes.
pub(crate) fn framed(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap() | u32::from(sequence) << 24;
    [&length.to_le_bytes(), payload].concat()
}

/// An error as its number, SQLSTATE if it has one, and text.
pub(crate) fn refused(payload: &[u8]) -> Refused {
    assert_eq!(payload[0], 0xff, "{payload:?}");
    let number = u16::from_le_bytes([payload[1], payload[2]]);
    let rest = String::from_utf8(payload[3..].to_vec()).expect("UTF-8");
    match rest.strip_prefix('#') {
        Some(rest) => {
            let (sqlstate, text) = rest.split_at(5);
            format!("{number} {sqlstate} {text}")
        }
        None => format!("{number} {rest}"),
    }
}

/// A login packet.
pub(crate) fn response(login: &Login<'_>, auth: &[u8]) -> Vec<u8> {
    let mut payload = login.flags.to_le_bytes().to_vec();
    payload.extend([0, 0, 0, 1, 45]);
    payload.extend([0; 23]);
    payload.extend([login.user.as_bytes(), b"\0"].concat());
    let length = u16::try_from(auth.len()).unwrap().to_le_bytes();
    payload.extend([&[0xfc][..], &length, auth].concat());
    payload.extend([login.database.as_bytes(), b"\0", login.plugin.as_bytes(), b"\0"].concat());
    payload
}

fn xor(a: &[u8], b: &[u8]) -> Vec<u8> {
    a.iter().zip(b).map(|(a, b)| a ^ b).collect()
}

/// The answer to a plugin's challenge.
fn answer(plugin: &str, password: &str, challenge: &[u8]) -> Vec<u8> {
    let sha1 = |bytes: &[u8]| digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec();
    let sha256 = |bytes: &[u8]| digest(&SHA256, bytes).as_ref().to_vec();
    let password = password.as_bytes();
    match plugin {
        "mysql_clear_password" => [password, b"\0"].concat(),
        "mysql_native_password" => {
            let twice = sha1(&sha1(password));
            xor(&sha1(password), &sha1(&[challenge, &twice].concat()))
        }
        "caching_sha2_password" => {
            let twice = sha256(&sha256(password));
            xor(&sha256(password), &sha256(&[&*twice, challenge].concat()))
        }
        other => panic!("asked for {other}"),
    }
}

/// What a greeting says.
pub(crate) struct Greeting {
    version: String,
    number: u32,
    challenge: Vec<u8>,
}

/// The server's greeting.
pub(crate) async fn greeting<R: AsyncRead + Unpin>(reader: &mut R) -> Greeting {
    let (sequence, payload) = packet(reader).await.expect("a greeting");
    assert_eq!((sequence, payload[0]), (0, 10), "{payload:?}");
    let end = payload.iter().position(|byte| *byte == 0).unwrap();
    let version = String::from_utf8(payload[1..end].to_vec()).unwrap();
    let number = u32::from_le_bytes(payload[end + 1..end + 5].try_into().unwrap());
    let challenge = [&payload[end + 5..end + 13], &payload[end + 32..end + 44]].concat();
    Greeting { version, number, challenge }
}

/// Up to TLS; the greeting comes with it.
pub(crate) async fn encrypted(emulator: &Emulator) -> (TlsStream<TcpStream>, Greeting) {
    let tcp = TcpStream::connect(emulator.address()).await.expect("a socket");
    let host = variable(emulator, "DB_HOST");
    encrypt(tcp, &host, tls_config(emulator, rustls::ALL_VERSIONS)).await
}

async fn encrypt(
    mut tcp: TcpStream,
    host: &str,
    config: Arc<ClientConfig>,
) -> (TlsStream<TcpStream>, Greeting) {
    let greeting = greeting(&mut tcp).await;
    let request = response(&Login::new("", ""), b"")[..32].to_vec();
    tcp.write_all(&framed(1, &request)).await.expect("a request for TLS");
    let name = ServerName::try_from(host.to_owned()).expect("a host name");
    (TlsConnector::from(config).connect(name, tcp).await.expect("TLS"), greeting)
}

impl MySql {
    /// Logs in, by whatever plugin the server asks for.
    pub(crate) async fn log_in(emulator: &Emulator, login: &Login<'_>) -> Result<Self, Refused> {
        let (host, config) =
            (variable(emulator, "DB_HOST"), tls_config(emulator, rustls::ALL_VERSIONS));
        let tcp = TcpStream::connect(emulator.address()).await.expect("a socket");
        Self::log_in_over(tcp, &host, config, login).await
    }

    /// The same, where these lead.
    pub(crate) async fn log_in_over(
        tcp: TcpStream,
        host: &str,
        config: Arc<ClientConfig>,
        login: &Login<'_>,
    ) -> Result<Self, Refused> {
        let (mut stream, greeting) = encrypt(tcp, host, config).await;
        let Greeting { version, number, challenge } = greeting;
        let auth = answer(login.plugin, login.password, &challenge);
        stream.write_all(&framed(2, &response(login, &auth))).await.unwrap();
        let mut switches = Vec::new();
        loop {
            let (sequence, payload) = packet(&mut stream).await.expect("an answer");
            match payload[..] {
                [0, ..] => {
                    return Ok(Self { stream, flags: login.flags, version, number, switches });
                }
                [0xfe, ref switch @ ..] => {
                    let end = switch.iter().position(|byte| *byte == 0).unwrap();
                    let plugin = String::from_utf8(switch[..end].to_vec()).unwrap();
                    let data = &switch[end + 1..];
                    let challenge = data.strip_suffix(b"\0").unwrap_or(data);
                    let auth = answer(&plugin, login.password, challenge);
                    switches.push((plugin, data.len()));
                    stream.write_all(&framed(sequence + 1, &auth)).await.unwrap();
                }
                [1, 3] => {}
                [1, 4] => {
                    let auth = answer("mysql_clear_password", login.password, b"");
                    stream.write_all(&framed(sequence + 1, &auth)).await.unwrap();
                }
                _ => return Err(refused(&payload)),
            }
        }
    }

    /// Sends a command of one packet.
    pub(crate) async fn send(&mut self, payload: &[u8]) {
        self.stream.write_all(&framed(0, payload)).await.expect("a session");
    }

    /// The next packet's payload; none at the end.
    pub(crate) async fn receive(&mut self) -> Option<Vec<u8>> {
        packet(&mut self.stream).await.map(|(_, payload)| payload)
    }

    /// Sends bytes as they are.
    pub(crate) async fn send_raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("a session");
    }

    /// A command that is answered with `OK`, and the status in it.
    pub(crate) async fn command(&mut self, payload: &[u8]) -> Result<(), Refused> {
        self.send(payload).await;
        match self.receive().await.expect("an answer") {
            answer if [0, 0xfe].contains(&answer[0]) => Ok(()),
            answer => Err(refused(&answer)),
        }
    }

    /// A text's rows of all its results, one after the other.
    pub(crate) async fn rows(&mut self, text: &str) -> Result<Vec<Vec<String>>, Refused> {
        self.send(&[b"\x03", text.as_bytes()].concat()).await;
        let mut rows = Vec::new();
        while self.result(&mut rows).await? {}
        Ok(rows)
    }

    /// The first value of a text's last row.
    pub(crate) async fn value(&mut self, text: &str) -> Result<String, Refused> {
        let rows = self.rows(text).await?;
        Ok(rows.last().map(|row| row[0].clone()).unwrap_or_default())
    }

    /// The row of a prepared statement that has one parameter and one column, both texts.
    pub(crate) async fn prepared(&mut self, text: &str, parameter: &str) -> String {
        const TEXT: u8 = 0xfd;
        self.send(&[b"\x16", text.as_bytes()].concat()).await;
        let prepared = self.receive().await.expect("an answer");
        assert_eq!((prepared[0], &prepared[5..9]), (0, &[1, 0, 1, 0][..]), "{prepared:?}");
        // A definition and an end, of the parameter and of the column.
        for _ in 0..4 {
            self.receive().await.expect("a definition");
        }
        let statement = &prepared[1..5];
        let length = u32::try_from(parameter.len()).unwrap().to_le_bytes();
        let head = [&b"\x17"[..], statement, &[0, 1, 0, 0, 0, 0, 1, TEXT, 0, 0xfd], &length[..3]];
        self.send(&[&head.concat(), parameter.as_bytes()].concat()).await;
        for _ in 0..3 {
            self.receive().await.expect("a definition");
        }
        let row = self.receive().await.expect("a row");
        assert_eq!(row[..2], [0, 0], "{row:?}");
        self.receive().await.expect("an end");
        values(&row[2..]).pop().expect("a value")
    }

    /// One result; whether another follows.
    async fn result(&mut self, rows: &mut Vec<Vec<String>>) -> Result<bool, Refused> {
        let first = self.receive().await.expect("an answer");
        let columns = match first[0] {
            0 => return Ok(has_more(&first[3..])),
            0xff => return Err(refused(&first)),
            columns => columns,
        };
        let deprecates_eof = self.flags & DEPRECATE_EOF != 0;
        for _ in 0..u32::from(columns) + u32::from(!deprecates_eof) {
            self.receive().await.expect("a definition");
        }
        loop {
            let row = self.receive().await.expect("a row");
            match row[0] {
                0xff => return Err(refused(&row)),
                0xfe if row.len() < 9 => {
                    return Ok(has_more(&row[3..]));
                }
                _ => rows.push(values(&row)),
            }
        }
    }

    /// The stream, for a client that does not keep to the protocol.
    pub(crate) fn into_stream(self) -> TlsStream<TcpStream> {
        self.stream
    }

    /// Takes its leave, and waits for the other side to close.
    pub(crate) async fn leave(mut self) {
        self.send(b"\x01").await;
        assert_eq!(self.receive().await, None);
    }
}

/// Whether a status says that more results follow.
fn has_more(status: &[u8]) -> bool {
    status[0] & 8 != 0
}

fn values(mut row: &[u8]) -> Vec<String> {
    let mut values = Vec::new();
    while let [first, rest @ ..] = row {
        let (length, rest) = match first {
            0xfb => (0, rest),
            0xfc => (usize::from(u16::from_le_bytes([rest[0], rest[1]])), &rest[2..]),
            0xfd => {
                let length = u32::from_le_bytes([rest[0], rest[1], rest[2], 0]);
                (usize::try_from(length).unwrap(), &rest[3..])
            }
            length => (usize::from(*length), rest),
        };
        values.push(String::from_utf8_lossy(&rest[..length]).into_owned());
        row = &rest[length..];
    }
    values
}

/// Drops the packets of a login that a test reads by hand.
pub(crate) async fn closed<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> bool {
    packet(stream).await.is_none()
}
