//! What Lambda does for a function: starts its process, serves the Runtime API, and times each
//! answer. <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
//!
//! Whether an answer is right is checked in `run.rs`.

use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::error::BoxError;
use crate::measure::emulator::Variables;
use crate::measure::http::{Request, serve};

/// How long to wait for a request or for the end of a function. Long, since valgrind is slow.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A function's process that waits for its next event.
pub(crate) struct Function {
    child: Child,
    pid: Pid,
    requests: mpsc::Receiver<Request>,
    /// Its request for the next event, until that is answered.
    next: Option<Request>,
    invocations: u32,
    _server: JoinSet<()>,
}

impl Function {
    /// Starts a command; its environment has only these variables and Lambda's own. Returns when it
    /// requests its first event, with the time since the process was started: INIT.
    pub(crate) async fn start(
        command: &[String],
        variables: &Variables,
    ) -> Result<(Self, Duration), BoxError> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let [program, arguments @ ..] = command else { return Err("an empty command".into()) };
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(variables.iter());
        for (name, value) in [
            ("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string().as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ] {
            command.env(name, value);
        }
        // A function's log is not needed; writing it still costs the function its system calls.
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let (sender, requests) = mpsc::channel(1);
        let mut server = JoinSet::new();
        server.spawn(serve(listener, sender));
        let begun = Instant::now();
        let child = command.spawn()?;
        let pid =
            child.id().and_then(|id| i32::try_from(id).ok()).ok_or("the process has no id")?;
        let pid = Pid::from_raw(pid);
        let mut function =
            Self { child, pid, requests, next: None, invocations: 0, _server: server };
        function.wait_for_next().await?;
        Ok((function, begun.elapsed()))
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Sends it one event; returns its answer and how long that took. After that the function
    /// waits for its next event.
    pub(crate) async fn invoke(&mut self, event: &str) -> Result<(Vec<u8>, Duration), BoxError> {
        self.invocations += 1;
        let deadline = (SystemTime::now() + TIMEOUT).duration_since(UNIX_EPOCH)?.as_millis();
        let message = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             lambda-runtime-aws-request-id: request-{}\r\n\
             lambda-runtime-deadline-ms: {deadline}\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:1:function:bench\r\n\
             \r\n{event}",
            event.len(),
            self.invocations,
        );
        let next = self.next.take().ok_or("the function has not requested an event")?;
        let begun = Instant::now();
        next.answer(message)?;
        let mut posted = self.request().await?;
        let elapsed = begun.elapsed();
        let (path, body) = (posted.path.clone(), std::mem::take(&mut posted.body));
        posted.answer("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n".to_owned())?;
        if !path.ends_with("/response") {
            return Err(format!("{path}: {}", String::from_utf8_lossy(&body)).into());
        }
        self.wait_for_next().await?;
        Ok((body, elapsed))
    }

    /// Stops it with SIGTERM and waits until it has ended.
    pub(crate) async fn stop(mut self) -> Result<(), BoxError> {
        kill(self.pid, Signal::SIGTERM)?;
        timeout(TIMEOUT, self.child.wait()).await??;
        Ok(())
    }

    async fn wait_for_next(&mut self) -> Result<(), BoxError> {
        let request = self.request().await?;
        if !request.path.ends_with("/invocation/next") {
            return Err(format!("the function requested {}", request.path).into());
        }
        self.next = Some(request);
        Ok(())
    }

    async fn request(&mut self) -> Result<Request, BoxError> {
        let asked = async {
            tokio::select! {
                request = self.requests.recv() => request.ok_or_else(|| "no server".into()),
                status = self.child.wait() => Err(BoxError::from(format!("the function ended: {}", status?))),
            }
        };
        timeout(TIMEOUT, asked)
            .await
            .map_err(|_elapsed| "the function sent no request for a minute")?
    }
}
