//! The known bugs of other poolers, as far as they are in this piece.

use super::lab::{Client, Connection, alone, beginning, empty, error, lines, prepared, ready};
use super::script::{
    Bytes, bind, close, copy_data, copy_done, copy_fail, describe, execute, flush, message, parse,
    query, sync,
};
use crate::pool::pipeline::Asked;

/// On a connection that lacks it, a client that has prepared "a" gets what it gets alone.
#[track_caller]
fn check(messages: &[Bytes]) -> Client {
    let (mut client, mut connection) = prepared();
    let got = client.exchange(&mut connection, messages);
    let before = [parse("a", "SELECT 'mine'"), sync()];
    assert_eq!(got, alone(&[&before[..], messages].concat())[2..]);
    client
}

// https://github.com/pgbouncer/pgbouncer/issues/1555
#[test]
fn answers_keep_their_order_where_statements_are_prepared_again() {
    let use_a = [bind("", "a", 0), execute("", 0)];
    let other = [parse("b", "SELECT 'b'"), bind("", "b", 0), execute("", 0)];
    let client =
        check(&[&other[..], &use_a, &other, &use_a, &[sync()], &use_a, &[sync()]].concat());
    assert!(client.pipeline.is_ready());
}

#[test]
fn no_answer_is_left_for_the_next_client() {
    let (mut client, mut connection) = prepared();
    client.exchange(&mut connection, &[bind("", "a", 0), query("SELECT 'x'"), sync()]);
    let mut next = Client::default();
    let got = next.exchange(&mut connection, &[bind("", "a", 0), execute("", 0), sync()]);
    assert_eq!(got, [error("26000", "prepared statement \"a\" does not exist"), "Z I".to_owned()]);
}

// https://github.com/pgbouncer/pgbouncer/issues/1535
#[test]
fn a_parse_may_follow_deallocate_all_in_the_same_packet() {
    for text in ["DEALLOCATE ALL", "discard all;", "/* bye */ Deallocate Prepare All"] {
        let (mut client, mut connection) = prepared();
        let (asked, sent) = client.try_ask(&mut connection, &query(text));
        assert_eq!((asked, lines(&sent)), (Asked::Sent, vec![format!("Q {text}|")]));
    }
    check(&[query("DEALLOCATE ALL"), parse("a", "SELECT 'new'"), bind("", "a", 0), sync()]);
    let extended = [parse("", "DEALLOCATE ALL"), bind("", "", 0), execute("", 0)];
    let again = [parse("a", "SELECT 'new'"), bind("", "a", 0), execute("", 0), sync()];
    check(&[&extended[..], &again].concat());
    check(&[&extended[..], &[sync()], &again].concat());
}

// https://github.com/pgbouncer/pgbouncer/issues/52
#[test]
fn simple_and_extended_queries_may_share_a_packet() {
    let extended = [parse("", "SELECT 'y'"), bind("", "", 0), execute("", 0), sync()];
    check(&[&[query("SELECT 'x'")], &extended[..], &[query("SELECT 1/0"), query("")]].concat());
}

// https://github.com/pgbouncer/pgbouncer/issues/1025
#[test]
fn a_copy_that_fails_in_a_batch_is_told_once() {
    let begin = [parse("", "COPY t FROM STDIN"), bind("", "", 0), execute("", 0), sync()];
    for end in [[copy_data("bad\n"), copy_done()], [copy_data("1\n"), copy_fail()]] {
        let client = check(&[&begin[..], &end, &[sync()]].concat());
        assert!(client.pipeline.is_ready(), "{client:?}");
    }
}

// https://github.com/yandex/odyssey/issues/554
#[test]
fn a_connection_in_the_middle_of_a_copy_is_not_given_back() {
    for begin in [
        vec![query("COPY t FROM STDIN")],
        vec![parse("", "COPY t FROM STDIN"), bind("", "", 0), execute("", 0), sync()],
    ] {
        let (mut client, mut connection) = prepared();
        for message in begin.into_iter().chain([copy_data("1\n")]) {
            client.exchange(&mut connection, &[message]);
        }
        assert!(!client.pipeline.is_ready());
        client.exchange(&mut connection, &[copy_done()]);
        client.exchange(&mut connection, &[sync()]);
        assert!(client.pipeline.is_ready());
    }
}

// CVE-2026-6666, https://www.pgbouncer.org/changelog.html
#[test]
fn an_error_may_lack_what_it_should_have() {
    for body in [&b"\0"[..], b"", b"SERROR", b"SERROR\0", b"Mrds_proxy_1", b"\xff", b"C\0C\0\0\0"] {
        let (mut client, mut connection) = prepared();
        client.ask(&mut connection, &bind("", "a", 0));
        client.ask(&mut connection, &sync());
        let answers = [empty(b'1'), message(b'E', body), ready(b'I')].concat();
        let got = client.answer(&mut connection, &answers);
        assert_eq!(got, lines(&[message(b'E', body), ready(b'I')].concat()));
        assert!(client.pipeline.is_ready());
    }
}

// https://github.com/postgresml/pgcat/issues/953
#[test]
fn a_flush_brings_the_answers_and_keeps_the_connection() {
    let (mut client, mut connection) = prepared();
    let ask = [parse("", "SELECT 'x'"), describe('S', ""), flush()];
    assert_eq!(client.exchange(&mut connection, &ask), ["1", "t ||", "T a text"]);
    assert!(!client.pipeline.is_ready());
    let ask = [bind("", "", 0), execute("", 0), flush()];
    assert_eq!(client.exchange(&mut connection, &ask), ["2", "D \\'x\\'", "C SELECT 1|"]);
    assert!(!client.pipeline.is_ready());
    assert_eq!(client.exchange(&mut connection, &[sync()]), ["Z I"]);
    assert!(client.pipeline.is_ready());
}

// https://github.com/postgresml/pgcat/issues/611
#[test]
fn several_results_of_one_query_are_one_answer() {
    let (mut client, mut connection) = prepared();
    let ask = [query("BEGIN; SELECT 'x'; SELECT 'y'; COMMIT")];
    let got = client.exchange(&mut connection, &ask);
    assert_eq!(got.last().map(String::as_str), Some("Z I"));
    assert_eq!(got.len(), 9);
    assert!(client.pipeline.is_ready());
}

// https://github.com/pgdogdev/pgdog/issues/759
#[test]
fn two_clients_with_the_same_name_get_their_own_rows() {
    let mut connections = [Connection::default(), Connection::default()];
    let mut clients = [Client::default(), Client::default()];
    let rows = ["'first'", "'second'"];
    for (client, row) in clients.iter_mut().zip(rows) {
        let text = &format!("SELECT {row}");
        client.exchange(&mut connections[0], &[parse("a", text), parse("", text), sync()]);
    }
    for turn in 0..8 {
        let (client, row) = (&mut clients[turn % 2], rows[turn % 2].escape_default());
        for name in ["a", ""] {
            let ask = [bind("", name, 0), execute("", 0), sync()];
            let got = client.exchange(&mut connections[turn / 2 % 2], &ask);
            assert_eq!(got, ["2", &format!("D {row}"), "C SELECT 1|", "Z I"]);
        }
    }
}

// https://github.com/pgdogdev/pgdog/issues/667
#[test]
fn a_connection_with_an_answer_due_is_not_given_back() {
    let (mut client, mut connection) = prepared();
    client.ask(&mut connection, &query("SELECT 'x'"));
    client.ask(&mut connection, &query("SELECT 'y'"));
    client.answer(&mut connection, &[empty(b'I'), ready(b'I')].concat());
    assert!(!client.pipeline.is_ready(), "the second one is unanswered");
    client.answer(&mut connection, &empty(b'I'));
    assert!(!client.pipeline.is_ready(), "in the middle of an answer");
    client.answer(&mut connection, &ready(b'I'));
    assert!(client.pipeline.is_ready());
}

// https://github.com/pgdogdev/pgdog/issues/803
#[test]
fn of_a_long_message_only_the_beginning_is_needed() {
    let (mut client, mut connection) = prepared();
    let whole = message(b'B', &[&b"\0a\0\0\0\0\x01"[..], &vec![7; 100_000]].concat());
    let request = super::pass(beginning(&whole, 10));
    let (asked, written) = client.request(&mut connection, request);
    assert_eq!(asked, Asked::Sent);
    let rest = &whole[15..];
    let sent = lines(&[&written, rest].concat());
    assert!(sent[1].starts_with("B |rds_proxy_") && sent[1].ends_with("\\x07\\x07"), "{}", sent[0]);
}

// https://github.com/pgdogdev/pgdog/issues/876, https://github.com/yandex/odyssey/issues/1361
#[test]
fn a_parse_that_fails_leaves_nothing_to_bind_or_close() {
    let bad = || parse("b", "SELEC");
    for next in [bind("", "b", 0), close('S', "b"), describe('S', "b"), parse("b", "SELECT 'b'")] {
        check(&[bad(), sync(), next.clone(), sync()]);
        check(&[bad(), next.clone(), sync(), next.clone(), sync()]);
        let (mut client, mut connection) = prepared();
        client.exchange(&mut connection, &[bad(), sync()]);
        let got = client.exchange(&mut connection, &[next.clone(), sync()]);
        assert_eq!(got, alone(&[next, sync()]));
    }
}

// https://github.com/pgdogdev/pgdog/issues/841
#[test]
fn a_server_that_shuts_down_may_say_so_twice() {
    let fatal = message(b'E', b"SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0");
    let told = lines(&fatal);
    let (mut client, mut connection) = prepared();
    assert_eq!(client.answer(&mut connection, &fatal), told, "between two queries");
    for ask in [
        vec![query("SELECT 'x'")],
        vec![bind("", "a", 0), execute("", 0), sync()],
        vec![parse("", "COPY t FROM STDIN"), bind("", "", 0), execute("", 0)],
        vec![parse("", "SELECT 'x'")],
        vec![sync()],
    ] {
        let (mut client, mut connection) = prepared();
        for message in ask {
            client.ask(&mut connection, &message);
        }
        let twice = [fatal.clone(), fatal.clone()].concat();
        assert_eq!(client.answer(&mut connection, &twice), [&told[..], &told].concat());
        assert!(!client.pipeline.is_ready());
    }
}

// https://github.com/pgdogdev/pgdog/issues/677
#[test]
fn statements_prepared_in_sql_keep_their_names() {
    let (mut client, mut connection) = prepared();
    for text in ["PREPARE dump(oid) AS SELECT $1", "EXECUTE dump('1')", "DEALLOCATE dump"] {
        assert_eq!(client.ask(&mut connection, &query(text)), query(text));
    }
    for message in [bind("", "dump", 1), describe('S', "dump"), close('S', "dump")] {
        assert_eq!(client.ask(&mut connection, &message), message);
    }
}

// https://github.com/sysown/proxysql/issues/5119
#[test]
fn no_sync_of_ours_commits_what_the_client_has_not_ended() {
    let begin = || parse("", "SELECT 'x'");
    for open in [vec![begin()], vec![begin(), query("SELECT 'x'")], vec![begin(), flush()]] {
        let uses =
            [bind("", "a", 0), describe('S', "a"), query("EXECUTE a"), query("DEALLOCATE a")];
        for message in uses {
            let (mut client, mut connection) = prepared();
            let messages = open.iter().chain([&message]);
            let sent: Bytes =
                messages.flat_map(|message| client.ask(&mut connection, message)).collect();
            assert!(!lines(&sent).contains(&"S".to_owned()), "{:?}", lines(&sent));
        }
    }
}

// https://github.com/sysown/proxysql/issues/5955
#[test]
fn formats_and_values_of_a_bind_are_not_touched() {
    let values = b"\0\x02\0\0\0\x01\0\x02\0\0\0\x01a\xff\xff\xff\xff\0\x02\0\x01\0\0";
    let (mut client, mut connection) = prepared();
    let ask = message(b'B', &[b"portal\0a\0", &values[..]].concat());
    let sent = client.ask(&mut connection, &ask);
    assert!(sent.ends_with(values));
    assert_eq!(lines(&sent).len(), 2);
}

// https://github.com/sysown/proxysql/issues/6111
#[test]
fn a_connection_lost_in_the_middle_of_a_result_is_not_given_back() {
    let (mut client, mut connection) = prepared();
    client.ask(&mut connection, &query("SELECT 'x'"));
    client.answer(&mut connection, &message(b'D', b"half of it"));
    assert!(!client.pipeline.is_ready());
}

// https://github.com/pgbouncer/pgbouncer/issues/1038
#[test]
fn a_plan_that_has_changed_is_the_databases_error() {
    let (mut client, mut connection) = prepared();
    for message in [bind("", "a", 0), execute("", 0), sync()] {
        client.ask(&mut connection, &message);
    }
    let text = "cached plan must not change result type";
    let body = format!("SERROR\0VERROR\0C0A000\0M{text}\0\0");
    let answers = [empty(b'1'), message(b'E', body.as_bytes()), ready(b'I')].concat();
    let got = client.answer(&mut connection, &answers);
    assert_eq!(got, [error("0A000", text), "Z I".to_owned()]);
}
