//! A few clients and connections, step by step.

use bytes::BytesMut;

use super::model::Model;
use super::pool::first;
use super::script::{Bytes, message, parse, sync};
use crate::pool::pipeline::{
    Asked, Broken, ClientStatements, Delivery, Message, Pipeline, Request, ServerStatements,
};

/// A client and its pipeline.
#[derive(Debug, Default)]
pub(super) struct Client {
    pub(super) statements: ClientStatements,
    pub(super) pipeline: Pipeline,
}

/// A connection: what it is believed to have, and the server at its other end.
#[derive(Debug, Default)]
pub(super) struct Connection {
    pub(super) statements: ServerStatements,
    pub(super) server: Model,
}

/// One message a line.
pub(crate) fn lines(mut bytes: &[u8]) -> Vec<String> {
    let mut lines = Vec::new();
    while let Some((message, length)) = first(bytes) {
        let text = message.head.escape_ascii().to_string().replace("\\x00", "|");
        lines.push(format!("{} {text}", char::from(message.tag)).trim_end().to_owned());
        bytes = &bytes[length..];
    }
    assert_eq!(bytes, b"", "half a message");
    lines
}

/// What a client gets that has a server for itself.
pub(crate) fn alone(messages: &[Bytes]) -> Vec<String> {
    let mut server = Model::default();
    for message in messages {
        server.feed(message);
    }
    server.flush();
    lines(&server.output)
}

/// An `ErrorResponse`, as a line.
pub(super) fn error(code: &str, text: &str) -> String {
    format!("E SERROR|VERROR|C{code}|M{}||", text.escape_default())
}

impl Client {
    /// What goes to the database for one message.
    pub(super) fn ask(&mut self, connection: &mut Connection, message: &[u8]) -> Bytes {
        let (asked, written) = self.try_ask(connection, message);
        assert_eq!(asked, Asked::Sent);
        written
    }

    pub(super) fn try_ask(
        &mut self,
        connection: &mut Connection,
        message: &[u8],
    ) -> (Asked, Bytes) {
        let (message, _) = first(message).expect("a whole message");
        self.request(connection, super::pass(message))
    }

    pub(super) fn request(
        &mut self,
        connection: &mut Connection,
        request: Request<'_>,
    ) -> (Asked, Bytes) {
        let mut out = BytesMut::new();
        let server = &mut connection.statements;
        let asked = self.pipeline.ask(request, &mut self.statements, server, &mut out);
        (asked, out.to_vec())
    }

    /// What the client gets of these bytes from the database.
    pub(super) fn answer(&mut self, connection: &mut Connection, bytes: &[u8]) -> Vec<String> {
        self.try_answer(connection, bytes).expect("answers")
    }

    pub(super) fn try_answer(
        &mut self,
        connection: &mut Connection,
        mut bytes: &[u8],
    ) -> Result<Vec<String>, Broken> {
        let mut got = Bytes::new();
        while let Some((message, length)) = first(bytes) {
            let server = &mut connection.statements;
            match self.pipeline.answer(message, &mut self.statements, server)? {
                Delivery::Forward => got.extend(&bytes[..length]),
                Delivery::Swallow => {}
                Delivery::Replace(other) => got.extend(other),
            }
            bytes = &bytes[length..];
        }
        Ok(lines(&got))
    }

    /// All messages in one packet, and what comes of them.
    pub(super) fn exchange(
        &mut self,
        connection: &mut Connection,
        messages: &[Bytes],
    ) -> Vec<String> {
        let mut got = Vec::new();
        for message in messages {
            let (mut asked, mut written) = self.try_ask(connection, message);
            connection.server.feed(&written);
            if asked == Asked::Wait {
                got.extend(self.take(connection));
                (asked, written) = self.try_ask(connection, message);
                connection.server.feed(&written);
            }
            assert_ne!(asked, Asked::Wait, "there is nothing to wait for");
        }
        got.extend(self.take(connection));
        got
    }

    /// What has come from the server.
    pub(super) fn take(&mut self, connection: &mut Connection) -> Vec<String> {
        let output = std::mem::take(&mut connection.server.output);
        let got = self.answer(connection, &output);
        let mut out = BytesMut::new();
        self.pipeline.settle(&mut out);
        connection.server.feed(&out);
        if out.is_empty() { got } else { [got, self.take(connection)].concat() }
    }
}

/// The beginning of a message whose body has `length` bytes.
pub(super) fn beginning(whole: &[u8], head: usize) -> Message<'_> {
    let (message, _) = first(whole).expect("a whole message");
    let (head, rest) = message.head.split_at(head);
    Message { tag: message.tag, head, rest: rest.len() }
}

/// An answer without a body.
pub(super) fn empty(tag: u8) -> Bytes {
    message(tag, b"")
}

pub(super) fn ready(status: u8) -> Bytes {
    message(b'Z', &[status])
}

/// A client that has prepared `SELECT 'mine'` as "a", and another connection, which lacks it.
pub(super) fn prepared() -> (Client, Connection) {
    let (mut client, mut first) = (Client::default(), Connection::default());
    let got = client.exchange(&mut first, &[parse("a", "SELECT 'mine'"), sync()]);
    assert_eq!(got, ["1", "Z I"]);
    assert!(client.pipeline.is_ready());
    (client, Connection::default())
}
