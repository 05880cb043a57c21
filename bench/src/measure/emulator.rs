//! The emulator with its database server, and the variables that it prints for its clients.

use std::collections::BTreeMap;
use std::process::Stdio;

use testkit::export_block;
use testkit::process::{PATIENCE, end};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::error::BoxError;

/// Variables by name.
pub(crate) type Variables = BTreeMap<String, String>;

/// The database server behind the emulator.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Engine {
    PostgreSql,
    MySql,
}

/// A running emulator.
pub(crate) struct Emulator {
    child: Child,
    pid: u32,
    /// The variables that point a function at it.
    pub(crate) variables: Variables,
}

impl Emulator {
    /// Starts it, and returns when it accepts connections.
    pub(crate) async fn start(program: &str, engine: Engine) -> Result<Self, BoxError> {
        let engine = match engine {
            Engine::PostgreSql => "postgresql",
            Engine::MySql => "mysql",
        };
        let mut command = Command::new(program);
        command.args(["--engine", engine]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        // It logs every login, and a benchmark makes thousands.
        let mut child = command.stderr(Stdio::null()).spawn()?;
        let pid = child.id().ok_or("the process has no id")?;
        let lines = timeout(PATIENCE, export_block::read(&mut child)).await??;
        Ok(Self { child, pid, variables: export_block::variables(&lines) })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Stops it with SIGTERM, so that it removes its cluster.
    pub(crate) async fn stop(self) -> Result<(), BoxError> {
        end(self.child).await?;
        Ok(())
    }
}
