//! COPY from the client, and the Syncs that it meets.

use super::lab::{Client, Connection};
use super::script::{
    Bytes, bind, copy_data, copy_done, execute, flush, message, parse, query, sync,
};

/// A batch that copies, up to where it takes data.
fn begin(text: &str) -> [Bytes; 3] {
    [parse("", text), bind("", "", 0), execute("", 0)]
}

/// Sends messages without looking at any answer.
fn send(client: &mut Client, connection: &mut Connection, messages: &[Bytes]) {
    for message in messages {
        let written = client.ask(connection, message);
        connection.server.feed(&written);
    }
}

/// What the client gets, with nothing sent to find out more.
fn got(client: &mut Client, connection: &mut Connection) -> Vec<String> {
    let output = std::mem::take(&mut connection.server.output);
    client.answer(connection, &output)
}

#[test]
fn a_sync_that_is_sent_before_the_copy_takes_data_ends_no_batch() {
    let (mut client, mut connection) = (Client::default(), Connection::default());
    send(&mut client, &mut connection, &begin("COPY t FROM STDIN"));
    send(&mut client, &mut connection, &[sync()]);
    assert_eq!(got(&mut client, &mut connection), ["1", "2", "G ||\\x01||"]);
    send(&mut client, &mut connection, &[copy_data("1\n"), copy_done(), flush()]);
    assert_eq!(got(&mut client, &mut connection), ["C COPY 1|"]);
    assert!(!client.pipeline.is_ready(), "the Sync that counts is missing");
    send(&mut client, &mut connection, &[sync()]);
    assert_eq!(got(&mut client, &mut connection), ["Z I"]);
    assert!(client.pipeline.is_ready());
}

#[test]
fn all_of_a_copy_may_be_sent_at_once() {
    let (mut client, mut connection) = (Client::default(), Connection::default());
    let end = [sync(), copy_data("1\n"), copy_done(), sync()];
    send(&mut client, &mut connection, &[&begin("COPY t FROM STDIN")[..], &end].concat());
    let answers = got(&mut client, &mut connection);
    assert_eq!(answers, ["1", "2", "G ||\\x01||", "C COPY 1|", "Z I"]);
    assert!(client.pipeline.is_ready(), "without asking again");
}

#[test]
fn a_copy_that_fails_before_it_looks_at_data_gives_its_connection_back() {
    let (mut client, mut connection) = (Client::default(), Connection::default());
    let batch = [&begin("COPY broken FROM STDIN")[..], &[sync()]].concat();
    send(&mut client, &mut connection, &batch);
    let last = client.exchange(&mut connection, &[]);
    assert_eq!(last.last().map(String::as_str), Some("Z I"));
    assert!(client.pipeline.is_ready(), "the client sends no data");
}

#[test]
fn data_outside_of_a_copy_is_dropped() {
    let (mut client, mut connection) = (Client::default(), Connection::default());
    let stray = [copy_data("1\n"), copy_done(), message(b'f', b"no\0")];
    assert_eq!(client.exchange(&mut connection, &stray), Vec::<String>::new());
    assert!(client.pipeline.is_ready());
    let between = [query("SELECT 'x'"), copy_done(), parse("", "SELECT 'y'"), copy_done(), sync()];
    let answers = client.exchange(&mut connection, &between);
    assert_eq!(answers, ["T a text", "D \\'x\\'", "C SELECT 1|", "Z I", "1", "Z I"]);
    assert!(client.pipeline.is_ready());
}

#[test]
fn syncs_in_a_copy_that_succeeds_have_no_answer() {
    let begin = begin("COPY t FROM STDIN");
    for is_early in [true, false] {
        let (mut client, mut connection) = (Client::default(), Connection::default());
        client.exchange(&mut connection, &begin);
        let early = if is_early { vec![sync(), flush(), sync()] } else { vec![] };
        let rest = [early, vec![copy_data("1\n"), copy_done()]].concat();
        assert_eq!(client.exchange(&mut connection, &rest), Vec::<String>::new());
        assert!(!client.pipeline.is_ready(), "the Sync that counts is missing");
        assert_eq!(client.exchange(&mut connection, &[sync()]), ["C COPY 1|", "Z I"]);
        assert!(client.pipeline.is_ready());
    }
}

#[test]
fn the_next_statement_settles_how_many_syncs_a_failed_copy_has_answered() {
    let (mut client, mut connection) = (Client::default(), Connection::default());
    let end = [sync(), copy_data("1\n"), copy_done(), sync()];
    send(&mut client, &mut connection, &[&begin("COPY broken FROM STDIN")[..], &end].concat());
    assert_eq!(got(&mut client, &mut connection)[4..], ["Z I", "Z I"]);
    assert!(!client.pipeline.is_ready(), "it may be one or two");
    send(&mut client, &mut connection, &[query("")]);
    assert_eq!(got(&mut client, &mut connection), ["I", "Z I"]);
    assert!(client.pipeline.is_ready());
}
