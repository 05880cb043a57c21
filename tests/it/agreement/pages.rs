//! Codes, variables and the pages that list them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rds_proxy_probe::config::VARIABLES;
use rds_proxy_probe::diagnosis::{Code, troubleshooting_page};
use rds_proxy_probe::probe::Step;

use super::page;

/// The texts in backticks in one cell of the rows of a Markdown table.
pub(super) fn in_backticks(rows: impl Iterator<Item = String>, column: usize) -> BTreeSet<String> {
    rows.flat_map(|row| {
        let cell = row.split('|').nth(column).unwrap_or_default().to_owned();
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()
    })
    .collect()
}

/// The rows of the tables whose head begins like this.
pub(super) fn rows(page: &str, head: &str) -> Vec<String> {
    let mut rows = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line.starts_with(head) {
            let table = lines.by_ref().take_while(|line| line.starts_with('|'));
            rows.extend(table.skip(1).map(str::to_owned));
        }
    }
    assert!(!rows.is_empty(), "no table begins with {head}");
    rows
}

fn codes() -> BTreeSet<String> {
    Code::ALL.iter().map(|code| code.as_str().to_owned()).collect()
}

#[test]
fn troubleshooting_is_the_page_that_the_code_makes() {
    let hint = "run: cargo run --example troubleshooting > TROUBLESHOOTING.md";
    assert!(page("TROUBLESHOOTING.md") == troubleshooting_page(), "{hint}");
}

#[test]
fn every_code_has_an_entry_with_a_meaning_and_a_cause() {
    let mut sentences = HashSet::new();
    for code in Code::ALL {
        let entry = code.entry();
        assert!(entry.meaning.ends_with('.') && !entry.causes.is_empty(), "{code:?}");
        for advice in entry.causes {
            assert!(advice.cause.ends_with('.') && !advice.remedy.is_empty(), "{advice:?}");
            sentences.insert(advice.cause);
        }
    }
    assert!(sentences.len() > Code::ALL.len());
}

#[test]
fn the_reference_lists_the_codes_of_each_step() {
    let listed = rows(&page("docs/reference.md"), "| step | codes");
    for step in Step::ALL {
        let of_step =
            listed.iter().filter(|row| row.starts_with(&format!("| `{}`", step.as_str())));
        let codes = Code::ALL.iter().filter(|code| code.steps().contains(&step));
        let codes: BTreeSet<String> = codes.map(|code| code.as_str().to_owned()).collect();
        assert_eq!(in_backticks(of_step.cloned(), 2), codes, "{step:?}");
    }
    assert_eq!(in_backticks(listed.into_iter(), 2), codes());
}

#[test]
fn the_reference_lists_the_steps_in_order() {
    let steps: Vec<String> = Step::ALL.iter().map(|step| format!("`{}`", step.as_str())).collect();
    assert!(page("docs/reference.md").contains(&steps.join(" · ")), "{}", steps.join(" · "));
}

/// Every variable that the code reads; that it reads these and no others is tested beside the list.
pub(super) fn variables_read() -> BTreeSet<String> {
    VARIABLES.iter().map(|variable| variable.name.to_owned()).collect()
}

#[test]
fn readme_and_reference_list_the_variables() {
    let read = variables_read();
    assert_eq!(read.len(), 17, "{read:?}");
    for name in ["README.md", "docs/reference.md"] {
        let listed = in_backticks(rows(&page(name), "| variable").into_iter(), 1);
        assert_eq!(listed, read, "{name}");
    }
}

#[test]
fn problems_come_in_the_order_of_the_reference() {
    let listed: Vec<String> = rows(&page("docs/reference.md"), "| variable")
        .iter()
        .filter_map(|row| row.split('`').nth(1).map(str::to_owned))
        .collect();
    let in_code: Vec<&str> = VARIABLES.iter().map(|variable| variable.name).collect();
    assert_eq!(listed, in_code);
}

/// Each variable's default as the reference has it, without backticks.
pub(super) fn reference_defaults() -> BTreeMap<String, String> {
    let cell = |row: &str, column| row.split('|').nth(column).unwrap().replace('`', "");
    let rows = rows(&page("docs/reference.md"), "| variable").into_iter();
    rows.filter(|row| row.contains('`'))
        .map(|row| (cell(&row, 1).trim().to_owned(), cell(&row, 2).trim().to_owned()))
        .collect()
}

/// The dependencies that a manifest lists under a heading.
fn dependencies(manifest: &str, heading: &str) -> BTreeSet<String> {
    let text = page(manifest);
    let lines = text.lines().skip_while(|line| *line != heading).skip(1);
    let section = lines.take_while(|line| !line.starts_with('['));
    let names = section.filter_map(|line| line.split([' ', '.', '=']).next());
    names.filter(|name| !name.is_empty() && !name.starts_with('#')).map(str::to_owned).collect()
}

/// The names in the first column of the table below a heading.
fn table_below(text: &str, heading: &str) -> BTreeSet<String> {
    let (_, below) = text.split_once(&format!("\n{heading}\n")).unwrap();
    let section = below.split("\n## ").next().unwrap_or_default();
    in_backticks(rows(section, "| crate").into_iter(), 1)
}

#[test]
fn every_dependency_has_its_reason() {
    let architecture = page("ARCHITECTURE.md");
    let (function, emulator, users) = ("Cargo.toml", "emulator/Cargo.toml", "db-users/Cargo.toml");
    let own = |manifest| dependencies(manifest, "[dependencies]");
    assert_eq!(table_below(&architecture, "## Dependencies of the function"), own(function));
    assert_eq!(table_below(&architecture, "## Dependencies of the emulator"), own(emulator));
    let heading = "## Dependencies of the database users' function";
    assert_eq!(table_below(&architecture, heading), own(users));
    let heading = "## Dependencies of the command line";
    assert_eq!(table_below(&architecture, heading), own("cli/Cargo.toml"));
    let mut tests = dependencies(function, "[dev-dependencies]");
    tests.extend(dependencies("cli/Cargo.toml", "[dev-dependencies]"));
    tests.extend(dependencies(emulator, "[dev-dependencies]"));
    tests.extend(dependencies(users, "[dev-dependencies]"));
    tests.extend(own("testkit/Cargo.toml"));
    assert_eq!(table_below(&architecture, "## Dependencies of the tests"), tests);
}
