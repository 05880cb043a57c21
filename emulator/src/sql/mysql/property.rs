//! Rules that hold for every text.

use proptest::prelude::*;
use proptest::sample::select;

use super::lexer::Lexer;
use super::{Cause, Verdict, digest, judge, split};

/// Statements of all three verdicts. `'x'` is a place for any string, a space one for any blank.
const STATEMENTS: [&str; 16] = [
    "SELECT 'x'",
    "INSERT INTO t (a) VALUES ('x', 1)",
    "SET NAMES 'x' COLLATE utf8mb4_bin",
    "SET autocommit = 0 , time_zone = 'x'",
    "SET SESSION TRANSACTION READ ONLY",
    "SET @ a = 'x'",
    "SET sql_mode = concat ('x')",
    "SET GLOBAL a = 'x'",
    "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
    "PREPARE p FROM 'x'",
    "LOCK TABLES t READ",
    "CREATE TEMPORARY TABLE t AS SELECT 'x'",
    "SELECT get_lock ('x', 1)",
    "SELECT a INTO @ b FROM t",
    "SELECT last_insert_id ()",
    "USE shop",
];

/// Pieces of texts that are likely to be read wrongly.
const PIECES: [&str; 32] = [
    "'",
    "''",
    "\"",
    "`",
    "\\",
    "_utf8'",
    "/*",
    "/*!",
    "/*M!1",
    "*/",
    "--",
    "-- ",
    "#",
    "\n",
    ";",
    "(",
    ")",
    ",",
    ".",
    "@",
    "@@",
    ":=",
    "=",
    "?",
    "0x",
    "1e",
    "SET ",
    "GLOBAL ",
    "TRANSACTION ",
    "USE ",
    "CREATE PROCEDURE ",
    "\u{e4}",
];

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(select(&PIECES[..]), 0..60).prop_map(|pieces| pieces.concat())
}

fn statement() -> impl Strategy<Value = &'static str> {
    select(&STATEMENTS[..])
}

fn blank() -> impl Strategy<Value = &'static str> {
    select(&[" ", "\n", "\t ", " /* SET a; ' */ ", "/**/", " -- get_lock(\n", "# '\n"][..])
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), soup in soup()) {
        for text in [&bytes[..], soup.as_bytes()] {
            prop_assert_ne!(judge(text).verdict, Verdict::Pins(Cause::TooLong));
            prop_assert!(digest(text).len() <= 8 * text.len() + 8);
        }
        prop_assert!(split(&soup).concat().len() <= soup.len());
    }

    #[test]
    fn tokens_come_one_after_the_other(bytes in prop::collection::vec(any::<u8>(), 0..300), soup in soup()) {
        for text in [&bytes[..], soup.as_bytes()] {
            let mut end = 0;
            for token in Lexer::new(text) {
                prop_assert!(token.start >= end && !token.text.is_empty());
                end = token.end();
            }
            prop_assert!(end <= text.len());
        }
    }

    #[test]
    fn what_stands_in_a_string_changes_nothing(statement in statement(), soup in soup()) {
        let inner = soup.replace('\\', "\\\\").replace('\'', "''");
        let quoted = statement.replace("'x'", &format!("'{inner}'"));
        prop_assert_eq!(judge(quoted.as_bytes()).verdict, judge(statement.as_bytes()).verdict);
        prop_assert_eq!(digest(quoted.as_bytes()), digest(statement.as_bytes()));
    }

    #[test]
    fn blanks_and_letters_change_nothing(
        statement in statement(),
        blanks in prop::collection::vec(blank(), 20),
    ) {
        let mut blanks = blanks.iter().cycle();
        let words = statement.split(' ').flat_map(|word| [word, blanks.next().unwrap()]);
        let text: String = words.collect();
        prop_assert_eq!(judge(text.as_bytes()), judge(statement.as_bytes()), "{}", text);
        let upper = statement.to_ascii_uppercase().replace("'X'", "'x'");
        prop_assert_eq!(judge(upper.as_bytes()).verdict, judge(statement.as_bytes()).verdict);
    }

    #[test]
    fn the_statements_of_a_text_are_judged_together(a in statement(), b in statement()) {
        let both = judge(format!("{a}; {b}").as_bytes());
        let [first, second] = [a, b].map(|text| judge(text.as_bytes()));
        prop_assert_eq!(both.verdict, first.verdict.or(|| second.verdict));
        prop_assert_eq!(both.changes, [first.changes, second.changes].concat());
    }
}
