//! A model of MySQL, which tells whether what a client left with it is clean, and a client's login.

use std::io;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use testkit::authority::client_config;
use testkit::mysql::{Conversation, error, greeting_with, ok, packet, row};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::users::Plugin;
use crate::wire::mysql::capability::SHARED;
use crate::wire::mysql::{Greeting, Response};

const QUIT: u8 = 1;
const QUERY: u8 = 3;
const PREPARE: u8 = 0x16;
const EXECUTE: u8 = 0x17;
const NATIVE: &str = "mysql_native_password";

/// The flags of a usual client, without TLS: 4.1's protocol and passwords, a database, files,
/// transactions, plugins, and passwords of any length.
const USUAL: u32 = 0x1 | 0x8 | 0x80 | 0x200 | 0x2000 | 0x8000 | 0x8_0000 | 0x20_0000;
const TLS: u32 = 0x800;

/// The status of a session with autocommit, and of one in a transaction.
const IDLE: u8 = 2;
const IN_TRANSACTION: u8 = 3;

/// A query.
pub(super) fn query(text: &str) -> Vec<u8> {
    packet(0, &[&[QUERY], text.as_bytes()].concat())
}

/// A statement without parameters and columns, to be prepared.
pub(super) fn prepare(text: &str) -> Vec<u8> {
    packet(0, &[&[PREPARE], text.as_bytes()].concat())
}

/// The execution of the first statement that was prepared.
pub(super) fn execute() -> Vec<u8> {
    packet(0, &[EXECUTE, 1, 0, 0, 0, 0, 1, 0, 0, 0])
}

/// The packets of a file that was asked for.
pub(super) fn file(pieces: &[&str]) -> Vec<Vec<u8>> {
    let pieces = pieces.iter().map(|piece| piece.as_bytes()).chain([&b""[..]]);
    (2..).zip(pieces).map(|(sequence, piece)| packet(sequence, piece)).collect()
}

/// What a client says last.
pub(super) fn leave() -> Vec<u8> {
    packet(0, &[QUIT])
}

/// What a server is once a client has used it.
#[derive(Debug, Default)]
pub(super) struct Model {
    is_in_transaction: bool,
    /// A prepared statement, or a variable that was set.
    has_leftovers: bool,
    reads_file: bool,
    output: Vec<u8>,
}

impl Model {
    /// Whether it is as it was at first.
    pub(super) fn is_clean(&self) -> bool {
        let Self { is_in_transaction, has_leftovers, reads_file, output: _ } = self;
        !(*is_in_transaction || *has_leftovers || *reads_file)
    }

    /// What it has answered since it was asked last.
    pub(super) fn output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// Takes one packet.
    pub(super) fn feed(&mut self, whole: &[u8]) {
        let (sequence, payload) = (whole[3], &whole[4..]);
        if self.reads_file {
            if payload.is_empty() {
                self.reads_file = false;
                self.say(sequence, &[self.ok()]);
            }
            return;
        }
        let text = String::from_utf8_lossy(&payload[1..]).into_owned();
        match payload[0] {
            PREPARE => {
                self.has_leftovers = true;
                self.say(sequence, &[vec![0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]);
            }
            EXECUTE => self.say(sequence, &[self.ok()]),
            QUERY => self.answer(sequence, &text),
            other => panic!("command {other}"),
        }
    }

    fn answer(&mut self, sequence: u8, text: &str) {
        match text.split(' ').next().unwrap_or_default() {
            "BEGIN" => self.is_in_transaction = true,
            "COMMIT" => self.is_in_transaction = false,
            "SET" => self.has_leftovers = true,
            "LOAD" => {
                self.reads_file = true;
                return self.say(sequence, &[b"\xfbfile".to_vec()]);
            }
            "SELECT" => {
                let value = text.split('\'').nth(1);
                let value = value.or_else(|| text.contains("@@max_connections").then_some("1"));
                let answer = match value {
                    Some(value) => row(&[Some(value.as_bytes())]),
                    None => vec![error(1365, Some("22012"), "Division by 0")],
                };
                let answer: Vec<_> = answer.into_iter().map(|it| self.with_status(it)).collect();
                return self.say(sequence, &answer);
            }
            other => panic!("{other}"),
        }
        self.say(sequence, &[self.ok()]);
    }

    fn status(&self) -> u8 {
        if self.is_in_transaction { IN_TRANSACTION } else { IDLE }
    }

    fn ok(&self) -> Vec<u8> {
        let mut ok = ok();
        ok[3] = self.status();
        ok
    }

    /// The end of definitions and of rows tells whether there is a transaction.
    fn with_status(&self, mut payload: Vec<u8>) -> Vec<u8> {
        if payload.len() == 5 && payload[0] == 0xfe {
            payload[3] = self.status();
        }
        payload
    }

    fn say(&mut self, sequence: u8, payloads: &[Vec<u8>]) {
        for (number, payload) in (sequence + 1..).zip(payloads) {
            self.output.extend(packet(number, payload));
        }
    }
}

/// What a client gets that has a server for itself.
pub(super) fn alone(script: &[Vec<u8>]) -> Vec<u8> {
    let mut model = Model::default();
    for packet in script {
        model.feed(packet);
    }
    model.output()
}

/// How many bytes the first packet has, if it is there.
pub(super) fn first(bytes: &[u8]) -> Option<usize> {
    let length = 4 + usize::from(*bytes.first()?) + (usize::from(*bytes.get(1)?) << 8);
    (bytes.len() >= length).then_some(length)
}

/// Greets the proxy, and accepts whatever it logs in with; none if it has only looked.
pub(super) async fn greet(tcp: TcpStream) -> Option<TcpStream> {
    let mut server = Conversation::new(tcp, 0);
    server.send(&greeting_with(SHARED | USUAL, NATIVE)).await;
    server.receive().await?;
    server.send(&ok()).await;
    Some(server.stream)
}

async fn read_packet<R: AsyncRead + Unpin>(reader: &mut R) -> io::Result<Vec<u8>> {
    let mut packet = vec![0; 4];
    reader.read_exact(&mut packet).await?;
    let length = usize::from(packet[0]) + (usize::from(packet[1]) << 8);
    packet.resize(4 + length, 0);
    reader.read_exact(&mut packet[4..]).await?;
    Ok(packet)
}

/// Logs in by password.
pub(super) async fn log_in(
    mut tcp: TcpStream,
    host: &str,
    authority: &str,
) -> io::Result<TlsStream<TcpStream>> {
    let greeting = Greeting::parse(&read_packet(&mut tcp).await?[4..]).expect("a greeting");
    let plugin = Plugin::Native;
    let response = Response {
        capabilities: USUAL | TLS,
        character_set: 45,
        user: "app".to_owned(),
        auth: plugin.answer(b"secret", &greeting.scramble),
        database: "app".to_owned(),
        plugin: NATIVE.to_owned(),
        attributes: Vec::new(),
    };
    let response = response.encode();
    tcp.write_all(&packet(1, &response[..32])).await?;
    let name = ServerName::try_from(host.to_owned()).expect("a host name");
    let config = Arc::new(client_config(authority, rustls::ALL_VERSIONS));
    let mut tls = TlsConnector::from(config).connect(name, tcp).await?;
    tls.write_all(&packet(2, &response)).await?;
    loop {
        let answer = read_packet(&mut tls).await?;
        match answer[4..] {
            [0, ..] => return Ok(tls),
            [0xfe, ref switch @ ..] => {
                let challenge = &switch[NATIVE.len() + 1..][..20];
                tls.write_all(&packet(answer[3] + 1, &plugin.answer(b"secret", challenge))).await?;
            }
            _ => return Err(io::Error::other(answer.escape_ascii().to_string())),
        }
    }
}

/// Reads the answers to so many commands, none of which is about a file.
pub(super) async fn answers<R: AsyncRead + Unpin>(
    reader: &mut R,
    commands: usize,
) -> io::Result<Vec<u8>> {
    let mut got = Vec::new();
    for _ in 0..commands {
        let mut ends = 0;
        while ends < 2 {
            let packet = read_packet(reader).await?;
            match packet[4] {
                0 | 0xff => ends = 2,
                0xfe => ends += 1,
                _ => {}
            }
            got.extend(packet);
        }
    }
    Ok(got)
}
