//! A server's words inside another text: behind a severity, a driver's prefix, a quote.

use rds_proxy_probe::diagnosis::{Diagnosis, Facts, of_server_error};
use rds_proxy_probe::session::{ErrorCode, ServerError};

/// The longest part of a line that is looked at, in characters.
const LINE: usize = 2_000;

/// The longest part of a server's words that is shown, in characters.
const SHOWN: usize = 300;

/// What stands before a server's words for certain.
const SEVERITIES: [&str; 7] = ["FATAL:", "ERROR:", "PANIC:", "FATAL ", "ERROR ", "error:", "pq:"];

/// What may stand before them.
const BEFORE: [char; 7] = [':', '"', '\'', '(', '[', ',', ')'];

/// What ends them, and may be followed by anything.
const AFTER: [&str; 6] = ["\",\"", "\", \"", "\"}", "://", "password=", " SQLSTATE"];

/// A server's error as it was quoted.
pub(super) struct Quoted {
    pub(super) diagnosis: Diagnosis,
    pub(super) words: String,
}

/// The first error of a server that is known.
pub(super) fn find(text: &str) -> Option<Quoted> {
    text.lines().find_map(in_line)
}

fn in_line(line: &str) -> Option<Quoted> {
    let line: String = line.chars().filter(|c| !c.is_control()).take(LINE).collect();
    let behind = |at: usize, length: usize| line.get(at + length..).map(str::trim);
    let severe = SEVERITIES.into_iter().flat_map(|mark| {
        line.match_indices(mark).filter_map(move |(at, _)| behind(at, mark.len()))
    });
    let others = line.match_indices(BEFORE).filter_map(|(at, mark)| behind(at, mark.len()));
    let whole = std::iter::once(line.trim());
    severe.chain(others).chain(whole).find_map(|words| {
        let words = shown(words);
        let diagnosis = known(ErrorCode::PostgreSql(None), &words)?;
        Some(Quoted { diagnosis, words })
    })
}

/// The words alone: what follows may be a connection string.
fn shown(words: &str) -> String {
    let ends = AFTER.iter().filter_map(|mark| words.find(mark));
    let end = ends.min().unwrap_or(words.len());
    let words = words.get(..end).unwrap_or_default();
    let mut shown: String = words.chars().take(SHOWN).collect();
    // A scheme before what was cut off.
    if end < words.len() || words.len() > shown.len() {
        shown.push('…');
    }
    shown
}

/// The error that an SQLSTATE alone names.
pub(super) fn by_sqlstate(text: &str) -> Option<Diagnosis> {
    let lines = text.lines().filter(|line| {
        let line = line.to_ascii_lowercase();
        line.contains("sqlstate") || line.contains("code")
    });
    let words = lines.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric()));
    let is_one = |word: &&str| {
        let is_part = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
        word.len() == 5 && word.bytes().all(is_part)
    };
    words.filter(is_one).find_map(|word| known(ErrorCode::postgresql(word), ""))
}

fn known(code: ErrorCode, message: &str) -> Option<Diagnosis> {
    of_server_error(ServerError { code, message: message.to_owned() }, &Facts::default())
}
