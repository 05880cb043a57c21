//! A small Lambda Runtime API, and the real binary under it.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

use super::Vars;

/// The function's binary, waiting for its next event.
#[derive(Debug)]
pub(crate) struct Running {
    listener: TcpListener,
    connection: Connection,
    pub(crate) process: Process,
    invocations: usize,
}

/// A connection over which the function asks for events and posts its answers.
#[derive(Debug)]
pub(crate) struct Connection(BufReader<TcpStream>);

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

/// The function's process. What it writes goes to files, which never make it wait for a reader.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    stdout: File,
    stderr: File,
}

impl Process {
    /// Starts the binary with nothing in its environment but `vars` and what Lambda sets.
    ///
    /// It ends with the test even if that is killed: with many workers it would ask a Runtime API
    /// that is gone again and again, for ever and without a pause.
    /// <https://man7.org/linux/man-pages/man1/setpriv.1.html>
    pub(crate) fn start(vars: &Vars, runtime_api: SocketAddr) -> Self {
        let [stdout, stderr] = [(); 2].map(|()| tempfile::tempfile().unwrap());
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", env!("CARGO_BIN_EXE_probe")]);
        command.env_clear().envs(vars.iter());
        command.env("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string());
        command.env("AWS_LAMBDA_FUNCTION_NAME", "probe-under-test");
        command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128");
        command.env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
        command.stdout(stdout.try_clone().unwrap()).stderr(stderr.try_clone().unwrap());
        let child = command.kill_on_drop(true).spawn().unwrap();
        Self { child, stdout, stderr }
    }

    /// Its id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Stops it as Lambda does between invocations; nothing of it runs until it is thawed.
    pub(crate) async fn freeze(&self) {
        self.signal("-STOP").await;
        // A process is told of a signal before it stops.
        while !self.is_stopped() {
            tokio::task::yield_now().await;
        }
    }

    /// Lets it go on.
    pub(crate) async fn thaw(&self) {
        self.signal("-CONT").await;
    }

    async fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let status = Command::new("kill").args([name, &id]).status().await.unwrap();
        assert!(status.success(), "kill {name} {id}: {status}");
    }

    fn is_stopped(&self) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        status.lines().any(|line| line.starts_with("State:\tT"))
    }

    /// Stops it and returns all that it wrote.
    pub(crate) async fn stop(mut self) -> Output {
        let peak_kib = status_kib(self.id(), "VmHWM:");
        self.child.start_kill().unwrap();
        Output { peak_kib, ..self.ended().await }
    }

    /// Waits for its end and returns all that it wrote.
    async fn ended(mut self) -> Output {
        self.child.wait().await.unwrap();
        let [stdout, stderr] = [self.stdout, self.stderr].map(|mut file| {
            let mut text = String::new();
            file.rewind().unwrap();
            file.read_to_string(&mut text).unwrap();
            text
        });
        Output { stdout, stderr, peak_kib: 0 }
    }
}

/// A line of a process's status, in KiB.
/// <https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>
pub(crate) fn status_kib(process: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let value = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    value.trim().trim_end_matches(" kB").parse().unwrap()
}

impl Running {
    /// Starts the binary.
    pub(crate) async fn start(vars: &Vars) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let process = Process::start(vars, listener.local_addr().unwrap());
        let (stream, _) = listener.accept().await.unwrap();
        Self { listener, connection: Connection::new(stream), process, invocations: 0 }
    }

    /// Gives the function one event and waits for what it posts.
    pub(crate) async fn invoke(&mut self, event: &[u8]) -> Posted {
        self.give(event).await;
        let posted = self.request().await;
        self.connection.accept().await;
        posted
    }

    /// Gives the function one event, and refuses what it posts.
    pub(crate) async fn refuse(&mut self, event: &[u8]) {
        self.give(event).await;
        self.request().await;
        self.connection.say("413 Payload Too Large", "", b"").await;
    }

    /// Gives the function one event and is gone before it is answered; returns all that the
    /// function wrote until it ended by itself.
    pub(crate) async fn abandon(mut self, event: &[u8]) -> Output {
        self.give(event).await;
        let Self { listener, connection, process, .. } = self;
        drop((listener, connection));
        process.ended().await
    }

    async fn give(&mut self, event: &[u8]) {
        let asked = self.request().await;
        assert!(asked.is_next(), "{asked:?}");
        self.invocations += 1;
        self.connection.give(self.invocations, event).await;
    }

    /// Stops the function and returns all that it wrote.
    pub(crate) async fn stop(self) -> Output {
        self.process.stop().await
    }

    /// The next request, over the open connection or a new one.
    async fn request(&mut self) -> Posted {
        loop {
            if let Some(posted) = self.connection.request().await {
                return posted;
            }
            let (stream, _) = self.listener.accept().await.unwrap();
            self.connection = Connection::new(stream);
        }
    }
}

impl Posted {
    /// Whether the function asks for an event.
    pub(crate) fn is_next(&self) -> bool {
        self.path == "/2018-06-01/runtime/invocation/next"
    }

    /// The report, and the id of the invocation that it answers.
    pub(crate) fn report(&self) -> Value {
        assert!(self.path.ends_with("/response"), "{self:?}");
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Self {
        // Else small answers wait 40 ms for an acknowledgement that the kernel delays.
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    /// Answers with the event of the invocation `request-NUMBER`.
    pub(crate) async fn give(&mut self, number: usize, event: &[u8]) {
        let deadline = SystemTime::now() + Duration::from_mins(1);
        let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        let headers = format!(
            "lambda-runtime-aws-request-id: request-{number}\r\n\
             lambda-runtime-deadline-ms: {deadline}\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:1:function:f\r\n",
        );
        self.say("200 OK", &headers, event).await;
    }

    /// Takes what was posted.
    pub(crate) async fn accept(&mut self) {
        self.say("202 Accepted", "", b"").await;
    }

    async fn say(&mut self, status: &str, headers: &str, body: &[u8]) {
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n");
        self.0.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    }

    /// The next request; none when the function has closed the connection.
    pub(crate) async fn request(&mut self) -> Option<Posted> {
        let mut line = String::new();
        if self.0.read_line(&mut line).await.unwrap() == 0 {
            return None;
        }
        let path = line.split(' ').nth(1).unwrap().to_owned();
        let body = self.body().await;
        Some(Posted { path, body })
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
        self.0.read_line(&mut line).await.unwrap();
        line.trim_end().to_owned()
    }

    async fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).await.unwrap();
        bytes
    }
}
