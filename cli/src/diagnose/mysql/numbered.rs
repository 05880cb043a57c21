//! An error's number, with what stands beside it: an SQLSTATE, and the server's words.

/// What separates a number, an SQLSTATE and the words.
const BETWEEN: [char; 11] = ['(', ')', '[', ']', ':', ',', ' ', '"', '\'', '`', '/'];

/// What may stand between them besides.
const LABELS: [&str; 11] = [
    "SQLState",
    "sqlState",
    "sqlMessage",
    "message",
    "state",
    "number",
    "Some",
    "u",
    "b",
    "at",
    "line",
];

/// What says that an error's number follows, in lower case.
const MARKS: [&str; 8] =
    ["error ", "no: ", "errno\":", "number: ", "errorcode ", "code: ", "database: ", "] ["];

/// A number that may be an error's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Numbered<'a> {
    pub(super) number: u16,
    pub(super) sqlstate: Option<&'a str>,
    /// What follows it.
    pub(super) words: &'a str,
    /// Whether what is before it says that it is an error's.
    pub(super) is_marked: bool,
}

/// The numbers of four digits in a line.
pub(super) fn numbers(line: &str) -> impl Iterator<Item = Numbered<'_>> {
    let starts = line.char_indices().filter(|(_, letter)| letter.is_ascii_digit());
    starts.filter_map(|(start, _)| {
        let (before, rest) = (line.get(..start)?, line.get(start..)?);
        let (digits, after) = (rest.get(..4)?, rest.get(4..)?);
        let is_part = |letter: char| letter.is_alphanumeric() || ['.', '-', '_'].contains(&letter);
        if before.ends_with(is_part) || after.starts_with(is_part) {
            return None;
        }
        let number = digits.parse().ok()?;
        let (after_state, words) = skip(after);
        let sqlstate = after_state.or_else(|| state_before(before));
        let is_tuple = before.ends_with('(') && after.starts_with(',');
        let is_marked = is_tuple || MARKS.iter().any(|mark| ends_with(before, mark));
        Some(Numbered { number, sqlstate, words, is_marked })
    })
}

/// Whether a text ends with this mark, in whatever case.
fn ends_with(text: &str, mark: &str) -> bool {
    let end = text.len().checked_sub(mark.len()).and_then(|at| text.get(at..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(mark))
}

/// An SQLSTATE, if one is next, and the first words that are neither that nor a label.
fn skip(mut rest: &str) -> (Option<&str>, &str) {
    let mut sqlstate = None;
    loop {
        rest = rest.trim_start_matches(BETWEEN);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if is_state(word) {
            sqlstate = sqlstate.or(Some(word));
        } else if !LABELS.contains(&word) && !is_line_number(word) {
            return (sqlstate, rest);
        }
        rest = after;
    }
}

/// `ERROR 1045 (28000) at line 1: …`
fn is_line_number(word: &str) -> bool {
    !word.is_empty() && word.len() < 4 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// `SQLSTATE[28000] [1045]`, `ERROR HY000 (1040)`, `Some("28000"), number: 1045`
fn state_before(before: &str) -> Option<&str> {
    let before = before.trim_end_matches(BETWEEN);
    let before = before.strip_suffix("number").unwrap_or(before).trim_end_matches(BETWEEN);
    let start = before.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
    before.get(start..).filter(|word| is_state(word))
}

fn is_state(word: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
    word.len() == 5 && word.bytes().all(is_part) && word.contains(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(line: &str) -> Option<(u16, Option<&str>, &str, bool)> {
        numbers(line).next().map(|it| (it.number, it.sqlstate, it.words, it.is_marked))
    }

    #[test]
    fn each_drivers_form_is_read() {
        let state = Some("28000");
        for (line, expected) in [
            ("ERROR 1045 (28000): no", (1045, state, "no", true)),
            ("ERROR 1045 (28000) at line 12: no", (1045, state, "no", true)),
            ("panic: Error 1045: no", (1045, None, "no", true)),
            ("ProgrammingError: 1045 (28000): no", (1045, state, "no", false)),
            ("OperationalError: (1045, \"no\")", (1045, None, "no\")", true)),
            ("OperationalError: (1045, u'no')", (1045, None, "no')", true)),
            ("SQLSTATE[28000] [1045] no", (1045, state, "no", true)),
            ("(28000/1045): no", (1045, state, "no", false)),
            ("ERROR 28000 (1045): no", (1045, state, "no", false)),
            ("(conn=5, no: 1045, SQLState: 28000) no", (1045, state, "no", true)),
            ("Some(\"28000\"), number: 1045, message: \"no\" }", (1045, state, "no\" }", true)),
            ("error returned from database: 1045 (28000): no", (1045, state, "no", true)),
            ("errno: 1045, sqlState: '28000', sqlMessage: 'no'", (1045, state, "no'", true)),
            ("errorCode 1045, state 28000", (1045, state, "", true)),
        ] {
            assert_eq!(first(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn a_part_of_something_else_is_no_number() {
        for line in ["2024-06-12", "10.1045", "0x1045a", "1045.js", "12345", "x1045", "104"] {
            assert_eq!(first(line), None, "{line}");
        }
        assert!(!first("File \"connections.py\", line 1053, in connect").unwrap().3);
    }
}
