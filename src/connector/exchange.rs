//! One HTTP/1.1 request and its answer over a stream.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt as _, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::Heard;
use super::error::{CallError, until};

/// The longest body that is read, in bytes: many times a page of the RDS API.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// Sends a request, and reads its whole answer.
pub(super) async fn ask(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    mut request: Request<SdkBody>,
    by: Option<Instant>,
) -> Result<HttpResponse, CallError> {
    address(&mut request).map_err(CallError::unsendable)?;
    let heard = Heard::default();
    let stream = TokioIo::new(heard.from(stream));
    let exchange = async {
        let (sender, connection) = handshake(stream).await?;
        let answer = answer(sender, request);
        tokio::pin!(answer, connection);
        // Both concurrently: the connection reads and writes, and ends with the stream.
        tokio::select! {
            biased;
            answer = &mut answer => answer,
            ended = &mut connection => match (answer.await, ended) {
                // The connection's own error says what happened, the other only that it is closed.
                (Err(_), Err(error)) => Err(error.into()),
                (answer, _) => answer,
            },
        }
    };
    until(by, exchange)
        .await
        .map_err(|cause| CallError::NotAnswered { heard: heard.bytes(), cause })
}

async fn answer(
    mut sender: SendRequest<SdkBody>,
    request: Request<SdkBody>,
) -> Result<HttpResponse, BoxError> {
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, BODY_LIMIT).collect().await?.to_bytes();
    Ok(HttpResponse::try_from(hyper::Response::from_parts(head, SdkBody::from(body)))?)
}

/// Moves the host from the request line, where only web proxies expect it, into the `Host`
/// header: [RFC 9112, section 3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2).
fn address(request: &mut Request<SdkBody>) -> Result<(), BoxError> {
    let uri = request.uri();
    let host = uri.host().unwrap_or_default();
    let default_port = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    let host = match uri.port_u16() {
        Some(port) if port != default_port => HeaderValue::from_str(&format!("{host}:{port}"))?,
        Some(_) | None => HeaderValue::from_str(host)?,
    };
    let path =
        uri.path_and_query().cloned().map_or_else(|| Ok(Uri::from_static("/")), Uri::try_from)?;
    request.headers_mut().entry(HOST).or_insert(host);
    *request.uri_mut() = path;
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    fn request(uri: &str) -> Request<SdkBody> {
        Request::builder().uri(uri).body(SdkBody::empty()).unwrap()
    }

    #[test]
    fn the_host_goes_into_its_header() {
        for (uri, host, line) in [
            ("https://sts.eu-west-1.amazonaws.com/", "sts.eu-west-1.amazonaws.com", "/"),
            ("https://sts.eu-west-1.amazonaws.com", "sts.eu-west-1.amazonaws.com", "/"),
            ("https://example.com:443/a?b=%2F", "example.com", "/a?b=%2F"),
            ("http://example.com:443/a", "example.com:443", "/a"),
            ("http://[::1]:8080/a", "[::1]:8080", "/a"),
        ] {
            let mut request = request(uri);
            address(&mut request).unwrap();
            assert_eq!(request.headers()[HOST], host, "{uri}");
            assert_eq!(request.uri().to_string(), line, "{uri}");
        }
    }

    /// The result of a request with this answer.
    async fn asked(answer: Vec<u8>) -> Result<HttpResponse, CallError> {
        let (near, mut far) = duplex(64 * 1024);
        let peer = async {
            let _length = far.read(&mut [0; 1024]).await.unwrap();
            // The client may have closed the connection.
            drop(far.write_all(&answer).await);
        };
        tokio::join!(ask(near, request("http://example.com/"), None), peer).0
    }

    #[tokio::test]
    async fn an_answer_is_read_to_its_end_and_no_further_than_the_limit() {
        let of_length = |length: usize| {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
            [head.into_bytes(), vec![b' '; length]].concat()
        };
        let answer = asked(of_length(BODY_LIMIT)).await.unwrap();
        assert_eq!(answer.body().bytes().map(<[u8]>::len), Some(BODY_LIMIT));
        let error = asked(of_length(BODY_LIMIT + 1)).await.unwrap_err();
        assert!(matches!(error, CallError::NotAnswered { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn what_was_heard_stays_known_though_it_came_before_the_request() {
        let (near, mut far) = duplex(1024);
        far.write_all(b"SSH-2.0-OpenSSH_9.6\r\n").await.unwrap();
        let error = ask(near, request("http://example.com/"), None).await.unwrap_err();
        let CallError::NotAnswered { heard, .. } = error else { panic!("{error:?}") };
        assert_eq!(heard, b"SSH-2.0-OpenSSH_9.6\r\n");
    }
}
