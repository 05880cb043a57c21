//! Nothing grows without a bound, and nothing that is sent breaks it.

use std::slice::from_ref;

use proptest::prelude::*;

use super::lab::{Client, Connection, empty, lines, prepared, ready};
use super::script::{Bytes, bind, close, execute, message, parse, query, sync};
use crate::pool::pipeline::{Asked, Pipeline, ServerStatements};

#[test]
fn too_many_names_pin_the_session_and_keep_working() {
    let (mut client, mut connection) = (Client::default(), Connection::default());
    for number in 0..10_000 {
        client.ask(&mut connection, &parse(&format!("n{number}"), "SELECT 'x'"));
    }
    let one_more = parse("one more", "SELECT 'x'");
    let (asked, written) = client.try_ask(&mut connection, &one_more);
    assert_eq!((asked, written), (Asked::SentPinned, one_more));
    assert!(client.statements.is_pinned());
    let again = [bind("", "one more", 0), close('S', "one more"), parse("other", "SELECT 'y'")];
    for message in again {
        assert_eq!(client.ask(&mut connection, &message), message, "under the client's own name");
    }
    let renamed = client.ask(&mut connection, &bind("", "n0", 0));
    assert!(lines(&renamed)[0].starts_with("B |rds_proxy_"), "the others as before");
}

#[test]
fn a_pinned_session_prepares_under_its_own_names() {
    let (mut client, mut connection) = prepared();
    client.statements.pin();
    let prepare = parse("b", "SELECT 'b'");
    let (asked, written) = client.try_ask(&mut connection, &prepare);
    assert_eq!((asked, written), (Asked::Sent, prepare), "it is pinned already");
    let renamed = client.ask(&mut connection, &bind("", "a", 0));
    assert!(lines(&renamed)[1].starts_with("B |rds_proxy_"), "what it had before is found");
}

#[test]
fn too_much_text_pins_the_session() {
    let (mut client, mut connection) = (Client::default(), Connection::default());
    let text = format!("SELECT '{}'", "x".repeat(60_000));
    let asked: Vec<_> = (0..280)
        .map(|number| client.try_ask(&mut connection, &parse(&number.to_string(), &text)).0)
        .collect();
    let first = asked.iter().position(|asked| *asked == Asked::SentPinned);
    assert!(first.is_some_and(|first| (270..280).contains(&first)), "{first:?}");
}

#[test]
fn text_that_is_dropped_does_not_count() {
    let (mut client, mut connection) = (Client::default(), Connection::default());
    let text = format!("SELECT '{}'", "x".repeat(60_000));
    for number in 0..1_000 {
        let ways = [
            vec![parse("a", &text), close('S', "a"), sync()],
            vec![parse("", &text), sync()],
            vec![parse("a", &text), parse("a", &text), parse("", &text), sync(), close('S', "a")],
            vec![parse("b", &text), sync(), query("DEALLOCATE ALL")],
            vec![parse("", &text), query("SELECT 'x'")],
        ];
        client.exchange(&mut connection, &ways[number % ways.len()]);
        client.exchange(&mut connection, &[sync()]);
        assert!(!client.statements.is_pinned(), "{number}");
    }
}

#[test]
fn a_parse_that_is_not_seen_in_full_pins_the_session() {
    let whole = parse("a", &format!("SELECT '{}'", "x".repeat(100_000)));
    for name in ["a", ""] {
        let whole = parse(name, &String::from_utf8_lossy(&whole[7..100_000]));
        let (mut client, mut connection) = (Client::default(), Connection::default());
        let request = super::lab::beginning(&whole, 65_536);
        let (asked, _) = client.request(&mut connection, super::pass(request));
        assert_eq!(asked, Asked::SentPinned);
    }
}

#[test]
fn a_connection_keeps_so_many_statements_and_no_more() {
    let statements = ServerStatements::with_limit(10);
    let mut connection = Connection { statements, ..Connection::default() };
    let (mut client, mut gone) = (Client::default(), Client::default());
    gone.exchange(&mut connection, &[parse("gone", "SELECT 'gone'"), sync()]);
    let used = [bind("", "0", 0), execute("", 0), sync()];
    for number in 0..30 {
        let name = number.to_string();
        client.exchange(&mut connection, &[parse(&name, &format!("SELECT '{name}'")), sync()]);
        assert_eq!(client.exchange(&mut connection, &used)[1], "D \\'0\\'");
        assert!(connection.server.statements.len() <= 11);
        if number == 4 {
            gone = Client::default();
        }
    }
    let texts: Vec<_> = connection.server.statements.values().collect();
    assert!(texts.contains(&&"SELECT '0'".to_owned()), "what is used stays");
    assert!(!texts.contains(&&"SELECT 'gone'".to_owned()), "what no client has goes first");
    for number in 0..30 {
        let ask = [bind("", &number.to_string(), 0), execute("", 0), sync()];
        assert_eq!(client.exchange(&mut connection, &ask)[1], format!("D \\'{number}\\'"));
    }
    drop(gone);
}

#[test]
fn a_client_that_does_not_wait_for_answers_has_to() {
    let (mut client, mut connection) = prepared();
    client.pipeline = Pipeline::with_limit(3);
    for message in [query(""), query(""), parse("", "")] {
        assert!(!client.pipeline.is_full());
        client.ask(&mut connection, &message);
    }
    assert!(client.pipeline.is_full());
    let flush = message(b'H', b"");
    assert_eq!(client.try_ask(&mut connection, &sync()), (Asked::Wait, flush));
    assert_eq!(client.try_ask(&mut connection, &sync()), (Asked::Wait, Bytes::new()));
    client.answer(&mut connection, &[empty(b'I'), ready(b'I')].concat());
    assert_eq!(client.try_ask(&mut connection, &sync()), (Asked::Sent, sync()));
}

#[test]
fn what_a_copy_is_sent_is_not_counted() {
    let (mut client, mut connection) = prepared();
    client.pipeline = Pipeline::with_limit(2);
    client.exchange(&mut connection, &[query("COPY t FROM STDIN")]);
    for message in [message(b'd', b"1\n"), sync()].iter().cycle().take(1_000) {
        assert_eq!(client.exchange(&mut connection, from_ref(message)), Vec::<String>::new());
    }
    let got = client.exchange(&mut connection, &[message(b'c', b"")]);
    assert_eq!(got, ["C COPY 1|", "Z I"]);
}

fn malformed() -> impl Strategy<Value = Bytes> {
    let tag = prop::sample::select(b"PBDECSHQFdcfX\0".to_vec());
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        "[SP]?[a\\x00]{0,9}(EXECUTE|DEALLOCATE|/\\*|\"|\\x00){0,9}".prop_map(String::into_bytes),
    ];
    (tag, body).prop_map(|(tag, body)| message(tag, &body))
}

proptest! {
    #[test]
    fn nothing_that_a_client_or_a_server_sends_panics(
        messages in prop::collection::vec((malformed(), 0..100_000_usize), 0..40),
        answers in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..30)), 0..60),
    ) {
        let (mut client, mut connection) = prepared();
        let mut answers = answers.into_iter();
        for (whole, rest) in messages {
            let mut message = super::lab::beginning(&whole, whole.len() - 5);
            message.rest = if rest < 50_000 { 0 } else { rest };
            let (_, written) = client.request(&mut connection, super::pass(message));
            prop_assert!(written.len() < whole.len() + 500);
            for (tag, body) in answers.by_ref().take(2) {
                let answer = super::script::message(tag, &body);
                drop(client.try_answer(&mut connection, &answer));
                let known = b"123CDEGHIRSTVZnst"[usize::from(tag) % 17];
                let body = [&body[..], b"I"].concat();
                let answer = super::script::message(known, &body[body.len() - 1..]);
                drop(client.try_answer(&mut connection, &answer));
            }
        }
    }

    #[test]
    fn what_is_malformed_gets_postgresqls_error_and_harms_no_client(
        tag in prop::sample::select(b"PBDEC".to_vec()),
    ) {
        let (mut client, mut connection) = prepared();
        let got = client.exchange(&mut connection, &[message(tag, b""), sync()]);
        prop_assert_eq!(&got[1], "Z I");
        prop_assert!(got[0].contains("C08P01"));
        prop_assert!(client.pipeline.is_ready());
    }
}
