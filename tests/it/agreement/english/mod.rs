//! Sentences that users and contributors see are plain English: pages, descriptions of templates,
//! the Makefile's help, every text in the programs, and tools and scripts. The words below made them
//! hard to read for people who are tired or not native speakers; a usual word says the same.

mod texts;

use std::path::Path;

use super::yaml::Template;
use super::{page, sources};
use texts::{Text, describe, files_of, lines, literals};

/// What is not written, and what usually is instead.
const AVOIDED: [(&str, &str); 47] = [
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
    ("likewise", "the same, or what it is"),
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

/// A place that keeps such a word: the file, a part of the text, and why.
const EXCEPTIONS: [(&str, &str, &str); 5] = [
    ("docs/deploy.md", "of its own account", "whose account"),
    ("docs/performance/robustness.md", "of its own limits", "whose limits"),
    ("tools/cluster.py", "nobody", "the system's user of this name"),
    ("emulator/src/backend/programs.rs", "nobody", "the system's user of this name"),
    ("emulator/src/backend/cluster_error.rs", "nobody", "the system's user of this name"),
];

#[test]
fn pages_are_plain() {
    let mut found = Vec::new();
    let pages = [
        "README.md",
        "TROUBLESHOOTING.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "emulator/README.md",
        "db-users/README.md",
        "emulator/src/emulator/admin/page.html",
        "cli/src/check/head.html",
    ];
    let pages = pages.map(str::to_owned).into_iter();
    for name in pages.chain(files_of("docs", "md")).chain(files_of("infra", "md")) {
        found.extend(lines(&name));
    }
    // What is released stays as it was.
    let is_older = |text: &Text| text.text.starts_with("## ") && text.text != "## Unreleased";
    found.extend(lines("CHANGELOG.md").into_iter().take_while(|text| !is_older(text)));
    let help = lines("Makefile").into_iter().filter_map(|Text { place, text }| {
        text.split_once("## ").map(|(_, help)| Text { place, text: help.to_owned() })
    });
    found.extend(help);
    assert!(found.len() > 2_000, "{}", found.len());
    check(&found);
}

/// With their comments: who reads them is a contributor.
#[test]
fn tools_and_scripts_are_plain() {
    let scripts = files_of("emulator/src", "sh");
    let texts: Vec<Text> =
        files_of("tools", "py").iter().chain(&scripts).flat_map(|name| lines(name)).collect();
    assert!(texts.len() > 3_000, "{}", texts.len());
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
fn a_word_is_found_in_any_case_and_only_whole() {
    assert_eq!(avoided("It LETS it through."), Some("lets"));
    assert_eq!(avoided("a module of its own, too"), Some("of its own"));
    for plain in ["outlets", "a bearer token", "of its owner", "indeed"] {
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
            !is_inside(before) && !is_inside(after)
        })
    };
    AVOIDED.iter().map(|(word, _)| *word).find(|word| has(word))
}
