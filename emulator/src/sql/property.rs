//! Rules that hold for every text.

use proptest::prelude::*;
use proptest::sample::select;

use super::lexer::Lexer;
use super::{Cause, LIMIT, Verdict, digest, judge};

/// Statements of all three verdicts. `'x'` is a place for any string, a space one for any blank.
const STATEMENTS: [&str; 40] = [
    "SELECT 'x'",
    "SELECT a FROM t WHERE b = 'x' ORDER BY 1 LIMIT 10 OFFSET 5",
    "INSERT INTO t (a) VALUES ('x') ON CONFLICT (a) DO UPDATE SET a = 1 RETURNING b",
    "UPDATE t SET a = 'x' FROM u WHERE t.b = - 1",
    "DELETE FROM t USING u WHERE a IS NOT NULL",
    "WITH x AS (SELECT 'x') SELECT * FROM x UNION ALL SELECT 2",
    "MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE",
    "( SELECT 1 )",
    "BEGIN ISOLATION LEVEL SERIALIZABLE",
    "COMMIT",
    "PREPARE TRANSACTION 'x'",
    "COPY (SELECT 1) TO STDOUT WITH (DELIMITER 'x')",
    "DO 'x'",
    "CALL p (1, 'x')",
    "CREATE TABLE t (a varchar(3) DEFAULT 'x')",
    "CREATE FUNCTION f () RETURNS int BEGIN ATOMIC SELECT 1 ; SELECT 'x' ; END",
    "CREATE RULE r AS ON INSERT TO t DO ( SELECT 1 ; SELECT 'x' )",
    "SET search_path = 'x'",
    "SET LOCAL a . b TO on, - 1.5",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET CONSTRAINTS ALL DEFERRED",
    "RESET ALL",
    "SELECT set_config ('x', 'x', true)",
    "PREPARE p AS SELECT 1",
    "EXECUTE p ('x')",
    "EXPLAIN (ANALYZE off) EXECUTE p",
    "DEALLOCATE ALL",
    "DISCARD ALL",
    "CREATE TEMP TABLE t AS SELECT 'x'",
    "CREATE VIEW pg_temp . v AS SELECT 'x'",
    "SELECT 'x' INTO TEMP t",
    "DECLARE c CURSOR FOR SELECT 'x'",
    "FETCH 5 FROM c",
    "LISTEN c",
    "NOTIFY c, 'x'",
    "LOAD 'x'",
    "SELECT nextval ('x'), lastval ()",
    "SELECT pg_catalog . pg_try_advisory_lock (1)",
    "SELECT pg_advisory_unlock_all ()",
];

/// Pieces of texts that are likely to be read wrongly.
const PIECES: [&str; 44] = [
    "'",
    "''",
    "\"",
    "E'",
    "\\",
    "U&'",
    "U&\"",
    "$",
    "$$",
    "$a$",
    "$1",
    "/*",
    "*/",
    "--",
    "\n",
    ";",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "..",
    "::",
    "-",
    "+",
    "1",
    "0x",
    "1e5",
    "SELECT ",
    "SET ",
    "AS ",
    "INTO ",
    "TEMP ",
    "WITH ",
    "UNION ",
    "INSERT ",
    "RETURNING ",
    "EXPLAIN ",
    "CREATE ",
    "AT TIME ZONE ",
    "nextval(",
    "\u{e4}",
    "null ",
];

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(select(&PIECES[..]), 0..60).prop_map(|pieces| pieces.concat())
}

fn statement() -> impl Strategy<Value = &'static str> {
    select(&STATEMENTS[..])
}

fn blank() -> impl Strategy<Value = &'static str> {
    select(&[" ", "\n", "\t ", " /* SET a; ' */ ", "/**/", " -- nextval(\n", "/* /* */ ; */"][..])
}

/// How strong a verdict is.
fn strength(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Free => 0,
        Verdict::Doubtful(_) => 1,
        Verdict::Pins(_) => 2,
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), soup in soup()) {
        for text in [&bytes[..], soup.as_bytes()] {
            let verdict = judge(text);
            prop_assert_ne!(verdict, Verdict::Pins(Cause::TooLong));
            prop_assert!(digest(text).len() <= 8 * text.len() + 8);
        }
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
    fn of_two_statements_the_stronger_counts(a in statement(), b in statement()) {
        let (first, second) = (judge(a.as_bytes()), judge(b.as_bytes()));
        let expected = if strength(second) > strength(first) { second } else { first };
        prop_assert_eq!(judge(format!("{a};{b}").as_bytes()), expected);
    }

    #[test]
    fn what_stands_in_a_string_changes_nothing(statement in statement(), soup in soup()) {
        let quoted = statement.replace("'x'", &format!("'{}'", soup.replace('\'', "''")));
        prop_assert_eq!(judge(quoted.as_bytes()), judge(statement.as_bytes()));
        let in_dollars = statement.replace("'x'", &format!("$q${soup}$q$"));
        prop_assert_eq!(judge(in_dollars.as_bytes()), judge(statement.as_bytes()));
    }

    #[test]
    fn a_string_that_is_replaced_does_not_show(soup in soup()) {
        let text = format!("SELECT '{}', set_config($q${soup}$q$)", soup.replace('\'', "''"));
        prop_assert_eq!(digest(text.as_bytes()), "select $1, set_config($2)");
    }

    #[test]
    fn blanks_and_letters_change_nothing(
        statement in statement(),
        blanks in prop::collection::vec(blank(), 40),
        small in prop::collection::vec(any::<bool>(), 200),
    ) {
        let mut blanks = blanks.iter().cycle();
        let mut small = small.iter().cycle();
        let letter = |letter: char| {
            let is_small = *small.next().unwrap() && letter != 'x';
            if is_small { letter.to_ascii_lowercase() } else { letter }
        };
        let text: String = statement.chars().map(letter).collect();
        let text: String = text.split(' ').flat_map(|word| [word, blanks.next().unwrap()]).collect();
        prop_assert_eq!(judge(text.as_bytes()), judge(statement.as_bytes()), "{}", text);
    }

    #[test]
    fn a_comment_at_the_end_changes_nothing(statement in statement(), soup in soup()) {
        let line = format!("{statement} -- {}", soup.replace('\n', " "));
        prop_assert_eq!(judge(line.as_bytes()), judge(statement.as_bytes()));
        let block = format!("{statement} /* {} */", soup.replace("*/", "").replace("/*", ""));
        prop_assert_eq!(judge(block.as_bytes()), judge(statement.as_bytes()));
    }

    #[test]
    fn a_digest_is_its_own_digest(a in statement(), b in statement()) {
        let once = digest(format!("{a}; {b}").as_bytes());
        prop_assert_eq!(digest(once.as_bytes()), once);
    }

    #[test]
    fn length_alone_makes_a_text_too_long(statement in statement(), beyond in 0_usize..3) {
        let text = format!("{statement}{}", " ".repeat(LIMIT - 1 + beyond - statement.len()));
        let verdict = judge(text.as_bytes());
        let expected = if beyond > 1 { Verdict::Pins(Cause::TooLong) } else { judge(statement.as_bytes()) };
        prop_assert_eq!(verdict, expected);
    }
}
