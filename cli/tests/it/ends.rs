//! Early ends: Ctrl-C, a reader that leaves, a full disk.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;

use rds_proxy_emulator::Engine;
use testkit::process::{PATIENCE, signal};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::support::terminal::Terminal;
use crate::support::{Vars, emulator, emulator_with, fault};

/// An environment that leads to a server that says nothing.
fn silent(listener: &TcpListener) -> Vars {
    Vars::none()
        .with("DB_HOST", "app.proxy-abc.eu-west-1.rds.amazonaws.com")
        .with("DB_USER", "app")
        .with("DB_CONNECT_TO", listener.local_addr().unwrap())
        .with("PROBE_TIMEOUT_MS", "60000")
        .with("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .with("AWS_SECRET_ACCESS_KEY", "canary-secret-key-0123456789")
}

#[tokio::test]
async fn ctrl_c_ends_a_check_at_once_and_leaves_a_whole_line() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let terminal = Terminal { ctrl_c_after: Some("… tls"), ..Terminal::USUAL };
    let seen = terminal.run(&silent(&listener), &["check"]).await;
    assert_eq!(seen.status, 130, "{}", seen.bytes);
    // The terminal echoes what is typed, before or after.
    let screen = seen.screen().replace("^C", "");
    let last = screen.trim_end().lines().next_back().unwrap();
    assert!(last.contains("✓ connect"), "{screen}");
}

#[tokio::test]
async fn ctrl_c_ends_a_check_at_whatever_step_it_comes() {
    for (name, moment) in [("stall-at-password", "… authenticate"), ("stall-at-query", "… query")]
    {
        let fault = fault(Engine::PostgreSql, name);
        let emulator = emulator_with(|options| options.fault = Some(fault)).await;
        let terminal = Terminal { ctrl_c_after: Some(moment), ..Terminal::USUAL };
        let vars = Vars::of(&emulator).with("PROBE_TIMEOUT_MS", "60000");
        let seen = terminal.run(&vars, &["check"]).await;
        assert_eq!(seen.status, 130, "{name}: {}", seen.bytes);
        assert!(!seen.screen().contains(moment), "{}", seen.screen());
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let terminal = Terminal { ctrl_c_after: Some("probe 1: tls"), ..Terminal::USUAL };
    let seen = terminal.run(&silent(&listener), &["check", "--wait", "5m"]).await;
    assert_eq!(seen.status, 130, "{}", seen.bytes);
}

#[tokio::test]
async fn ctrl_c_ends_what_writes_only_results_by_its_signal() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[[target]]\nlabel = \"a\"\n").unwrap();
    let path = file.path().to_str().unwrap();
    for arguments in [
        &["check", "--output", "json"][..],
        &["check", "--output", "html"],
        &["check", "--file", path],
        &["check", "--every-address"],
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut command = silent(&listener).command(arguments);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The probe is under way.
        let (_stream, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
        signal("-INT", &child.id().unwrap().to_string()).await;
        let output = timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
        assert_eq!(output.status.signal(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{arguments:?}");
    }
}

#[tokio::test]
async fn a_reader_that_leaves_is_no_failure() {
    let emulator = emulator().await;
    let mut command = Vars::of(&emulator).command(&["check"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // As "| head -0": nothing is read.
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).await.unwrap();
    assert_eq!((stderr.as_str(), child.wait().await.unwrap().code()), ("", Some(0)));
}

#[tokio::test]
async fn a_disk_that_is_full_is_said() {
    let emulator = emulator().await;
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = Vars::of(&emulator).command(&["check"]);
    let output = command.stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let output = output.wait_with_output().await.unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("error: standard output cannot be written: "), "{stderr}");
    assert_eq!(output.status.code(), Some(2));
}
