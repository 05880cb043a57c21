//! Lambda's side of a function: its Runtime API, its process, and how long each answer took.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
//!
//! It does not know what the function answers; `life.rs` judges that.

use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::Failed;
use crate::environment::Variables;
use crate::http::{Request, serve};

/// The longest that anything of a function is waited for; valgrind makes some slow.
const PATIENCE: Duration = Duration::from_mins(1);

/// A function's process, waiting for its next event.
pub(crate) struct Function {
    child: Child,
    pid: Pid,
    requests: mpsc::Receiver<Request>,
    /// The request for the next event, while it waits.
    next: Option<Request>,
    invocations: u32,
    _server: JoinSet<()>,
}

impl Function {
    /// Starts a command with nothing but these variables and Lambda's own in its environment;
    /// returns when it asks for its first event, with the time from the spawn: INIT.
    pub(crate) async fn start(
        command: &[String],
        variables: &Variables,
    ) -> Result<(Self, Duration), Failed> {
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
        // What a function logs costs it a system call, and is no result.
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let (sender, requests) = mpsc::channel(1);
        let mut server = JoinSet::new();
        server.spawn(serve(listener, sender));
        let begun = Instant::now();
        let child = command.spawn()?;
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).ok_or("it has no id")?;
        let pid = Pid::from_raw(pid);
        let mut function =
            Self { child, pid, requests, next: None, invocations: 0, _server: server };
        function.wait_for_next().await?;
        Ok((function, begun.elapsed()))
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Gives it one event; returns its answer and how long that took. The function is then
    /// waiting for its next event.
    pub(crate) async fn invoke(&mut self, event: &str) -> Result<(Vec<u8>, Duration), Failed> {
        self.invocations += 1;
        let deadline = (SystemTime::now() + PATIENCE).duration_since(UNIX_EPOCH)?.as_millis();
        let message = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             lambda-runtime-aws-request-id: request-{}\r\n\
             lambda-runtime-deadline-ms: {deadline}\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:1:function:bench\r\n\
             \r\n{event}",
            event.len(),
            self.invocations,
        );
        let next = self.next.take().ok_or("it has not asked for an event")?;
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

    /// Ends it in order and waits until it is gone.
    pub(crate) async fn stop(mut self) -> Result<(), Failed> {
        kill(self.pid, Signal::SIGTERM)?;
        timeout(PATIENCE, self.child.wait()).await??;
        Ok(())
    }

    async fn wait_for_next(&mut self) -> Result<(), Failed> {
        let request = self.request().await?;
        if !request.path.ends_with("/invocation/next") {
            return Err(format!("it asked for {}", request.path).into());
        }
        self.next = Some(request);
        Ok(())
    }

    async fn request(&mut self) -> Result<Request, Failed> {
        let asked = async {
            tokio::select! {
                request = self.requests.recv() => request.ok_or_else(|| "no server".into()),
                status = self.child.wait() => Err(Failed::from(format!("it ended: {}", status?))),
            }
        };
        timeout(PATIENCE, asked).await.map_err(|_elapsed| "it was silent for a minute")?
    }
}
