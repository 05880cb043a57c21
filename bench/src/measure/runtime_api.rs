//! What Lambda does for a function: starts its process, serves the Runtime API, and times each
//! answer.
//!
//! Whether an answer is right is checked in `run.rs`.

use std::process::Stdio;
use std::time::Duration;

use testkit::process::{PATIENCE, end};
use testkit::runtime_api::{Request, RuntimeApi};
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout};

use crate::error::BoxError;
use crate::measure::emulator::Variables;

/// A function's process that waits for its next event.
pub(crate) struct Function {
    child: Child,
    pid: u32,
    api: RuntimeApi,
    /// Its request for the next event, until that is answered.
    next: Option<Request>,
    invocations: usize,
}

impl Function {
    /// Starts a command; its environment has only these variables and Lambda's own. Returns when it
    /// requests its first event, with the time since the process was started: INIT.
    pub(crate) async fn start(
        command: &[String],
        variables: &Variables,
    ) -> Result<(Self, Duration), BoxError> {
        let api = RuntimeApi::start().await;
        let [program, arguments @ ..] = command else { return Err("an empty command".into()) };
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(variables).envs(api.variables("bench"));
        // A function's log is not needed; writing it still costs the function its system calls.
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let begun = Instant::now();
        let child = command.spawn()?;
        let pid = child.id().ok_or("the process has no id")?;
        let mut function = Self { child, pid, api, next: None, invocations: 0 };
        function.wait_for_next().await?;
        Ok((function, begun.elapsed()))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Sends it one event; returns its answer and how long that took. After that the function
    /// waits for its next event.
    pub(crate) async fn invoke(&mut self, event: &str) -> Result<(Vec<u8>, Duration), BoxError> {
        self.invocations += 1;
        let next = self.next.take().ok_or("the function has not requested an event")?;
        let begun = Instant::now();
        next.give(self.invocations, event.as_bytes()).await?;
        let posted = self.request().await?;
        let elapsed = begun.elapsed();
        let (path, body) = posted.accept().await?;
        if !path.ends_with("/response") {
            return Err(format!("{path}: {}", String::from_utf8_lossy(&body)).into());
        }
        self.wait_for_next().await?;
        Ok((body, elapsed))
    }

    /// Stops it with SIGTERM and waits until it has exited.
    pub(crate) async fn stop(self) -> Result<(), BoxError> {
        end(self.child).await?;
        Ok(())
    }

    async fn wait_for_next(&mut self) -> Result<(), BoxError> {
        let request = self.request().await?;
        if !request.is_next() {
            return Err(format!("the function requested {}", request.path).into());
        }
        self.next = Some(request);
        Ok(())
    }

    /// Its next request. The limit is for valgrind, which is slow.
    async fn request(&mut self) -> Result<Request, BoxError> {
        let request = timeout(PATIENCE, self.api.request(&mut self.child)).await;
        Ok(request.map_err(|_elapsed| "the function sent no request for a minute")??)
    }
}
