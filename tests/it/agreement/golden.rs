//! The files that tests compare the code with are those that their README names.

use std::collections::BTreeSet;
use std::fs;

use super::page;

#[test]
fn golden_files_are_those_of_their_readme() {
    let readme = page("tests/golden/README.md");
    let rows: BTreeSet<(String, String)> = readme
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let quoted: Vec<&str> = line.split('`').skip(1).step_by(2).collect();
            let digest = quoted.last().copied().unwrap_or_default();
            (quoted[0].to_owned(), digest.to_owned())
        })
        .collect();
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "md") {
            let digest = ring::digest::digest(&ring::digest::SHA256, &fs::read(&path).unwrap());
            let hex: Vec<_> = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            found.insert((name, hex.concat()));
        }
    }
    assert_eq!(rows, found);
}
