//! A command that runs in the emulator's environment: what it finds, how it ends, what stays.

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

use tempfile::tempdir;
use testkit::process::command;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::support::binary::{BINARY, PATIENCE, binary, signal, without_cluster};

/// Waits for signals: prints `running`, and `got INT` or `got TERM`.
const WAITS: &str = "sleep 1000 & trap 'echo got INT' INT; trap 'echo got TERM; kill $!; exit 3' \
                     TERM; echo running $PPID; while :; do wait; done";

/// Runs a shell's script by `--exec`, with these options before it.
async fn run(options: &[&str], script: &str) -> Output {
    let arguments = [options, &["--exec", "sh", "-c", script]].concat();
    let output = without_cluster(&arguments).kill_on_drop(true).output();
    timeout(PATIENCE, output).await.expect("an end").unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

/// Starts it in another process group, to which no terminal sends signals, and waits until the command
/// runs.
async fn running(script: &str) -> (Child, BufReader<ChildStdout>) {
    let mut command = without_cluster(&["--exec", "sh", "-c", script]);
    let command = command.process_group(0).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    timeout(PATIENCE, reader.read_line(&mut line)).await.expect("a line").unwrap();
    assert!(line.starts_with("running"), "{line}");
    (child, reader)
}

#[tokio::test]
async fn the_command_has_the_variables_and_standard_output_for_itself() {
    let output =
        run(&["--region", "eu-west-1"], "printenv DB_HOST DB_REGION AWS_DEFAULT_REGION").await;
    let expected = "demo.proxy-emulated0001.us-east-1.rds.amazonaws.com\neu-west-1\neu-west-1\n";
    assert_eq!(stdout(&output), expected);
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[tokio::test]
async fn the_emulator_accepts_connections_before_the_command_runs() {
    let script = "exec bash -c 'exec 3<>/dev/tcp/${DB_CONNECT_TO/://}'";
    let output = run(&[], script).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn variables_that_would_win_over_the_emulators_are_not_inherited() {
    let mut command = without_cluster(&["--principal", "AKIA:s=arn:aws:rds-db:*", "--exec", "env"]);
    for name in [
        "AWS_SESSION_TOKEN",
        "AWS_SECURITY_TOKEN",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "READER_DB_HOST",
        "READER_DB_CONNECT_TO",
        "DB_HOST",
        "PGSSLMODE",
    ] {
        command.env(name, "stale");
    }
    let kept = [("AWS_ENDPOINT_URL", "kept"), ("PGAPPNAME", "kept"), ("DB_AUTH", "kept")];
    let output = command.envs(kept).output().await.unwrap();
    let environment = stdout(&output);
    assert!(!environment.contains("stale"), "{environment}");
    assert_eq!(environment.matches("=kept\n").count(), kept.len(), "{environment}");
    assert!(environment.contains("AWS_ACCESS_KEY_ID=AKIA\n"), "{environment}");
}

#[tokio::test]
async fn the_status_is_the_commands_own_or_says_why_there_is_none() {
    for (command, status) in [
        (&["true"][..], 0),
        (&["sh", "-c", "exit 42"], 42),
        (&["--", "sh", "-c", "exit 255"], 255),
        (&["sh", "-c", "kill -9 $$"], 128 + 9),
        (&["/nowhere/to/be/found"], 127),
        (&["nowhere-to-be-found"], 127),
        (&["/etc/passwd"], 126),
    ] {
        let arguments = [&["--exec"], command].concat();
        let output = without_cluster(&arguments).output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{command:?}: {said}");
        assert_eq!(said.contains(&format!("cannot run {}: ", command[0])), status / 2 == 63);
        assert!(output.stdout.is_empty());
    }
}

#[tokio::test]
async fn a_start_that_fails_runs_no_command_and_has_a_status_of_its_own() {
    let folder = tempdir().unwrap();
    let (taken, made) = (folder.path().join("ca.pem"), folder.path().join("made"));
    fs::write(&taken, "mine").unwrap();
    let script = format!("touch {}", made.display());
    for options in [["--ca-out", taken.to_str().unwrap()], ["--region", "mars"]] {
        let output = run(&options, &script).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(125), 0), "{said}");
        assert!(!made.exists());
    }
}

#[tokio::test]
async fn the_command_reads_standard_input() {
    let mut command = without_cluster(&["--exec", "tr", "a-z", "A-Z"]);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"read\n").await.unwrap();
    let output = timeout(PATIENCE, child.wait_with_output()).await.expect("an end").unwrap();
    assert_eq!(stdout(&output), "READ\n");
}

#[tokio::test]
async fn signals_go_on_to_the_command_and_its_end_is_the_end() {
    let (mut child, mut reader) = running(WAITS).await;
    let pid = child.id().unwrap().to_string();
    let mut line = String::new();
    assert!(signal("-INT", &pid).await);
    timeout(PATIENCE, reader.read_line(&mut line)).await.expect("a line").unwrap();
    assert_eq!(line, "got INT\n");
    assert!(child.try_wait().unwrap().is_none(), "the command decides");
    assert!(signal("-TERM", &pid).await);
    let status = timeout(PATIENCE, child.wait()).await.expect("an end").unwrap();
    assert_eq!(status.code(), Some(3));
    let mut rest = String::new();
    reader.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "got TERM\n");
}

#[tokio::test]
async fn a_command_that_dies_of_a_signal_is_a_status_of_a_shells() {
    for (name, status) in [("-INT", 130), ("-TERM", 143)] {
        let (mut child, _reader) = running("echo running; exec sleep 1000").await;
        assert!(signal(name, &child.id().unwrap().to_string()).await);
        let ended = timeout(PATIENCE, child.wait()).await.expect("an end").unwrap();
        assert_eq!(ended.code(), Some(status));
    }
}

/// <https://man7.org/linux/man-pages/man1/script.1.html>
#[tokio::test]
async fn ctrl_c_in_a_terminal_reaches_the_command_once() {
    let place = tempdir().unwrap();
    let script = place.path().join("waits");
    fs::write(&script, WAITS).unwrap();
    let inner = format!(
        "exec {BINARY} --backend postgres://127.0.0.1:1 --exec sh {}",
        script.to_str().unwrap()
    );
    let mut command = command("script");
    command.args(["-qefc", &inner, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut keyboard = child.stdin.take().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    timeout(PATIENCE, reader.read_line(&mut line)).await.expect("a line").unwrap();
    let emulator = line.trim().strip_prefix("running ").expect("its process").to_owned();
    keyboard.write_all(b"\x03").await.unwrap();
    line.clear();
    timeout(PATIENCE, reader.read_line(&mut line)).await.expect("a line").unwrap();
    assert!(line.contains("got INT"), "{line}");
    assert!(signal("-TERM", &emulator).await);
    let mut rest = String::new();
    timeout(PATIENCE, reader.read_to_string(&mut rest)).await.expect("an end").unwrap();
    assert!(rest.contains("got TERM") && !rest.contains("got INT"), "{rest}");
    assert_eq!(child.wait().await.unwrap().code(), Some(3));
}

#[tokio::test]
async fn the_commands_limit_of_open_files_is_what_it_was() {
    let script = format!(
        "ulimit -Sn 256; exec {BINARY} --backend postgres://127.0.0.1:1 --exec sh -c 'ulimit -Sn'"
    );
    let output = Command::new("sh").args(["-c", &script]).output().await.unwrap();
    assert_eq!(stdout(&output), "256\n");
}

#[tokio::test]
async fn a_cluster_lives_as_long_as_the_command() {
    let folder = tempdir().unwrap();
    let sql = folder.path().join("schema.sql");
    fs::write(&sql, "CREATE TABLE item (id int)").unwrap();
    let script = "test -f \"$DB_CA_FILE\" && echo \"$DB_CA_FILE\"";
    let mut command = binary();
    command.args(["--init-sql", sql.to_str().unwrap(), "--exec", "sh", "-c", script]);
    let output = timeout(PATIENCE, command.output()).await.expect("an end").unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let ca_file = Path::new(stdout(&output).trim_end());
    assert!(ca_file.is_absolute() && !ca_file.parent().unwrap().exists(), "{}", ca_file.display());
}

#[tokio::test]
async fn an_error_in_the_script_is_said_and_no_command_is_run() {
    let folder = tempdir().unwrap();
    let sql = folder.path().join("schema.sql");
    fs::write(&sql, "SELECT 1;\nSELECT nothing;\n").unwrap();
    let mut command = binary();
    command.args(["--init-sql", sql.to_str().unwrap(), "--exec", "echo", "run"]);
    let output = timeout(PATIENCE, command.output()).await.expect("an end").unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let expected = format!(
        "rds-proxy-emulator: {}:2: ERROR: column \"nothing\" does not exist (42703)\n",
        sql.display()
    );
    assert_eq!((output.status.code(), said), (Some(125), expected));
    assert!(output.stdout.is_empty());
}
