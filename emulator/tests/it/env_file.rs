//! The file with the environment: what is in it, when it is there, what it never overwrites.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::tempdir;
use tokio::time::timeout;

use crate::support::binary::{PATIENCE, end, is_empty, ready, without_cluster};

/// What it says instead of starting.
async fn complaint(arguments: &[&str], path: &Path) -> String {
    let arguments = [arguments, &["--env-file", path.to_str().unwrap()]].concat();
    let output = without_cluster(&arguments).kill_on_drop(true).output();
    let output = timeout(PATIENCE, output).await.expect("it does not start").unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn the_file_has_the_variables_of_the_block_without_quotes_until_the_end() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("my emulator.env");
    let arguments = ["--iam-user", "o'brien $HOME", "--env-file", path.to_str().unwrap()];
    let (child, lines) = ready(&mut without_cluster(&arguments)).await;
    let written = fs::read_to_string(&path).unwrap();
    let block: Vec<String> = lines
        .iter()
        .map(|line| line.strip_prefix("export ").unwrap().replacen("='", "=", 1))
        .map(|line| line.strip_suffix('\'').unwrap().replace(r"'\''", "'"))
        .collect();
    assert_eq!(written.lines().collect::<Vec<_>>(), block);
    assert!(written.contains("\nDB_USER=o'brien $HOME\n"), "{written}");
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it holds keys");
    assert!(end(child).await.success());
    is_empty(folder.path()).await;
}

#[tokio::test]
async fn a_command_finds_the_file_complete() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("emulator.env");
    let arguments = ["--env-file", path.to_str().unwrap(), "--exec", "cat", path.to_str().unwrap()];
    let output = without_cluster(&arguments).output().await.unwrap();
    let written = String::from_utf8(output.stdout).unwrap();
    assert!(written.starts_with("DB_ENGINE=") && written.ends_with("emulator==\n"), "{written}");
    assert!(output.status.success());
    is_empty(folder.path()).await;
}

#[tokio::test]
async fn what_is_there_already_stays_unless_an_emulator_left_it_behind() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("emulator.env");
    let arguments = ["--env-file", path.to_str().unwrap()];
    let (child, _) = ready(&mut without_cluster(&arguments)).await;
    let written = fs::read_to_string(&path).unwrap();
    let said = complaint(&[], &path).await;
    assert!(said.contains("which is the env file of a running emulator:"), "{said}");
    assert_eq!(fs::read_to_string(&path).unwrap(), written);
    assert!(end(child).await.success());

    for text in [String::new(), "DB_HOST=mine\n".to_owned(), written.clone() + "MINE=1\n"] {
        fs::write(&path, &text).unwrap();
        let said = complaint(&[], &path).await;
        let found = format!("a file of {} bytes that no emulator wrote", text.len());
        assert!(said.contains(&found) && said.contains("with --env-file"), "{said}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing beside it");
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let said = complaint(&[], &path).await;
    assert!(said.contains("which is a folder:"), "{said}");
    fs::remove_dir(&path).unwrap();

    // As after the machine was switched off.
    fs::write(&path, &written).unwrap();
    let (child, _) = ready(&mut without_cluster(&arguments)).await;
    assert_ne!(fs::read_to_string(&path).unwrap(), written, "another port, another CA file");
    assert!(end(child).await.success());
    is_empty(folder.path()).await;
}

#[tokio::test]
async fn a_value_with_a_line_break_is_named_and_nothing_is_written() {
    let folder = tempdir().unwrap();
    let said = complaint(&["--iam-user", "a\nb"], &folder.path().join("emulator.env")).await;
    assert!(said.contains("cannot write the env file: DB_USER has a line break"), "{said}");
    let said = complaint(&[], &folder.path().join("none/emulator.env")).await;
    assert!(said.contains("cannot write the env file") && said.contains("No such file"), "{said}");
    is_empty(folder.path()).await;
}

#[tokio::test]
async fn not_even_a_kill_leaves_the_file() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("emulator.env");
    let arguments = ["--env-file", path.to_str().unwrap()];
    let (mut child, _) = ready(&mut without_cluster(&arguments)).await;
    assert!(path.exists());
    child.kill().await.unwrap();
    is_empty(folder.path()).await;
}
