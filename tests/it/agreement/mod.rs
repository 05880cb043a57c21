//! Code and pages say the same, and the house rules hold. Sets are compared both ways, so that a
//! forgotten row and an orphan row both fail, with the row named.

mod certs;
mod english;
mod golden;
mod invariants;
mod layers;
mod monitoring;
mod pages;
mod policy;
mod question;
mod template;
mod yaml;

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the repository, as text.
fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust file below these folders.
fn sources(folders: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        folders.iter().map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty());
    found
}
