//! A start that fails: a program that hangs is killed and named, and nothing is left.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rds_proxy_emulator::{Backend, Cluster, Options, StartError, start};
use tempfile::TempDir;
use testkit::process::is_running;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::support::binary::{PATIENCE, binary, signal, until};
use crate::support::options;

/// The limit for a start that must not finish.
const SHORT: Duration = Duration::from_millis(300);

/// Never ends, and listens to no signal but one: says where it is and who.
const HANGS: &str = "trap '' HUP INT QUIT TERM\necho \"$PWD $$\" >\"$0.seen\"\n\
                     while :; do sleep 1; done";

/// A folder with programs that play PostgreSQL's.
struct Programs(TempDir);

impl Programs {
    fn new(initdb: &str, postgres: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Started as root, the emulator has another user run them.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        let programs = Self(folder);
        programs.add("initdb", initdb);
        programs.add("postgres", postgres);
        programs
    }

    /// Adds a program; returns where.
    fn add(&self, name: &str, script: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// The folder that a program was started in, and its process.
    async fn seen(&self, program: &str) -> (PathBuf, String) {
        let file = self.path().join(format!("{program}.seen"));
        let read = || {
            let text = fs::read_to_string(&file).ok()?;
            let (folder, process) = text.strip_suffix('\n')?.rsplit_once(' ')?;
            Some((PathBuf::from(folder), process.to_owned()))
        };
        until(|| read().is_some()).await;
        read().unwrap()
    }

    /// Waits until neither the folder nor the process is left.
    async fn is_gone(&self, program: &str) {
        let (folder, process) = self.seen(program).await;
        until(|| !folder.exists() && !is_running(&process)).await;
    }
}

#[tokio::test]
async fn a_program_that_never_ends_is_named_after_a_while_and_leaves_nothing() {
    for (program, programs, what) in [
        ("initdb", Programs::new(HANGS, "exit 1"), "PostgreSQL's initdb"),
        ("postgres", Programs::new("mkdir primary", HANGS), "the start of PostgreSQL"),
    ] {
        let options = Options {
            programs: (Some(programs.path().into()), None),
            start_timeout: SHORT,
            ..Options::default()
        };
        let error = start(options).await.unwrap_err();
        let text = format!("{what} did not finish within 300ms");
        assert!(error.to_string().starts_with(&text), "{error}");
        // At once: a failed start waits for that.
        let (folder, process) = programs.seen(program).await;
        assert!(!folder.exists() && !is_running(&process), "{program}");
    }
}

#[tokio::test]
async fn a_program_that_fails_is_named_with_the_end_of_its_log() {
    for (programs, what) in [
        (Programs::new("echo 'no space left'; exit 1", "exit 1"), "PostgreSQL's initdb"),
        (Programs::new("mkdir primary", "echo 'no space left'; exit 1"), "the start of PostgreSQL"),
    ] {
        let programs = (Some(programs.path().into()), None);
        let error = start(Options { programs, ..Options::default() }).await.unwrap_err();
        assert_eq!(error.to_string(), format!("{what} failed; the log ends with: no space left"));
    }
}

#[tokio::test]
async fn a_signal_during_the_start_ends_it_and_leaves_nothing() {
    for name in ["-TERM", "-INT"] {
        for (program, programs) in [
            ("initdb", Programs::new(HANGS, "exit 1")),
            ("postgres", Programs::new("mkdir primary", HANGS)),
        ] {
            let mut command = binary();
            let command = command.env("PG_BIN", programs.path()).stdout(Stdio::null());
            let mut child = command.kill_on_drop(true).spawn().unwrap();
            programs.seen(program).await;
            signal(name, &child.id().unwrap().to_string()).await;
            let ended = timeout(PATIENCE, child.wait()).await.expect("it ends").unwrap();
            assert!(ended.success(), "as at any other time");
            let (folder, process) = programs.seen(program).await;
            assert!(!folder.exists() && !is_running(&process), "{program} {name}");
        }
    }
}

#[tokio::test]
async fn a_signal_during_the_start_is_the_status_of_a_command_that_is_not_run() {
    for (name, status) in [("-TERM", 143), ("-INT", 130)] {
        let programs = Programs::new(HANGS, "exit 1");
        let mut command = binary();
        let command = command.args(["--exec", "echo", "run"]).env("PG_BIN", programs.path());
        let child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        programs.seen("initdb").await;
        signal(name, &child.id().unwrap().to_string()).await;
        let output = timeout(PATIENCE, child.wait_with_output()).await.expect("it ends").unwrap();
        assert_eq!((output.status.code(), &*output.stdout), (Some(status), &b""[..]));
    }
}

#[tokio::test]
async fn a_kill_during_a_start_that_hangs_leaves_nothing_either() {
    for (program, programs) in [
        ("initdb", Programs::new(HANGS, "exit 1")),
        ("postgres", Programs::new("mkdir primary", HANGS)),
    ] {
        let mut command = binary();
        let command = command.env("PG_BIN", programs.path()).stdout(Stdio::null());
        let mut child = command.kill_on_drop(true).spawn().unwrap();
        programs.seen(program).await;
        child.kill().await.unwrap();
        programs.is_gone(program).await;
    }
}

#[tokio::test]
async fn a_kill_before_a_programs_number_is_noted_leaves_nothing_either() {
    // The number goes into the file "program", which here takes it only once it is read. A server
    // that exited is not looked at again.
    let programs = Programs::new(
        "mkdir primary",
        "mkfifo program\nmkdir standby\necho ready >primary/postmaster.pid\n\
         while :; do sleep 1; done",
    );
    let base_backup = programs.add("pg_basebackup", HANGS);
    let mut command = binary();
    let command = command.args(["--reader-listen", "127.0.0.1:0"]).env("PG_BIN", programs.path());
    let mut child = command.stdout(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    let is_running = || runs(&base_backup);
    until(is_running).await;
    child.kill().await.unwrap();
    until(|| !is_running()).await;
}

/// Whether a process has this program among its arguments.
fn runs(program: &Path) -> bool {
    let processes = std::process::Command::new("ps").args(["-eo", "args="]).output().unwrap();
    String::from_utf8_lossy(&processes.stdout).contains(program.to_str().unwrap())
}

#[tokio::test]
async fn a_database_that_does_not_answer_ends_the_start_and_can_be_ended() {
    let cluster = spawn_blocking(Cluster::start).await.unwrap().unwrap();
    let folder = cluster.folder().to_owned();
    let postmaster = fs::read_to_string(folder.join("primary/postmaster.pid")).unwrap();
    let postmaster = postmaster.lines().next().unwrap();
    assert!(signal("-STOP", postmaster).await);
    let backend = Backend::Cluster(cluster);
    let error = start(Options { backend, start_timeout: SHORT, ..options().0 }).await.unwrap_err();
    assert!(matches!(error, StartError::TimedOut { .. }), "{error}");
    let text = "making the users' roles did not finish within 300ms";
    assert!(error.to_string().starts_with(text), "{error}");
    assert!(!folder.exists() && !is_running(postmaster), "it was the last to know the cluster");
}
