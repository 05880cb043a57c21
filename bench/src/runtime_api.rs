//! Lambda's side of a function: its Runtime API, its process, and how long each answer took.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
//!
//! It does not know what the function answers; `contender.rs` judges that.

use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout};

use crate::Failed;
use crate::environment::Variables;

/// The longest that anything of a function is waited for; valgrind makes some slow.
const PATIENCE: Duration = Duration::from_mins(1);

/// A function's process, waiting for its next event.
pub(crate) struct Function {
    listener: TcpListener,
    connection: BufReader<TcpStream>,
    child: Child,
    pid: Pid,
    invocations: u32,
}

struct Request {
    path: String,
    body: Vec<u8>,
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
        let begun = Instant::now();
        let mut child = command.spawn()?;
        let accepted = tokio::select! {
            accepted = timeout(PATIENCE, listener.accept()) => accepted??,
            status = child.wait() => return Err(format!("it ended: {}", status?).into()),
        };
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).ok_or("it has no id")?;
        let connection = BufReader::new(accepted.0);
        let pid = Pid::from_raw(pid);
        let mut function = Self { listener, connection, child, pid, invocations: 0 };
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
        let begun = Instant::now();
        self.connection.write_all(message.as_bytes()).await?;
        let posted = self.request().await?;
        let elapsed = begun.elapsed();
        let accepted = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
        self.connection.write_all(accepted).await?;
        self.wait_for_next().await?;
        if posted.path.ends_with("/response") {
            Ok((posted.body, elapsed))
        } else {
            Err(format!("{}: {}", posted.path, String::from_utf8_lossy(&posted.body)).into())
        }
    }

    /// Ends it in order and waits until it is gone.
    pub(crate) async fn stop(mut self) -> Result<(), Failed> {
        kill(self.pid, Signal::SIGTERM)?;
        timeout(PATIENCE, self.child.wait()).await??;
        Ok(())
    }

    async fn wait_for_next(&mut self) -> Result<(), Failed> {
        let Request { path, .. } = self.request().await?;
        if path.ends_with("/invocation/next") {
            return Ok(());
        }
        Err(format!("it asked for {path}").into())
    }

    async fn request(&mut self) -> Result<Request, Failed> {
        timeout(PATIENCE, self.next_request()).await?
    }

    /// The next request, over the open connection or a new one.
    async fn next_request(&mut self) -> Result<Request, Failed> {
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                self.connection = BufReader::new(self.listener.accept().await?.0);
                continue;
            }
            let path = line.split(' ').nth(1).ok_or("no path")?.to_owned();
            return Ok(Request { path, body: self.body().await? });
        }
    }

    /// Reads past the headers and returns the body, by its length or in chunks.
    async fn body(&mut self) -> Result<Vec<u8>, Failed> {
        let (mut length, mut chunked) = (0, false);
        loop {
            let line = self.line().await?.to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
            chunked |= line.starts_with("transfer-encoding:") && line.ends_with("chunked");
        }
        let mut body = Vec::new();
        if !chunked {
            self.read(length, &mut body).await?;
            return Ok(body);
        }
        loop {
            let size = u64::from_str_radix(&self.line().await?, 16)?;
            self.read(size, &mut body).await?;
            self.line().await?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    async fn read(&mut self, length: u64, into: &mut Vec<u8>) -> Result<(), Failed> {
        let read = (&mut self.connection).take(length).read_to_end(into).await?;
        if u64::try_from(read)? < length { Err("its request ended early".into()) } else { Ok(()) }
    }

    async fn line(&mut self) -> Result<String, Failed> {
        let mut line = String::new();
        self.connection.read_line(&mut line).await?;
        Ok(line.trim_end().to_owned())
    }
}
