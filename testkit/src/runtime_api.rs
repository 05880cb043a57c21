//! Lambda's Runtime API, for a function with any number of workers.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::io;
use std::mem::take;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use tokio::io::BufReader;
use tokio::net::TcpStream;
use tokio::process::Child;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use crate::http::{read_request, write_response};
use crate::peer::Peer;

/// The function whose events these are.
pub const FUNCTION_ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:under-test";

/// How long an invocation may take.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A running Runtime API; dropping it closes its port and all connections.
#[derive(Debug)]
pub struct RuntimeApi {
    address: SocketAddr,
    requests: UnboundedReceiver<Request>,
    _peer: Peer,
}

/// What a function asks for or posts. It waits for the answer; dropping this closes its connection.
#[derive(Debug)]
pub struct Request {
    /// Which event it asks for, or what it posts.
    pub path: String,
    /// What it posts.
    pub body: Vec<u8>,
    connection: BufReader<TcpStream>,
    answered: oneshot::Sender<BufReader<TcpStream>>,
}

impl RuntimeApi {
    /// Starts one.
    pub async fn start() -> Self {
        let (tell, requests) = unbounded_channel();
        let peer = Peer::start(move |stream| serve(stream, tell.clone())).await;
        Self { address: peer.address, requests, _peer: peer }
    }

    /// The variables that Lambda sets for a function of this name.
    pub fn variables(&self, name: &str) -> [(&'static str, String); 4] {
        [
            ("AWS_LAMBDA_RUNTIME_API", self.address.to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME", name.to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ]
    }

    /// The next request of the function that runs as this process.
    ///
    /// # Errors
    ///
    /// The process ended instead.
    pub async fn request(&mut self, function: &mut Child) -> io::Result<Request> {
        tokio::select! {
            biased;
            Some(request) = self.requests.recv() => Ok(request),
            status = function.wait() => {
                Err(io::Error::other(format!("the function ended: {}", status?)))
            }
        }
    }
}

async fn serve(stream: TcpStream, requests: UnboundedSender<Request>) {
    let mut connection = BufReader::new(stream);
    while let Ok(Some(request)) = read_request(&mut connection).await {
        let (answered, answer) = oneshot::channel();
        let (path, body) = (request.path, request.body);
        let request = Request { path, body, connection, answered };
        let Ok(()) = requests.send(request) else { return };
        let Ok(back) = answer.await else { return };
        connection = back;
    }
}

impl Request {
    /// Whether the function asks for an event.
    pub fn is_next(&self) -> bool {
        self.path == "/2018-06-01/runtime/invocation/next"
    }

    /// Answers with the event of the invocation `request-NUMBER`.
    ///
    /// # Errors
    ///
    /// The connection broke.
    pub async fn give(self, number: usize, event: &[u8]) -> io::Result<()> {
        let deadline = SystemTime::now() + TIMEOUT;
        let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).map_err(io::Error::other)?;
        let headers = [
            ("content-type", "application/json"),
            ("lambda-runtime-aws-request-id", &*format!("request-{number}")),
            ("lambda-runtime-deadline-ms", &*deadline.as_millis().to_string()),
            ("lambda-runtime-invoked-function-arn", FUNCTION_ARN),
        ];
        self.answer("200 OK", &headers, event).await
    }

    /// Takes what was posted: path and body.
    ///
    /// # Errors
    ///
    /// The connection broke.
    pub async fn accept(mut self) -> io::Result<(String, Vec<u8>)> {
        let posted = (take(&mut self.path), take(&mut self.body));
        self.answer("202 Accepted", &[], b"").await?;
        Ok(posted)
    }

    /// Refuses what was posted, as too large.
    ///
    /// # Errors
    ///
    /// The connection broke.
    pub async fn refuse(self) -> io::Result<()> {
        self.answer("413 Payload Too Large", &[], b"").await
    }

    async fn answer(
        mut self,
        status: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<()> {
        write_response(&mut self.connection, status, headers, body).await?;
        // If the Runtime API is gone, this closes the connection.
        drop(self.answered.send(self.connection));
        Ok(())
    }
}
