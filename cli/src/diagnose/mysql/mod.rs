//! MySQL's errors inside another text: a number beside the server's words, in the form of each
//! driver, a name such as `ER_BAD_DB_ERROR`, or the words alone.

mod numbered;
mod tables;

use rds_proxy_probe::session::ErrorCode;

use super::quoted::{self, Hints, Quoted};
use numbered::{Numbered, numbers};
use tables::{NAMES, WORDS};

/// The first error of MySQL's that is known.
pub(super) fn find(text: &str, hints: Hints) -> Option<Quoted> {
    let lines: Vec<String> = text.lines().map(quoted::readable).collect();
    let numbered = || lines.iter().flat_map(|line| numbers(line)).filter(|it| is_errors(it, hints));
    let mut with_words = numbered().filter(|it| !it.words.is_empty());
    with_words.find_map(|it| known(it.number, it.sqlstate, it.words, hints)).or_else(|| {
        let known_words = lines.iter().find_map(|line| words(line));
        let named = || lines.iter().find_map(|line| name(line));
        let number = numbered().next().map(|it| it.number).or_else(named);
        let number = number.or_else(|| known_words.map(|(number, _)| number))?;
        // Node.js's drivers have the number lines below the words.
        let thrown = || lines.iter().find_map(|line| line.split_once("Error: "));
        let words =
            known_words.map(|(_, words)| words).or_else(|| thrown().map(|(_, words)| words));
        known(number, None, words.unwrap_or_default(), hints)
    })
}

/// Whether a number is an error's for certain: a line of code and a process have numbers too.
fn is_errors(it: &Numbered<'_>, hints: Hints) -> bool {
    let are_known = || WORDS.iter().any(|(parts, _)| begins(it.words, parts));
    it.sqlstate.is_some() || (it.is_marked && hints.is_mysql) || are_known()
}

/// The words of an error that are known, from there to the end of the line, and its number.
fn words(line: &str) -> Option<(u16, &str)> {
    WORDS.iter().find_map(|(parts, number)| {
        let found = line.get(line.find(parts.first()?)?..)?;
        begins(found, parts).then_some((*number, found))
    })
}

/// Whether a text begins with the first of these parts, and has the others in their order.
fn begins(text: &str, parts: &[&str]) -> bool {
    let Some((first, others)) = parts.split_first() else { return false };
    let mut rest = text.strip_prefix(first);
    for part in others {
        rest = rest.and_then(|rest| rest.split_once(part)).map(|(_, rest)| rest);
    }
    rest.is_some()
}

/// The number of an error's name.
fn name(line: &str) -> Option<u16> {
    let mut words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let number = |word| NAMES.iter().find(|(name, _)| *name == word).map(|(_, number)| *number);
    words.find_map(number)
}

/// How many single quotes there are, without apostrophes.
fn quotes(words: &str) -> usize {
    let apostrophes = words.as_bytes().windows(3).filter(|around| {
        matches!(around, [before, b'\'', after] if before.is_ascii_alphabetic() && after.is_ascii_alphabetic())
    });
    words.matches('\'').count() - apostrophes.count()
}

fn known(number: u16, sqlstate: Option<&str>, words: &str, hints: Hints) -> Option<Quoted> {
    let mut words = quoted::shown(words);
    words.truncate(words.trim_end_matches(['"', '\'', '`', ')', '}', ' ', ',']).len());
    // A quote or a parenthesis that is open is closed by the server's own.
    if quotes(&words) % 2 == 1 {
        words.push('\'');
    }
    if words.matches('(').count() > words.matches(')').count() {
        words.push(')');
    }
    quoted::known(ErrorCode::mysql(number, sqlstate), words, hints)
}
