//! The binary as a process.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_rds-proxy-emulator");

/// Guards against hangs only.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A started emulator and its block.
pub(crate) struct Started {
    pub(crate) child: Child,
    pub(crate) lines: Vec<String>,
    pub(crate) folder: PathBuf,
    pub(crate) ca_file: PathBuf,
    pub(crate) postmaster: String,
}

/// Starts it with these arguments, and waits until it is ready.
pub(crate) async fn spawn(arguments: &[&str]) -> Started {
    spawn_by(binary().args(arguments)).await
}

/// What starts it, to end with the test even if that is killed.
/// <https://man7.org/linux/man-pages/man1/setpriv.1.html>
pub(crate) fn binary() -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", BINARY]);
    command
}

/// Likewise, with a server by URL behind it, which nobody asks: no cluster has to be started.
pub(crate) fn without_cluster(arguments: &[&str]) -> Command {
    let mut command = binary();
    command.args(["--backend", "postgres://127.0.0.1:1"]).args(arguments).stdin(Stdio::null());
    command
}

/// Has it end as by Ctrl-C or by `kill`.
pub(crate) async fn end(mut child: Child) -> ExitStatus {
    signal("-TERM", &child.id().unwrap().to_string()).await;
    timeout(PATIENCE, child.wait()).await.expect("an end").unwrap()
}

/// Waits until nothing is left in a folder.
pub(crate) async fn is_empty(folder: &Path) {
    until(|| std::fs::read_dir(folder).unwrap().next().is_none()).await;
}

/// Starts it by a command that becomes it, and reads its block.
pub(crate) async fn ready(command: &mut Command) -> (Child, Vec<String>) {
    let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("the binary");
    let mut reader = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = Vec::new();
    while let Some(line) = reader.next_line().await.unwrap() {
        if line == "ready" {
            break;
        }
        lines.push(line);
    }
    (child, lines)
}

/// Starts it with a temporary cluster, by a command that becomes it.
pub(crate) async fn spawn_by(command: &mut Command) -> Started {
    let (child, lines) = ready(command).await;
    let ca_file = PathBuf::from(value(&lines, "DB_CA_FILE"));
    let pid = child.id().unwrap().to_string();
    let folder = folder_of(&pid).await;
    let postmaster = std::fs::read_to_string(folder.join("primary/postmaster.pid")).unwrap();
    let postmaster = postmaster.lines().next().unwrap().to_owned();
    Started { child, lines, folder, ca_file, postmaster }
}

/// The folder that the keeper of the emulator's cluster was given; beside it, there may be a process
/// that removes a file.
async fn folder_of(pid: &str) -> PathBuf {
    let output = Command::new("ps").args(["-o", "args=", "--ppid", pid]).output().await.unwrap();
    let arguments = String::from_utf8(output.stdout).unwrap();
    let keeper = arguments.lines().find(|line| line.contains("initdb")).expect("a keeper");
    let folder = keeper.split_whitespace().rev().nth(1).expect("its arguments");
    PathBuf::from(folder)
}

/// The value of a variable in its block.
pub(crate) fn value<'a>(lines: &'a [String], name: &str) -> &'a str {
    let prefix = format!("export {name}='");
    let line = lines.iter().find_map(|line| line.strip_prefix(&prefix)).expect(name);
    line.strip_suffix('\'').expect("a quote")
}

/// Whether a process could be sent a signal.
pub(crate) async fn signal(name: &str, pid: &str) -> bool {
    let output = Command::new("kill").args([name, pid]).output().await.unwrap();
    output.status.success()
}

/// Looks until it is so. Between two looks, what is waited for has the processor.
pub(crate) async fn until(is_so: impl Fn() -> bool) {
    let look = async {
        while !is_so() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, look).await.expect("it becomes so");
}

impl Started {
    /// Waits until neither folder, CA file nor server is left, which a keeper sees to.
    pub(crate) async fn is_gone(&self) {
        let wait = async {
            while self.folder.exists()
                || self.ca_file.exists()
                || signal("-0", &self.postmaster).await
            {
                sleep(Duration::from_millis(10)).await;
            }
        };
        let Self { folder, postmaster, .. } = self;
        let gone = timeout(PATIENCE, wait).await;
        assert!(gone.is_ok(), "{} or process {postmaster} is left", folder.display());
    }
}
