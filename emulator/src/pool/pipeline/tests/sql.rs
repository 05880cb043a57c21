//! Names of prepared statements in SQL texts.

use proptest::prelude::*;

use super::lab::{Client, Connection};
use super::script::parse;
use crate::pool::pipeline::ClientStatements;
use crate::pool::pipeline::sql::Command;

/// A client with these names, which are N1, N2 and so on in what is expected.
fn client(names: &[&str]) -> ClientStatements {
    let (mut client, mut connection) = (Client::default(), Connection::default());
    for name in names {
        client.ask(&mut connection, &parse(name, "SELECT 'x'"));
    }
    client.statements
}

#[track_caller]
fn check(names: &[&str], text: &str, expected: &str) {
    let client = client(names);
    let command = Command::read(text.as_bytes());
    let renamed = match command.renaming(&client) {
        Some(renaming) => renaming.apply(text.as_bytes()),
        None => text.as_bytes().to_vec(),
    };
    let mut renamed = String::from_utf8(renamed).expect("UTF-8");
    for (index, name) in names.iter().enumerate() {
        let sent = &client.known(name.as_bytes()).expect("a name").name.sent;
        let sent = str::from_utf8(sent).expect("ASCII");
        renamed = renamed.replace(&format!("\"{sent}\""), &format!("N{}", index + 1));
    }
    assert_eq!(renamed, expected);
}

#[test]
fn a_known_name_becomes_the_databases() {
    for (text, expected) in [
        ("DEALLOCATE a", "DEALLOCATE N1"),
        ("deallocate A;", "deallocate N1;"),
        ("DEALLOCATE PREPARE a", "DEALLOCATE PREPARE N1"),
        ("DEALLOCATE \"a\"", "DEALLOCATE N1"),
        ("DEALLOCATE/* a /* b */ c */a--d", "DEALLOCATE/* a /* b */ c */N1--d"),
        (" \t\r\n-- x\nEXECUTE a(1, 'a')", " \t\r\n-- x\nEXECUTE N1(1, 'a')"),
        ("execute a", "execute N1"),
        ("EXECUTE a; SELECT 1", "EXECUTE N1; SELECT 1"),
    ] {
        check(&["a"], text, expected);
    }
}

#[test]
fn quoted_and_unquoted_names_are_told_apart_as_postgresql_does() {
    check(&["S_1"], "DEALLOCATE S_1", "DEALLOCATE S_1");
    check(&["S_1"], "DEALLOCATE \"S_1\"", "DEALLOCATE N1");
    check(&["s_1"], "DEALLOCATE S_1", "DEALLOCATE N1");
    check(&["a \"b\""], "EXECUTE \"a \"\"b\"\"\"(1)", "EXECUTE N1(1)");
    check(&["überall"], "EXECUTE Überall", "EXECUTE Überall");
    check(&["überall"], "EXECUTE überALL", "EXECUTE N1");
    check(&["prepare", "all"], "DEALLOCATE prepare", "DEALLOCATE N1");
    check(&["prepare", "all"], "DEALLOCATE PREPARE prepare", "DEALLOCATE PREPARE N1");
    check(&["prepare", "all"], "DEALLOCATE \"all\"", "DEALLOCATE N2");
    check(&["prepare", "all"], "DEALLOCATE ALL", "DEALLOCATE ALL");
    check(&["a"], "EXECUTE $1", "EXECUTE $1");
}

#[test]
fn other_texts_stay_as_they_are() {
    for text in [
        "",
        ";",
        "SELECT a",
        "DEALLOCATE",
        "DEALLOCATE b",
        "DEALLOCATE PREPARE",
        "EXECUTE",
        "EXECUTE (a)",
        "EXECUTEa",
        "EXECUTED a",
        "/* EXECUTE a",
        "EXECUTE \"a",
        "EXECUTE \"\"",
        "EXPLAIN EXECUTE a",
        "DISCARD PLANS",
        "DELETE FROM a",
    ] {
        check(&["a"], text, text);
    }
}

#[test]
fn names_are_cut_where_postgresql_cuts_them() {
    let name = "n".repeat(63);
    check(&[&name], &format!("EXECUTE {name}nnn"), "EXECUTE N1");
    check(&[&format!("{name}x")], &format!("EXECUTE \"{name}y\""), "EXECUTE N1");
}

#[test]
fn a_name_that_could_be_the_databases_is_made_another() {
    check(&["a"], "EXECUTE rds_proxy_1", "EXECUTE \"rds_proxy_rds_proxy_1\"");
    check(&["a"], "EXECUTE \"rds_proxy_\"\"\"", "EXECUTE \"rds_proxy_rds_proxy_\"\"\"");
}

#[test]
fn what_drops_everything_is_seen() {
    for text in ["DEALLOCATE ALL", "discard all ;", "DEALLOCATE PREPARE ALL", " Discard/**/All"] {
        assert_eq!(Command::read(text.as_bytes()), Command::DropAll);
    }
    for text in ["DISCARD", "DISCARD TEMP", "DEALLOCATE alls", "SELECT 'DISCARD ALL'"] {
        assert_ne!(Command::read(text.as_bytes()), Command::DropAll);
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "(EXECUTE|DEALLOCATE|PREPARE|ALL|DISCARD| |\"|/\\*|\\*/|--|\n|;|a|ü|\\PC){0,12}") {
        let client = client(&["a"]);
        if let Some(renaming) = Command::read(text.as_bytes()).renaming(&client) {
            let renamed = renaming.apply(text.as_bytes());
            prop_assert!(renamed.windows(10).any(|part| part == b"rds_proxy_"));
        }
    }
}
