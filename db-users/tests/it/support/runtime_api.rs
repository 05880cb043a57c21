//! A small Lambda Runtime API, and the real binary under it.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::process::Stdio;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

use super::{FUNCTION, Vars};

/// The function's binary, waiting for its next event.
pub(crate) struct Running {
    listener: TcpListener,
    connection: BufReader<TcpStream>,
    child: Child,
}

impl Running {
    /// Starts the binary with nothing in its environment but `vars` and what Lambda sets.
    pub(crate) async fn start(vars: &Vars) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_db-users"));
        command.env_clear().envs(vars);
        command.env("AWS_LAMBDA_RUNTIME_API", listener.local_addr().unwrap().to_string());
        command.env("AWS_LAMBDA_FUNCTION_NAME", "db-users-under-test");
        command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128");
        command.env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let child = command.spawn().unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        Self { listener, connection: BufReader::new(stream), child }
    }

    /// Gives the function one event; the path that it posts to, and what.
    pub(crate) async fn invoke(&mut self, event: &[u8]) -> (String, Value) {
        let (path, _) = self.request().await;
        assert_eq!(path, "/2018-06-01/runtime/invocation/next");
        let deadline = SystemTime::now() + Duration::from_mins(1);
        let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\
             lambda-runtime-aws-request-id: request\r\n\
             lambda-runtime-deadline-ms: {deadline}\r\n\
             lambda-runtime-invoked-function-arn: {FUNCTION}\r\n\r\n",
            event.len(),
        );
        self.connection.write_all(&[head.as_bytes(), event].concat()).await.unwrap();
        let (path, body) = self.request().await;
        let accepted = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
        self.connection.write_all(accepted).await.unwrap();
        (path, serde_json::from_slice(&body).unwrap())
    }

    /// Stops the function; the lines that it wrote, all of which must be JSON.
    pub(crate) async fn stop(mut self) -> Vec<Value> {
        self.child.start_kill().unwrap();
        let output = self.child.wait_with_output().await.unwrap();
        assert!(output.stderr.is_empty(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The next request's path and body, over the open connection or a new one.
    async fn request(&mut self) -> (String, Vec<u8>) {
        loop {
            let mut line = String::new();
            if self.connection.read_line(&mut line).await.unwrap() == 0 {
                let (stream, _) = self.listener.accept().await.unwrap();
                self.connection = BufReader::new(stream);
                continue;
            }
            let path = line.split(' ').nth(1).unwrap().to_owned();
            let mut length = 0;
            while !line.trim_end().is_empty() {
                line.clear();
                self.connection.read_line(&mut line).await.unwrap();
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            self.connection.read_exact(&mut body).await.unwrap();
            return (path, body);
        }
    }
}
