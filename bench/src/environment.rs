//! The emulator with its PostgreSQL, and the environment that it prints for its clients.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::Failed;

/// Variables by name.
pub(crate) type Variables = BTreeMap<String, String>;

/// How long the emulator may take to make a cluster and to remove it.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running emulator.
pub(crate) struct Emulator {
    child: Child,
    pid: Pid,
    /// What makes a function talk to it.
    pub(crate) variables: Variables,
}

impl Emulator {
    /// Starts it; returns when it accepts connections.
    pub(crate) async fn start(program: &str) -> Result<Self, Failed> {
        let mut command = Command::new(program);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        // Of a benchmark's thousand logins it would log each.
        let mut child = command.stderr(Stdio::null()).spawn()?;
        let stdout = child.stdout.take().ok_or("the emulator has no standard output")?;
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).ok_or("it has no id")?;
        let variables = timeout(PATIENCE, exports(BufReader::new(stdout))).await??;
        Ok(Self { child, pid: Pid::from_raw(pid), variables })
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Ends it in order, so that it removes its cluster.
    pub(crate) async fn stop(mut self) -> Result<(), Failed> {
        kill(self.pid, Signal::SIGTERM)?;
        timeout(PATIENCE, self.child.wait()).await??;
        Ok(())
    }
}

/// The values are quoted for a shell, and hold no quote themselves.
async fn exports(mut stdout: BufReader<tokio::process::ChildStdout>) -> Result<Variables, Failed> {
    let mut variables = Variables::new();
    loop {
        let mut line = String::new();
        if stdout.read_line(&mut line).await? == 0 {
            return Err("the emulator ended before it was ready".into());
        }
        let line = line.trim_end();
        if line == "ready" {
            return Ok(variables);
        }
        let export = line.strip_prefix("export ").and_then(|rest| rest.split_once('='));
        let (name, value) = export.ok_or_else(|| format!("the emulator printed {line}"))?;
        variables.insert(name.to_owned(), value.trim_matches('\'').to_owned());
    }
}
