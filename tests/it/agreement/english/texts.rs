//! Where texts are in files: pages, templates, programs.

use std::path::Path;

use serde_json::Value;

use crate::agreement::page;

/// A text and where it is.
pub(super) struct Text {
    pub(super) place: String,
    pub(super) text: String,
}

/// The lines of a file.
pub(super) fn lines(name: &str) -> Vec<Text> {
    let lines = page(name);
    let lines = (1..).zip(lines.lines());
    lines
        .map(|(number, line)| Text { place: format!("{name}:{number}"), text: line.to_owned() })
        .collect()
}

/// Every file below a folder whose name ends so.
pub(super) fn files_of(folder: &str, ending: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                names.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    names.sort();
    names
}

/// The texts of a template that the console or an error shows.
pub(super) fn describe(place: &str, value: &Value, texts: &mut Vec<Text>) {
    const KEYS: [&str; 5] = [
        "Description",
        "AssertDescription",
        "ConstraintDescription",
        "GroupDescription",
        "default",
    ];
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let place = format!("{place}/{key}");
                match value.as_str() {
                    Some(text) if KEYS.contains(&key.as_str()) => {
                        texts.push(Text { place, text: text.to_owned() });
                    }
                    Some(_) => {}
                    None => describe(&place, value, texts),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| describe(place, item, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The string literals of a Rust source, each with its line.
pub(super) fn literals(source: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut rest = source;
    let mut line = 1;
    while let Some(at) = rest.find(['"', '/', '\'', 'r']) {
        let (before, here) = rest.split_at(at);
        line += before.matches('\n').count();
        let before = before.chars().next_back();
        let after = if let Some(comment) = here.strip_prefix("//") {
            comment.split_once('\n').map_or("", |(_, after)| after)
        } else if let Some(comment) = here.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, after)| after)
        } else if let Some((text, after)) = raw_literal(here).filter(|_| is_start(before)) {
            found.push((line, text.to_owned()));
            after
        } else if let Some(text) = here.strip_prefix('"') {
            let (text, after) = literal(text);
            found.push((line, text));
            after
        } else {
            after_character(here)
        };
        line += here.strip_suffix(after).unwrap_or(here).matches('\n').count();
        rest = after;
    }
    found
}

/// Whether an `r` here begins a raw literal instead of being a part of a name.
fn is_start(before: Option<char>) -> bool {
    before.is_none_or(|letter| letter == 'b' || !(letter.is_alphanumeric() || letter == '_'))
}

fn raw_literal(here: &str) -> Option<(&str, &str)> {
    let hashes = here.strip_prefix('r')?;
    let quoted = hashes.trim_start_matches('#');
    let count = hashes.len() - quoted.len();
    let text = quoted.strip_prefix('"')?;
    text.split_once(&format!("\"{}", "#".repeat(count)))
}

/// A literal's text behind its opening quote, with what follows; a line that goes on is joined.
fn literal(behind: &str) -> (String, &str) {
    let mut text = String::new();
    let mut letters = behind.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return (text, letters.as_str()),
            '\\' => match letters.next() {
                Some('\n') => {
                    let rest = letters.as_str();
                    let skipped = rest.len() - rest.trim_start().len();
                    letters.by_ref().take(skipped).for_each(drop);
                }
                Some('n') => text.push('\n'),
                Some(escaped) => text.push(escaped),
                None => {}
            },
            _ => text.push(letter),
        }
    }
    (text, "")
}

/// What follows a character literal, a lifetime, or any other character.
fn after_character(here: &str) -> &str {
    for quote in ["'\"'", "'\\\"'", "'\\''", "'\\\\'"] {
        if let Some(after) = here.strip_prefix(quote) {
            return after;
        }
    }
    let mut letters = here.chars();
    letters.next();
    letters.as_str()
}

#[test]
fn a_literal_is_found_whatever_stands_around_it() {
    let source = r##"// "no" 'no'
        let a = "one \"two\" \
                 three"; let b: &'static str = r#"four "five"."#; let c = '"'; /* "no" */ b"six";"##;
    let found: Vec<_> = literals(source).into_iter().map(|(_, text)| text).collect();
    assert_eq!(found, ["one \"two\" three", "four \"five\".", "six"]);
}
