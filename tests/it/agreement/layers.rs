//! The house rules that no compiler holds.

use std::path::Path;

use super::{page, sources};

/// The way of the data; a module imports only from its left.
const LAYERS: [&str; 16] = [
    "clock",
    "config",
    "token",
    "tls",
    "session",
    "health",
    "explain",
    "probe",
    "diagnosis",
    "response",
    "https",
    "cloudformation",
    "codedeploy",
    "gate",
    "handler",
    "process",
];

/// The longest that a file may be.
const LINES: usize = 360;

fn layer_of(path: &Path) -> Option<usize> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let first = path.strip_prefix(root).ok()?.components().next()?;
    let name = first.as_os_str().to_str()?.trim_end_matches(".rs").to_owned();
    LAYERS.iter().position(|layer| *layer == name)
}

/// Every word that follows `crate::` in the code of a file, which may be a list in braces.
fn imports(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = code.collect::<Vec<_>>().join("\n");
    code.split("crate::")
        .skip(1)
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect()
}

#[test]
fn a_layer_imports_only_from_its_left() {
    for path in sources(&["src"]) {
        let Some(own) = layer_of(&path) else { continue };
        let text = std::fs::read_to_string(&path).unwrap();
        for import in imports(&text) {
            let other = LAYERS.iter().position(|layer| *layer == import);
            let other = other.unwrap_or_else(|| panic!("{}: crate::{import}", path.display()));
            assert!(other <= own, "{} imports from {import}", path.display());
        }
    }
}

#[test]
fn function_and_emulator_share_no_code() {
    for path in sources(&["src"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("rds_proxy_emulator"), "{}", path.display());
    }
    for path in sources(&["emulator/src"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("rds_proxy_probe"), "{}", path.display());
    }
}

#[test]
fn only_response_serialises() {
    for path in sources(&["src"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let in_response = layer_of(&path) == Some(9);
        assert!(in_response || !text.contains("Serialize"), "{}", path.display());
    }
}

#[test]
fn the_token_is_exposed_in_one_place() {
    let users: Vec<_> = sources(&["src"])
        .into_iter()
        .filter(|path| layer_of(path) != Some(2))
        .filter(|path| std::fs::read_to_string(path).unwrap().contains(".expose()"))
        .collect();
    assert_eq!(users.len(), 1, "{users:?}");
    assert!(users[0].ends_with("session/startup.rs"));
}

#[test]
fn every_file_says_what_it_is_and_stays_short() {
    let folders = ["src", "db-users", "emulator/src", "tests", "emulator/tests", "examples"];
    for path in sources(&folders) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//!"), "{} has no header", path.display());
        let lines = text.lines().count();
        assert!(lines <= LINES, "{} has {lines} lines", path.display());
    }
}

#[test]
fn the_two_commands_stand_in_the_readme() {
    let readme = page("README.md");
    assert!(readme.contains("make demo") && readme.contains("make test"));
}
