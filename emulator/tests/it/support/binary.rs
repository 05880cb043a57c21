//! The binary as a process.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use rds_proxy_emulator::Engine;
use testkit::export_block;
use testkit::process::{self, command, is_running};
use tokio::process::{Child, Command};

pub(crate) use testkit::export_block::value;
pub(crate) use testkit::process::{PATIENCE, signal, until};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_rds-proxy-emulator");

/// A started emulator and its block.
pub(crate) struct Started {
    pub(crate) child: Child,
    pub(crate) lines: Vec<String>,
    pub(crate) folder: PathBuf,
    pub(crate) ca_file: PathBuf,
    /// The database's process.
    pub(crate) server: String,
}

/// Starts it with these arguments, and waits until it is ready.
pub(crate) async fn spawn(arguments: &[&str]) -> Started {
    spawn_by(binary().args(arguments)).await
}

/// The same, for this engine.
pub(crate) fn binary_for(engine: Engine) -> Command {
    let mut command = binary();
    command.args(["--engine", &engine.to_string()]);
    command
}

/// What starts it, to end with the test.
pub(crate) fn binary() -> Command {
    command(BINARY)
}

/// The same, with a server by URL behind it that no client needs: no cluster has to be started.
pub(crate) fn without_cluster(arguments: &[&str]) -> Command {
    let mut command = binary();
    command.args(["--backend", "postgres://127.0.0.1:1"]).args(arguments).stdin(Stdio::null());
    command
}

/// Has it end as by Ctrl-C or by `kill`.
pub(crate) async fn end(child: Child) -> ExitStatus {
    process::end(child).await.expect("an end")
}

/// Waits until nothing is left in a folder.
pub(crate) async fn is_empty(folder: &Path) {
    until(|| std::fs::read_dir(folder).unwrap().next().is_none()).await;
}

/// Starts it by a command that becomes it, and reads its block.
pub(crate) async fn ready(command: &mut Command) -> (Child, Vec<String>) {
    let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("the binary");
    let lines = export_block::read(&mut child).await.expect("a block");
    (child, lines)
}

/// Starts it with a temporary cluster, by a command that becomes it.
pub(crate) async fn spawn_by(command: &mut Command) -> Started {
    let (child, lines) = ready(command).await;
    let ca_file = PathBuf::from(value(&lines, "DB_CA_FILE"));
    let pid = child.id().unwrap().to_string();
    let folder = folder_of(&pid).await;
    let server = std::fs::read_to_string(folder.join("primary.server")).unwrap().trim().to_owned();
    Started { child, lines, folder, ca_file, server }
}

/// The folder that the keeper of the emulator's cluster was given; beside it, there may be a process
/// that removes a file.
async fn folder_of(pid: &str) -> PathBuf {
    let output = Command::new("ps").args(["-o", "args=", "--ppid", pid]).output().await.unwrap();
    let arguments = String::from_utf8(output.stdout).unwrap();
    let is_keepers = |line: &&str| line.contains("temporary database server");
    let keeper = arguments.lines().find(is_keepers).expect("a keeper");
    let mut folders = keeper.split_whitespace().map(PathBuf::from);
    let is_its = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default();
        path.is_absolute() && name.to_string_lossy().starts_with("rds-emu-")
    };
    folders.find(is_its).expect("its arguments")
}

impl Started {
    /// Waits until neither folder, CA file nor server is left, which a keeper sees to.
    pub(crate) async fn is_gone(&self) {
        let Self { folder, ca_file, server, .. } = self;
        until(|| !folder.exists() && !ca_file.exists() && !is_running(server)).await;
    }
}
