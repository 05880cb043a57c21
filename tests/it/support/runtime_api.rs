//! A small Lambda Runtime API, and the real binary under it.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::process::Stdio;
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

use super::Vars;

/// The function's binary, waiting for its next event.
#[derive(Debug)]
pub(crate) struct Running {
    listener: TcpListener,
    connection: BufReader<TcpStream>,
    child: Child,
    invocations: usize,
}

/// What the function posted.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
}

/// Everything that the function wrote until it was stopped.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The most memory it had resident until it was stopped, in KiB.
    pub(crate) peak_kib: u64,
}

impl Output {
    fn of(output: std::process::Output, peak_kib: u64) -> Self {
        Self {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            peak_kib,
        }
    }
}

impl Running {
    /// Starts the binary with nothing in its environment but `vars` and what Lambda sets.
    pub(crate) async fn start(vars: &Vars) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
        command.env_clear().envs(vars.iter());
        command.env("AWS_LAMBDA_RUNTIME_API", listener.local_addr().unwrap().to_string());
        command.env("AWS_LAMBDA_FUNCTION_NAME", "probe-under-test");
        command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128");
        command.env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let child = command.spawn().unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        Self { listener, connection: BufReader::new(stream), child, invocations: 0 }
    }

    /// Gives the function one event and waits for what it posts.
    pub(crate) async fn invoke(&mut self, event: &[u8]) -> Posted {
        self.give(event).await;
        let posted = self.request().await;
        let accepted = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
        self.connection.write_all(accepted).await.unwrap();
        posted
    }

    /// Gives the function one event and is gone before it is answered; returns all that the
    /// function wrote until it ended by itself.
    pub(crate) async fn abandon(mut self, event: &[u8]) -> Output {
        self.give(event).await;
        let Self { listener, connection, child, .. } = self;
        drop((listener, connection));
        let output = child.wait_with_output().await.unwrap();
        Output::of(output, 0)
    }

    async fn give(&mut self, event: &[u8]) {
        let asked = self.request().await;
        assert_eq!(asked.path, "/2018-06-01/runtime/invocation/next");
        self.invocations += 1;
        let deadline = SystemTime::now() + Duration::from_mins(1);
        let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\
             lambda-runtime-aws-request-id: request-{}\r\n\
             lambda-runtime-deadline-ms: {deadline}\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:1:function:f\r\n\r\n",
            event.len(),
            self.invocations,
        );
        self.connection.write_all(&[head.as_bytes(), event].concat()).await.unwrap();
    }

    /// Stops the function and returns all that it wrote.
    pub(crate) async fn stop(mut self) -> Output {
        let id = self.child.id().unwrap();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let peak_kib = peak.trim().trim_end_matches(" kB").parse().unwrap();
        self.child.start_kill().unwrap();
        Output::of(self.child.wait_with_output().await.unwrap(), peak_kib)
    }

    /// The next request, over the open connection or a new one.
    async fn request(&mut self) -> Posted {
        loop {
            let mut line = String::new();
            let closed = self.connection.read_line(&mut line).await.unwrap() == 0;
            if closed {
                let (stream, _) = self.listener.accept().await.unwrap();
                self.connection = BufReader::new(stream);
                continue;
            }
            let path = line.split(' ').nth(1).unwrap().to_owned();
            let body = self.body().await;
            return Posted { path, body };
        }
    }

    /// Reads past the headers and returns the body, by its length or in chunks.
    async fn body(&mut self) -> Vec<u8> {
        let mut length = 0;
        let mut chunked = false;
        loop {
            let line = self.line().await.to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            chunked |= line.starts_with("transfer-encoding:") && line.ends_with("chunked");
        }
        if !chunked {
            return self.exactly(length).await;
        }
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(&self.line().await, 16).unwrap();
            body.extend(self.exactly(size).await);
            self.line().await;
            if size == 0 {
                return body;
            }
        }
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.connection.read_line(&mut line).await.unwrap();
        line.trim_end().to_owned()
    }

    async fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.connection.read_exact(&mut bytes).await.unwrap();
        bytes
    }
}
