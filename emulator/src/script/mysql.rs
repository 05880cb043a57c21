//! The statements of a script, one by one, as the `mysql` client takes a file apart.
//!
//! Owns its `DELIMITER` command, without which a stored program and what
//! follows it can't be distinguished.
//! Where a statement ends otherwise is `sql`'s to say.
//! <https://dev.mysql.com/doc/refman/8.4/en/stored-programs-defining.html>

use super::Statement;
use crate::sql::mysql::split;

/// The statements of a text, in order.
pub(super) fn statements(text: &str) -> Vec<Statement<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut statements = Vec::new();
    let (mut delimiter, mut begin, mut at) = (";", 0, 0);
    for line in text.split_inclusive('\n') {
        if let Some(next) = delimiter_of(line) {
            add(text, begin..at, delimiter, &mut statements);
            (delimiter, begin) = (next, at + line.len());
        }
        at += line.len();
    }
    add(text, begin..at, delimiter, &mut statements);
    statements
}

/// What a `DELIMITER` line names.
fn delimiter_of(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    words.next().filter(|first| first.eq_ignore_ascii_case("delimiter"))?;
    words.next()
}

/// Adds the statements of a part of the text.
fn add<'a>(
    text: &'a str,
    part: std::ops::Range<usize>,
    delimiter: &str,
    statements: &mut Vec<Statement<'a>>,
) {
    let (before, part) = (part.start, text.get(part).unwrap_or_default());
    let mut at = 0;
    let found = if delimiter == ";" {
        split(part)
    } else {
        part.split(delimiter).map(str::trim).filter(|text| !text.is_empty()).collect()
    };
    for found in found {
        // It is a part of this one, behind the one before.
        at += part.get(at..).and_then(|rest| rest.find(found)).unwrap_or_default();
        let line = 1 + text.bytes().take(before + at).filter(|byte| *byte == b'\n').count();
        statements.push(Statement { text: found, line });
        at += found.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_of_its_own_keeps_a_stored_program_in_one_piece() {
        let script = "CREATE TABLE t (a int);\n-- a comment; with a semicolon\nINSERT INTO t VALUES \
                      (1);\nDELIMITER //\nCREATE PROCEDURE p() BEGIN\nSELECT 1; SELECT 2;\nEND//\n\n\
                      SELECT 3 //\ndelimiter ;\nSELECT 4";
        let found = statements(script);
        let found: Vec<_> =
            found.iter().map(|statement| (statement.line, statement.text)).collect();
        assert_eq!(
            found,
            [
                (1, "CREATE TABLE t (a int)"),
                (3, "INSERT INTO t VALUES (1)"),
                (5, "CREATE PROCEDURE p() BEGIN\nSELECT 1; SELECT 2;\nEND"),
                (9, "SELECT 3"),
                (11, "SELECT 4"),
            ]
        );
        assert!(statements("-- nothing\n").is_empty());
    }
}
