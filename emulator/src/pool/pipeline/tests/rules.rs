//! What a client may rely on, and what each answer means.

use std::sync::Arc;

use super::lab::{Client, Connection, empty, error, lines, prepared, ready};
use super::model::{self, refusal};
use super::script::{Bytes, bind, close, describe, execute, message, parse, query, sync};
use crate::pool::pipeline::{Asked, Broken, Message, Pipeline, Request, Status};
use crate::sql::Verdict;

fn use_of(name: &str) -> Vec<Bytes> {
    vec![bind("", name, 0), execute("", 0), sync()]
}

/// The tags of messages, one after the other.
fn tags(bytes: &[u8]) -> String {
    lines(bytes).iter().filter_map(|line| line.chars().next()).collect()
}

/// What goes to the database for these messages.
fn sent(client: &mut Client, connection: &mut Connection, messages: &[Bytes]) -> Bytes {
    messages.iter().flat_map(|message| client.ask(connection, message)).collect()
}

#[test]
fn a_connection_that_lacks_a_statement_gets_it_once() {
    let (mut client, mut connection) = prepared();
    let got = client.exchange(&mut connection, &use_of("a"));
    assert_eq!(got, ["2", "D \\'mine\\'", "C SELECT 1|", "Z I"]);
    assert_eq!(tags(&sent(&mut client, &mut connection, &use_of("a"))), "BES");
}

#[test]
fn what_an_unanswered_batch_may_have_skipped_is_prepared_again_in_the_next() {
    let (mut client, mut connection) = prepared();
    let first = [vec![parse("", "SELEC")], use_of("a")].concat();
    assert_eq!(tags(&sent(&mut client, &mut connection, &first)), "PPBES");
    assert_eq!(tags(&sent(&mut client, &mut connection, &use_of("a"))), "CPBES");
}

#[test]
fn a_name_that_is_just_being_prepared_is_not_prepared_again() {
    let (mut client, mut connection) = (Client::default(), Connection::default());
    let messages = [vec![parse("a", "SELECT 'x'"), sync()], use_of("a"), use_of("a")].concat();
    assert_eq!(tags(&sent(&mut client, &mut connection, &messages)), "PSBESBES");
}

#[test]
fn a_name_in_use_is_postgresqls_error_with_the_clients_name() {
    for connection in [None, Some(Connection::default())] {
        let (mut client, mut lacking) = prepared();
        let mut connection = connection.unwrap_or_else(|| {
            client.exchange(&mut lacking, &use_of("a"));
            lacking
        });
        let got = client.exchange(&mut connection, &[parse("a", "SELECT 'new'"), sync()]);
        let text = "prepared statement \"a\" already exists";
        assert_eq!(got, [error("42P05", text), "Z I".to_owned()]);
        let got = client.exchange(&mut connection, &use_of("a"));
        assert_eq!(got[1], "D \\'mine\\'", "the old one is still there");
    }
}

#[test]
fn errors_about_a_statement_have_the_clients_name() {
    let (mut client, mut connection) = prepared();
    let got = client.exchange(&mut connection, &[bind("", "a", 1), sync()]);
    let text = "bind message supplies 1 parameters, but prepared statement \"a\" requires 0";
    assert_eq!(got, [error("08P01", text), "Z I".to_owned()]);
}

#[test]
fn only_the_whole_name_is_replaced_in_an_error() {
    let (mut client, mut connection) = prepared();
    let sent = client.ask(&mut connection, &bind("", "a", 0));
    let sent = lines(&sent).pop().expect("a Bind");
    let name = sent.split('|').nth(1).expect("a name");
    let told = format!("«{name}» {name}1 x{name} {name}_ {name}, {name}");
    let own = format!("«a» {name}1 x{name} {name}_ a, a");
    let body = |text: &str| format!("SERROR\0C26000\0D{name}\0M{text}\0R{name}\0\0");
    let answers = [empty(b'1'), message(b'E', body(&told).as_bytes())].concat();
    let got = client.answer(&mut connection, &answers);
    assert_eq!(got, lines(&message(b'E', body(&own).as_bytes())));
}

#[test]
fn a_client_never_runs_what_another_has_prepared() {
    let mut connection = Connection::default();
    let mut other = Client::default();
    let prepare = [parse("a", "SELECT 'secret'"), parse("", "SELECT 'secret'"), sync()];
    other.exchange(&mut connection, &prepare);
    let names: Vec<_> = connection.server.statements.keys().cloned().collect();
    let mut client = Client::default();
    for name in names.iter().map(String::as_str).chain(["", "a"]) {
        let got = client.exchange(&mut connection, &use_of(name));
        let text = match name {
            "" => "unnamed prepared statement does not exist".to_owned(),
            name => format!("prepared statement \"{name}\" does not exist"),
        };
        assert_eq!(got, [error("26000", &text), "Z I".to_owned()]);
        if !name.is_empty() {
            let got = client.exchange(&mut connection, &[query(&format!("EXECUTE {name}"))]);
            assert_eq!(got, [error("26000", &text), "Z I".to_owned()]);
        }
    }
    let got = other.exchange(&mut connection, &use_of("a"));
    assert_eq!(got[1], "D \\'secret\\'", "and it is still there");
}

#[test]
fn the_unnamed_statement_moves_with_its_client() {
    let (mut client, mut connection) = (Client::default(), Connection::default());
    client.exchange(&mut connection, &[parse("", "SELECT 'mine'"), sync()]);
    let mut other = Connection::default();
    Client::default().exchange(&mut other, &[parse("", "SELECT 'other'"), sync()]);
    let got = client.exchange(&mut other, &use_of(""));
    assert_eq!(got, ["2", "D \\'mine\\'", "C SELECT 1|", "Z I"]);
    client.exchange(&mut connection, &[query("SELECT 'x'")]);
    let got = client.exchange(&mut other, &use_of(""));
    let text = "unnamed prepared statement does not exist";
    assert_eq!(got, [error("26000", text), "Z I".to_owned()], "a simple query drops it");
}

#[test]
fn a_statement_that_something_else_has_dropped_is_prepared_again_the_next_time() {
    let (mut client, mut connection) = prepared();
    client.exchange(&mut connection, &use_of("a"));
    // As by a function.
    connection.server.statements.clear();
    let got = client.exchange(&mut connection, &use_of("a"));
    let text = "prepared statement \"a\" does not exist";
    assert_eq!(got, [error("26000", text), "Z I".to_owned()]);
    let got = client.exchange(&mut connection, &use_of("a"));
    assert_eq!(got[1], "D \\'mine\\'");
}

#[test]
fn a_second_preparation_that_fails_is_the_answer_to_what_needs_it() {
    let (mut client, mut connection) = prepared();
    sent(&mut client, &mut connection, &use_of("a"));
    let gone = message(b'E', b"SERROR\0C42P01\0Mrelation \"t\" does not exist\0\0");
    let got = client.answer(&mut connection, &[gone.clone(), ready(b'I')].concat());
    assert_eq!(got, lines(&[gone, ready(b'I')].concat()));
    assert!(client.pipeline.is_ready());
    assert_eq!(tags(&sent(&mut client, &mut connection, &use_of("a"))), "PBES", "and once more");
}

#[test]
fn warnings_of_a_second_preparation_are_not_repeated() {
    let (mut client, mut first) = (Client::default(), Connection::default());
    let got = client.exchange(&mut first, &[parse("a", "SELECT noted"), sync()]);
    assert_eq!(got.len(), 3, "{got:?}");
    let got = client.exchange(&mut Connection::default(), &use_of("a"));
    assert_eq!(got, ["2", "D noted", "C SELECT 1|", "Z I"]);
}

#[test]
fn an_execute_or_deallocate_in_sql_finds_what_the_protocol_has_prepared() {
    let (mut client, mut connection) = prepared();
    let got = client.exchange(&mut connection, &[query("EXECUTE a")]);
    assert_eq!(got, ["D \\'mine\\'", "C SELECT 1|", "Z I"]);
    let mut other = Connection::default();
    assert_eq!(client.exchange(&mut other, &[query("DEALLOCATE A")]), ["C DEALLOCATE|", "Z I"]);
    for connection in [&mut connection, &mut other] {
        let got = client.exchange(connection, &use_of("a"));
        let text = "prepared statement \"a\" does not exist";
        assert_eq!(got, [error("26000", text), "Z I".to_owned()]);
    }
}

#[test]
fn an_execute_whose_statement_can_no_longer_be_prepared_has_one_error() {
    let (mut client, mut connection) = prepared();
    let sent = client.ask(&mut connection, &query("EXECUTE a"));
    assert_eq!(tags(&sent), "PSQ");
    let name = lines(&sent)[0].split(['|', ' ']).nth(1).expect("a name").to_owned();
    let gone = message(b'E', b"SERROR\0C42P01\0Mrelation \"t\" does not exist\0\0");
    let body = format!("SERROR\0C26000\0Mprepared statement \"{name}\" does not exist\0\0");
    let missing = message(b'E', body.as_bytes());
    let answers = [gone, ready(b'I'), missing, ready(b'I')].concat();
    let got = client.answer(&mut connection, &answers);
    assert_eq!(got, ["E SERROR|C26000|Mprepared statement \\\"a\\\" does not exist||", "Z I"]);
}

#[test]
fn the_end_of_the_connection_is_told_whatever_it_answers() {
    let (mut client, mut connection) = prepared();
    client.ask(&mut connection, &query("EXECUTE a"));
    let fatal = message(b'E', b"SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0");
    assert_eq!(client.answer(&mut connection, &fatal), lines(&fatal));
}

#[test]
fn statements_of_different_names_may_differ_after_63_bytes_only_in_vain() {
    let name = "n".repeat(63);
    let (mut client, mut connection) = (Client::default(), Connection::default());
    let long = format!("{name}and more");
    client.exchange(&mut connection, &[parse(&long, "SELECT 'x'"), sync()]);
    let got = client.exchange(&mut connection, &use_of(&format!("{name}or not")));
    assert_eq!(got[1], "D \\'x\\'");
}

#[test]
fn what_follows_a_deallocate_in_sql_waits_where_the_statement_was_not_there() {
    let (mut client, mut connection) = prepared();
    client.pipeline = Pipeline::default();
    let begin = [query("BEGIN"), query("SELECT 1/0"), query("DEALLOCATE a"), query("ROLLBACK")];
    client.exchange(&mut connection, &begin[..2]);
    sent(&mut client, &mut connection, &begin[2..]);
    let (asked, _) = client.try_ask(&mut connection, &bind("", "a", 0));
    assert_eq!(asked, Asked::Wait, "the DEALLOCATE may fail");
}

#[test]
fn what_follows_a_statement_that_was_prepared_again_and_dropped_waits() {
    for drop in [query("DEALLOCATE a"), close('S', "a")] {
        let (mut client, mut connection) = prepared();
        let dropped = [bind("", "a", 0), drop, sync()];
        sent(&mut client, &mut connection, &dropped);
        let (asked, _) = client.try_ask(&mut connection, &bind("", "a", 0));
        assert_eq!(asked, Asked::Wait, "the first batch may fail before it");
    }
}

#[test]
fn what_another_client_has_changed_before_is_no_reason_to_wait() {
    let mut connection = Connection::default();
    let change = [parse("", "SELECT 'other'"), sync()];
    Client::default().exchange(&mut connection, &change);
    let mut client = Client::default();
    client.exchange(&mut Connection::default(), &[parse("", "SELECT 'mine'"), sync()]);
    let twice = [use_of(""), use_of("")].concat();
    assert_eq!(tags(&sent(&mut client, &mut connection, &twice)), "PBESPBES");
}

#[test]
fn what_comes_by_itself_answers_nothing() {
    let (mut client, mut connection) = prepared();
    sent(&mut client, &mut connection, &[query("SELECT 'x'")]);
    for tag in [b'S', b'A', b'N'] {
        assert_eq!(client.answer(&mut connection, &message(tag, b"x")).len(), 1);
    }
    client.answer(&mut connection, &[empty(b'I'), ready(b'I')].concat());
    for tag in [b'S', b'A', b'N'] {
        assert_eq!(client.answer(&mut connection, &message(tag, b"x")).len(), 1);
    }
    assert!(client.pipeline.is_ready());
}

#[test]
fn an_answer_to_no_question_is_named() {
    let (mut client, mut connection) = prepared();
    let broken = client.try_answer(&mut connection, &empty(b'1')).expect_err("nothing asked");
    assert_eq!(broken, Broken { tag: b'1', waiting: None });
    assert_eq!(broken.to_string(), "a message '1' came without a question");
    sent(&mut client, &mut connection, &[parse("b", "SELECT 'x'"), sync()]);
    for answer in [empty(b'2'), ready(b'I'), message(b'R', &[0; 4]), message(b'W', b"")] {
        client.try_answer(&mut connection, &answer).expect_err("not to a Parse");
    }
    let broken = client.try_answer(&mut connection, &empty(b'2')).expect_err("not to a Parse");
    assert_eq!(broken.to_string(), "a message '2' came as the answer to Parse");
    client.answer(&mut connection, &empty(b'1'));
    client.try_answer(&mut connection, &message(b'Z', b"")).expect_err("no status");
}

#[test]
fn a_refused_message_fails_in_its_place() {
    let refused = message(b'E', &model::error("ERROR", refusal()));
    let told = lines(&refused).pop().expect("an error");
    for (tag, after) in [(b'Q', vec![]), (b'P', vec![sync()]), (b'E', vec![sync()])] {
        let (mut client, mut connection) = prepared();
        client.exchange(&mut connection, &[query("BEGIN")]);
        let request = Message { tag, head: b"", rest: 1 << 20 };
        let request = Request::Refuse(request, refused.clone().into());
        let (asked, written) = client.request(&mut connection, request);
        assert_eq!(asked, Asked::Sent);
        connection.server.feed(&written);
        let got = client.exchange(&mut connection, &after);
        assert_eq!(got, [told.clone(), "Z E".to_owned()]);
        assert_eq!(client.pipeline.status, Status::Failed);
    }
}

#[test]
fn a_refused_message_that_is_skipped_anyway_is_not_answered() {
    let (mut client, mut connection) = prepared();
    client.exchange(&mut connection, &[parse("", "SELEC")]);
    let request = Request::Refuse(Message { tag: b'E', head: b"", rest: 0 }, empty(b'E').into());
    assert_eq!(client.request(&mut connection, request), (Asked::Sent, Bytes::new()));
    assert_eq!(client.exchange(&mut connection, &[sync()]), ["Z I"]);
}

#[test]
fn the_transactions_state_is_known() {
    let (mut client, mut connection) = prepared();
    assert_eq!(client.pipeline.status, Status::Idle);
    client.exchange(&mut connection, &[query("BEGIN")]);
    assert_eq!(client.pipeline.status, Status::InTransaction);
    client.exchange(&mut connection, &[query("SELECT 1/0")]);
    assert_eq!(client.pipeline.status, Status::Failed);
    assert!(!client.pipeline.is_ready());
    client.exchange(&mut connection, &[query("ROLLBACK")]);
    assert!(client.pipeline.is_ready());
}

#[test]
fn what_a_statement_is_judged_as_is_found_by_its_name_at_once() {
    let (mut client, mut connection) = (Client::default(), Connection::default());
    assert!(client.statements.get(b"a").is_none() && client.statements.get(b"").is_none());
    for name in ["a", ""] {
        sent(&mut client, &mut connection, &[parse(name, "SELECT 'x'")]);
        let statement = client.statements.get(name.as_bytes()).expect("on its way");
        assert_eq!(statement.verdict, Verdict::Free);
    }
    client.answer(&mut connection, &message(b'E', b"C42601\0\0"));
    assert!(client.statements.get(b"a").is_none() && client.statements.get(b"").is_none());
}

#[test]
fn closing_a_statement_frees_its_name() {
    let (mut client, mut connection) = prepared();
    assert_eq!(client.exchange(&mut connection, &[close('S', "a"), sync()]), ["3", "Z I"]);
    assert_eq!(client.exchange(&mut connection, &[close('S', "a"), sync()]), ["3", "Z I"]);
    let again = [parse("a", "SELECT 'new'"), describe('S', "a"), sync()];
    assert_eq!(client.exchange(&mut connection, &again), ["1", "t ||", "T a text", "Z I"]);
    // The old one is still on the other connection.
    let got = client.exchange(&mut Connection::default(), &use_of("a"));
    assert_eq!(got[1], "D \\'new\\'");
}

#[test]
fn statements_are_dropped_with_their_client() {
    let (mut client, mut connection) = prepared();
    client.exchange(&mut connection, &use_of("a"));
    let ask = Arc::downgrade(&client.statements.known(b"a").expect("a name").name);
    drop(client);
    assert!(ask.upgrade().is_none(), "nothing else keeps them");
}
