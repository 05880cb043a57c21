//! The file with the certificate authority: what it never overwrites, and that it never stays.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tempfile::tempdir;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::support::binary::{binary, ready, signal, spawn, until, value};
use crate::support::without_database;

/// Guards against hangs only.
const PATIENCE: Duration = Duration::from_secs(30);

/// The binary with a server by URL behind it, which nobody asks: no cluster has to be started.
fn command(arguments: &[&str]) -> Command {
    let mut command = binary();
    command.args(["--backend", "postgres://127.0.0.1:1"]).args(arguments).stdin(Stdio::null());
    command
}

/// What it says instead of starting.
async fn complaint(path: &Path) -> String {
    let mut command = command(&["--ca-out", path.to_str().unwrap()]);
    let output = timeout(PATIENCE, command.kill_on_drop(true).output());
    let output = output.await.expect("it does not start").unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

async fn end(mut child: Child) -> ExitStatus {
    signal("-TERM", &child.id().unwrap().to_string()).await;
    timeout(PATIENCE, child.wait()).await.expect("an end").unwrap()
}

async fn is_empty(folder: &Path) {
    until(|| fs::read_dir(folder).unwrap().next().is_none()).await;
}

#[tokio::test]
async fn what_is_there_already_is_named_and_stays_as_it_is() {
    let folder = tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let other = without_database().await.ca_pem().to_owned() + "and a note\n";
    for (name, text) in [("empty", ""), ("key.pem", "my only copy"), ("other.pem", &other)] {
        fs::write(path(name), text).unwrap();
        let said = complaint(&path(name)).await;
        let found = format!("a file of {} bytes that no emulator wrote", text.len());
        assert!(said.contains(&found) && said.contains(name), "{said}");
        assert_eq!(fs::read_to_string(path(name)).unwrap(), text);
    }
    fs::create_dir(path("folder")).unwrap();
    symlink(path("nowhere"), path("link")).unwrap();
    let _socket = UnixListener::bind(path("socket")).unwrap();
    for (path, found) in [
        (path("folder"), "which is a folder:"),
        (path("link"), "which is a symbolic link:"),
        (path("socket"), "which is not a regular file:"),
        (path("none/ca.pem"), "No such file or directory"),
    ] {
        let said = complaint(&path).await;
        assert!(said.contains(found) && said.contains(path.to_str().unwrap()), "{said}");
    }
    assert!(path("folder").is_dir() && path("link").is_symlink());
    assert!(!path("nowhere").exists() && path("socket").exists());
}

#[tokio::test]
async fn the_authority_is_written_where_it_is_asked_for_until_the_end() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("ca file.pem");
    // What an emulator has left behind, for instance when its machine was switched off.
    let leftover = without_database().await.ca_pem().to_owned();
    for before in [None, Some(&leftover)] {
        if let Some(text) = before {
            fs::write(&path, text).unwrap();
        }
        let (child, lines) = ready(&mut command(&["--ca-out", path.to_str().unwrap()])).await;
        assert_eq!(Path::new(value(&lines, "DB_CA_FILE")), path);
        let written = fs::read_to_string(&path).unwrap();
        assert!(written.starts_with("-----BEGIN CERTIFICATE-----") && written != leftover);
        assert_eq!(written.matches("BEGIN").count(), 1);
        assert!(end(child).await.success());
        is_empty(folder.path()).await;
    }
}

#[tokio::test]
async fn two_emulators_do_not_share_a_file() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let (first, _) = ready(&mut command(&["--ca-out", path.to_str().unwrap()])).await;
    let written = fs::read_to_string(&path).unwrap();
    let said = complaint(&path).await;
    assert!(said.contains("which is the CA file of a running emulator:"), "{said}");
    assert_eq!(fs::read_to_string(&path).unwrap(), written);
    assert!(end(first).await.success());
    is_empty(folder.path()).await;
}

#[tokio::test]
async fn what_has_taken_the_files_place_stays() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let (child, _) = ready(&mut command(&["--ca-out", path.to_str().unwrap()])).await;
    fs::write(folder.path().join("mine"), "mine").unwrap();
    fs::rename(folder.path().join("mine"), &path).unwrap();
    assert!(end(child).await.success());
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
}

#[tokio::test]
async fn neither_an_end_nor_a_kill_leaves_a_file_whatever_is_behind() {
    for is_killed in [false, true] {
        let folder = tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        for arguments in [&[][..], &["--ca-out", path.to_str().unwrap()]] {
            let mut command = command(arguments);
            let (mut child, lines) = ready(command.env("TMPDIR", folder.path())).await;
            let file = Path::new(value(&lines, "DB_CA_FILE"));
            assert!(file.starts_with(folder.path()) && file.exists());
            if is_killed {
                child.kill().await.unwrap();
                is_empty(folder.path()).await;
            } else {
                assert!(end(child).await.success());
                assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "it is gone");
            }
        }
    }
    let folder = tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let mut started = spawn(&["--ca-out", path.to_str().unwrap()]).await;
    assert_eq!(started.ca_file, path);
    started.child.kill().await.unwrap();
    started.is_gone().await;
}
