//! An HTTP/1.1 server with what the requests of a Lambda runtime need. It takes any number of
//! connections at once: a runtime with several threads may answer over another connection than the
//! one that it got its event from.

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::error::BoxError;

/// A request; its sender waits for the answer.
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    answer: oneshot::Sender<String>,
}

impl Request {
    /// Answers with a complete HTTP message.
    pub(crate) fn answer(self, message: String) -> Result<(), BoxError> {
        self.answer.send(message).map_err(|_unsent| "the client closed the connection".into())
    }
}

/// Passes on the requests of all connections until the receiver is dropped.
pub(crate) async fn serve(listener: TcpListener, requests: mpsc::Sender<Request>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let requests = requests.clone();
        // If a connection breaks, the process that waits for its request times out and reports it.
        connections.spawn(async move { drop(serve_connection(stream, &requests).await) });
    }
}

async fn serve_connection(
    stream: TcpStream,
    requests: &mpsc::Sender<Request>,
) -> Result<(), BoxError> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    loop {
        let line = line(&mut stream).await?;
        let Some(path) = line.split(' ').nth(1) else { return Ok(()) };
        let body = body(&mut stream).await?;
        let (answer, answered) = oneshot::channel();
        requests.send(Request { path: path.to_owned(), body, answer }).await?;
        stream.write_all(answered.await?.as_bytes()).await?;
    }
}

/// Skips the headers and returns the body, which has a length or comes in chunks.
async fn body(stream: &mut BufReader<TcpStream>) -> Result<Vec<u8>, BoxError> {
    let (mut length, mut chunked) = (0, false);
    loop {
        let line = line(stream).await?.to_ascii_lowercase();
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
        read(stream, length, &mut body).await?;
        return Ok(body);
    }
    loop {
        let size = u64::from_str_radix(&line(stream).await?, 16)?;
        read(stream, size, &mut body).await?;
        line(stream).await?;
        if size == 0 {
            return Ok(body);
        }
    }
}

async fn read(
    stream: &mut BufReader<TcpStream>,
    length: u64,
    into: &mut Vec<u8>,
) -> Result<(), BoxError> {
    let read = stream.take(length).read_to_end(into).await?;
    if u64::try_from(read)? < length {
        Err("the connection was closed within a request".into())
    } else {
        Ok(())
    }
}

/// A line without its line break; empty at the end of the stream.
async fn line(stream: &mut BufReader<TcpStream>) -> Result<String, BoxError> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    Ok(line.trim_end().to_owned())
}
