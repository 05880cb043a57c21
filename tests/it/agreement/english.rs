//! Sentences that users see are plain English: pages, descriptions of templates, the Makefile's help,
//! and every text in the programs. The words below made them hard to read for people who are tired
//! or not native speakers; a usual word says the same.

use std::path::Path;

use serde_json::Value;

use super::yaml::Template;
use super::{page, sources};

/// What is not written, and what usually is instead.
const AVOIDED: [(&str, &str); 46] = [
    ("whom", "that, or another subject"),
    ("whoever", "the caller, the principal, the client"),
    ("whomever", "the caller, the principal, the client"),
    ("nobody", "no client, no one, or the passive"),
    ("somebody", "a client, a caller"),
    ("everybody", "every user, everyone"),
    ("of its own", "its own, or a separate"),
    ("of their own", "their own, or separate"),
    ("of which", "two sentences"),
    ("of whose", "two sentences"),
    ("by itself", "itself, or automatically"),
    ("by themselves", "themselves, or automatically"),
    ("in the place of", "instead of"),
    ("the way to", "the path to, how to"),
    ("can be had", "is available"),
    ("could be had", "was available"),
    ("could not be had", "was not available"),
    ("to be had", "available"),
    ("is told", "gets"),
    ("are told", "get"),
    ("was told", "got"),
    ("be told", "get"),
    ("lets", "allows, makes"),
    ("to mend", "to fix"),
    ("mended", "fixed"),
    ("reckon", "expect, count"),
    ("reckons", "expects, counts"),
    ("reckoned", "expected, counted"),
    ("bear", "carry, withstand"),
    ("bears", "carries, withstands"),
    ("deed", "action"),
    ("deeds", "actions"),
    ("ailing", "unavailable, failing"),
    ("anew", "again"),
    ("meanwhile", "while, in the meantime"),
    ("without a word", "silently"),
    ("has ended", "has expired, was closed"),
    ("have ended", "have expired, were closed"),
    ("had ended", "had expired, was closed"),
    ("sign in", "log in"),
    ("signs in", "logs in"),
    ("signing in", "logging in"),
    ("come about", "succeed"),
    ("came about", "succeeded"),
    ("mildest", "lowest"),
    ("spoken", "said, written"),
];

/// Avoided only at the end of a clause: "a key of its own", not "of its own account".
const AT_THE_END: [&str; 2] = ["of its own", "of their own"];

/// A place that keeps such a word: the file, a part of the text, and why.
const EXCEPTIONS: [(&str, &str, &str); 2] = [
    ("emulator/src/backend/programs.rs", "nobody", "the system's user of this name"),
    ("emulator/src/backend/cluster_error.rs", "nobody", "the system's user of this name"),
];

/// A text and where it is.
struct Text {
    place: String,
    text: String,
}

#[test]
fn pages_are_plain() {
    let mut texts = Vec::new();
    let pages = ["README.md", "TROUBLESHOOTING.md", "Makefile"].map(str::to_owned);
    let modules = files_of("infra/terraform", "md");
    for name in pages.into_iter().chain(files_of("docs", "md")).chain(modules) {
        let is_help = name == "Makefile";
        for (number, line) in (1..).zip(page(&name).lines()) {
            let line =
                if is_help { line.split_once("## ").map(|(_, help)| help) } else { Some(line) };
            let place = format!("{name}:{number}");
            texts.extend(line.map(|line| Text { place, text: line.to_owned() }));
        }
    }
    assert!(texts.len() > 1_000, "{}", texts.len());
    check(&texts);
}

#[test]
fn descriptions_of_templates_are_plain() {
    let mut texts = Vec::new();
    for template in Template::all() {
        describe(&template.name, &template.body, &mut texts);
    }
    for name in files_of("infra/terraform", "tf") {
        for (number, line) in (1..).zip(page(&name).lines()) {
            let line = line.trim_start();
            if line.starts_with("description") || line.starts_with("error_message") {
                texts.push(Text { place: format!("{name}:{number}"), text: line.to_owned() });
            }
        }
    }
    assert!(texts.len() > 200, "{}", texts.len());
    check(&texts);
}

/// The help of an option is the comment above its field.
#[test]
fn help_of_emulator_and_command_line_is_plain() {
    let mut texts: Vec<Text> = Vec::new();
    let options = ["emulator/src/cli/mod.rs", "emulator/src/cli/pool.rs"].into_iter();
    for name in options.chain(["cli/src/options/mod.rs", "cli/src/options/connection.rs"]) {
        let mut goes_on = false;
        for (number, line) in (1..).zip(page(name).lines()) {
            let comment = line.trim_start().strip_prefix("///");
            match (comment, texts.last_mut().filter(|_| goes_on)) {
                (Some(comment), Some(text)) => text.text.push_str(comment),
                (Some(comment), None) => {
                    texts
                        .push(Text { place: format!("{name}:{number}"), text: comment.to_owned() });
                }
                (None, _) => {}
            }
            goes_on = comment.is_some();
        }
    }
    assert!(texts.len() > 30, "{}", texts.len());
    check(&texts);
}

#[test]
fn texts_in_the_programs_are_plain() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for path in sources(&["src", "cli/src", "emulator/src", "db-users/src"]) {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap();
        if name.contains("/tests") {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        let program = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for (line, text) in literals(program) {
            texts.push(Text { place: format!("{name}:{line}"), text });
        }
    }
    assert!(texts.len() > 2_000, "{}", texts.len());
    check(&texts);
}

#[test]
fn a_literal_is_found_whatever_stands_around_it() {
    let source = r##"// "no" 'no'
        let a = "one \"two\" \
                 three"; let b: &'static str = r#"four "five"."#; let c = '"'; /* "no" */ b"six";"##;
    let found: Vec<_> = literals(source).into_iter().map(|(_, text)| text).collect();
    assert_eq!(found, ["one \"two\" three", "four \"five\".", "six"]);
}

#[test]
fn a_word_is_found_in_any_case_and_only_whole() {
    assert_eq!(avoided("It LETS it through."), Some("lets"));
    assert_eq!(avoided("a module of its own, too"), Some("of its own"));
    for plain in ["outlets", "a bearer token", "of its owner", "indeed", "of its own account"] {
        assert_eq!(avoided(plain), None, "{plain}");
    }
}

#[test]
fn every_exception_is_still_needed() {
    for (file, part, reason) in EXCEPTIONS {
        assert!(avoided(part).is_some(), "{part:?} has no avoided word");
        assert!(page(file).contains(part), "{file} no longer has {part:?} ({reason})");
    }
}

#[track_caller]
fn check(texts: &[Text]) {
    let is_excepted = |text: &Text| {
        EXCEPTIONS
            .iter()
            .any(|(file, part, _)| text.place.starts_with(file) && text.text.contains(part))
    };
    let found: Vec<String> = texts
        .iter()
        .filter(|text| !is_excepted(text))
        .filter_map(|text| {
            let word = avoided(&text.text)?;
            let (_, instead) = AVOIDED.iter().find(|(known, _)| *known == word)?;
            Some(format!("{}: \"{word}\" (rather: {instead}) in {:?}", text.place, text.text))
        })
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// The first avoided word in a text.
fn avoided(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    let is_inside = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    let has = |word: &str| {
        text.match_indices(word).any(|(start, found)| {
            let (before, rest) = text.split_at(start);
            let before = before.chars().next_back();
            let after = rest.strip_prefix(found).and_then(|rest| rest.chars().next());
            let goes_on = AT_THE_END.contains(&word) && after == Some(' ');
            !is_inside(before) && !is_inside(after) && !goes_on
        })
    };
    AVOIDED.iter().map(|(word, _)| *word).find(|word| has(word))
}

/// Every file below a folder whose name ends so.
fn files_of(folder: &str, ending: &str) -> Vec<String> {
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
fn describe(place: &str, value: &Value, texts: &mut Vec<Text>) {
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
fn literals(source: &str) -> Vec<(usize, String)> {
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
