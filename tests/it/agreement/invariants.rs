//! The tests that ARCHITECTURE.md's invariants name. Existence alone is checked here, by source
//! text; that each holds its invariant is for a reader to judge.

use std::fs;
use std::path::Path;

use super::page;
use super::pages::{in_backticks, rows};

/// The folder that a prefix stands for.
const FOLDERS: [(&str, &str); 7] = [
    ("src: ", "src"),
    ("cli: ", "cli/src"),
    ("cli-it: ", "cli/tests/it"),
    ("emulator: ", "emulator/src"),
    ("emulator-it: ", "emulator/tests/it"),
    ("db-users-it: ", "db-users/tests/it"),
    ("", "tests/it"),
];

/// The source of a module's path, and the names that are left for modules inside it.
fn source<'a>(folder: &str, path: &[&'a str]) -> Option<(String, Vec<&'a str>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    (1..=path.len()).rev().find_map(|length| {
        let (modules, inner) = path.split_at(length);
        let module = root.join(modules.join("/"));
        let file = [module.with_extension("rs"), module.join("mod.rs")];
        let text = file.iter().find_map(|path| fs::read_to_string(path).ok())?;
        Some((text, inner.to_vec()))
    })
}

/// Whether there is a test or a module of this name.
fn exists(name: &str) -> bool {
    let place = FOLDERS.iter().find_map(|(prefix, folder)| {
        name.strip_prefix(prefix).map(|path| (folder, path.split("::").collect::<Vec<_>>()))
    });
    let Some((folder, path)) = place else { return false };
    let Some((text, inner)) = source(folder, &path) else { return false };
    let Some((last, modules)) = inner.split_last() else { return true };
    let is_module = |name: &&str| text.contains(&format!("mod {name} {{"));
    let is_there = text.contains(&format!("fn {last}(")) || is_module(last);
    is_there && modules.iter().all(is_module)
}

#[test]
fn every_test_that_an_invariant_names_exists() {
    let makefile = page("Makefile");
    let names = in_backticks(rows(&page("ARCHITECTURE.md"), "| invariant").into_iter(), 3);
    assert!(names.len() > 60, "{}", names.len());
    for name in names {
        let is_there = match name.strip_prefix("make ") {
            Some(verb) => makefile.contains(&format!("\n{verb}: ")),
            None if name.contains("::") => exists(&name),
            None => page("clippy.toml").contains(&name.replace('_', "-")),
        };
        assert!(is_there, "ARCHITECTURE.md names {name}, which does not exist");
    }
}

#[test]
fn a_name_that_is_wrong_anywhere_is_no_test() {
    let name = "emulator: token::property::one_changed_byte_makes_it_bad";
    assert!(exists(name));
    for (part, wrong) in [("token", "tokens"), ("property", "proper"), ("one_", "two_")] {
        assert!(!exists(&name.replacen(part, wrong, 1)), "{wrong}");
    }
    assert!(!exists("src: nothing"));
}
