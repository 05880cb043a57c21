//! The emulator with its PostgreSQL, and the variables that it prints for its clients.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::error::BoxError;

/// Variables by name.
pub(crate) type Variables = BTreeMap<String, String>;

/// How long to wait for the emulator to create its cluster, and to remove it.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A running emulator.
pub(crate) struct Emulator {
    child: Child,
    pid: Pid,
    /// The variables that point a function at it.
    pub(crate) variables: Variables,
}

impl Emulator {
    /// Starts it, and returns when it accepts connections.
    pub(crate) async fn start(program: &str) -> Result<Self, BoxError> {
        let mut command = Command::new(program);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        // It logs every login, and a benchmark makes thousands.
        let mut child = command.stderr(Stdio::null()).spawn()?;
        let stdout = child.stdout.take().ok_or("the emulator has no standard output")?;
        let pid =
            child.id().and_then(|id| i32::try_from(id).ok()).ok_or("the process has no id")?;
        let variables = timeout(TIMEOUT, exports(BufReader::new(stdout))).await??;
        Ok(Self { child, pid: Pid::from_raw(pid), variables })
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Stops it with SIGTERM, so that it removes its cluster.
    pub(crate) async fn stop(mut self) -> Result<(), BoxError> {
        kill(self.pid, Signal::SIGTERM)?;
        timeout(TIMEOUT, self.child.wait()).await??;
        Ok(())
    }
}

/// Reads the variables. Their values are quoted for a shell and contain no quotes.
async fn exports(
    mut stdout: BufReader<tokio::process::ChildStdout>,
) -> Result<Variables, BoxError> {
    let mut variables = Variables::new();
    loop {
        let mut line = String::new();
        if stdout.read_line(&mut line).await? == 0 {
            return Err("the emulator stopped before it was ready".into());
        }
        let line = line.trim_end();
        if line == "ready" {
            return Ok(variables);
        }
        if line.starts_with("unset ") {
            continue;
        }
        let export = line.strip_prefix("export ").and_then(|rest| rest.split_once('='));
        let (name, value) = export.ok_or_else(|| format!("the emulator printed {line}"))?;
        variables.insert(name.to_owned(), value.trim_matches('\'').to_owned());
    }
}
