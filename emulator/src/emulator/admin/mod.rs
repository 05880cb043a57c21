//! The emulator's own page and its machine-readable forms, over HTTP.
//!
//! Owns which path answers what. It only shows: nothing can be changed from here. Each connection
//! has its own task, which ends with the server.
//!
//! | path | answer |
//! |---|---|
//! | `/` | the page |
//! | `/health` | 200, or 503 while the database is away |
//! | `/pins`, `/pins?since=ID` | pins, as JSON |
//! | `/sessions` | sessions, as JSON |
//! | `/metrics` | RDS Proxy's metrics, as Prometheus text |

mod json;
mod prometheus;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::client::{Endpoint, Proxy};

/// How long a client may take for a request's header.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// How many clients are served at once: a page, a scraper and some tests.
const MAX_CLIENTS: usize = 64;

/// The page: one file, which asks for nothing from elsewhere.
const PAGE: &str = include_str!("page.html");
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src \
                           'unsafe-inline'; connect-src 'self'; img-src data:";

/// What is shown.
pub(crate) struct Shown {
    pub(crate) proxy: Arc<Proxy>,
    pub(crate) endpoints: Vec<Arc<Endpoint>>,
}

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, shown: Arc<Shown>) {
    let mut clients = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if clients.len() < MAX_CLIENTS => {
                let Ok((tcp, _peer)) = accepted else { continue };
                let shown = Arc::clone(&shown);
                clients.spawn(async move {
                    let answer = service_fn(async |request| {
                        Ok::<_, Infallible>(respond(&request, &shown).await)
                    });
                    let mut server = http1::Builder::new();
                    server.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
                    // The client may be gone; ignore errors.
                    drop(server.serve_connection(TokioIo::new(tcp), answer).await);
                });
            }
            Some(_) = clients.join_next() => {}
        }
    }
}

async fn respond(request: &Request<Incoming>, shown: &Shown) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered here\n");
    }
    match request.uri().path() {
        "/" => page(),
        "/health" => health(shown).await,
        "/pins" => match since(request.uri().query()) {
            Ok(since) => body(StatusCode::OK, "application/json", json::pins(&shown.proxy, since)),
            Err(found) => {
                let problem = format!("since is {found:?}: expected a number, a pin's id\n");
                body(StatusCode::BAD_REQUEST, TEXT, problem)
            }
        },
        "/sessions" => body(StatusCode::OK, "application/json", json::sessions(&shown.proxy)),
        "/metrics" => {
            let kind = "text/plain; version=0.0.4; charset=utf-8";
            body(StatusCode::OK, kind, prometheus::metrics(shown).await)
        }
        _ => text(StatusCode::NOT_FOUND, "there are /, /health, /pins, /sessions and /metrics\n"),
    }
}

/// The id behind `since=`; 0 without one.
fn since(query: Option<&str>) -> Result<u64, String> {
    let pairs = query.unwrap_or_default().split('&');
    let value = pairs.filter_map(|pair| pair.strip_prefix("since=")).next_back();
    value.map_or(Ok(0), |value| value.parse().map_err(|_error| value.to_owned()))
}

async fn health(shown: &Shown) -> Response<Full<Bytes>> {
    for endpoint in &shown.endpoints {
        if !endpoint.pool.is_reachable().await {
            return text(StatusCode::SERVICE_UNAVAILABLE, "the database is away\n");
        }
    }
    text(StatusCode::OK, "accepting connections\n")
}

fn page() -> Response<Full<Bytes>> {
    let mut page = body(StatusCode::OK, "text/html; charset=utf-8", PAGE);
    page.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    page
}

const TEXT: &str = "text/plain; charset=utf-8";

fn text(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    body(status, TEXT, text)
}

fn body(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_a_pins_id() {
        assert_eq!(since(None), Ok(0));
        assert_eq!(since(Some("since=7")), Ok(7));
        assert_eq!(since(Some("other=1&since=8")), Ok(8));
        assert_eq!(since(Some("since=-1")), Err("-1".to_owned()));
        assert_eq!(since(Some("since=")), Err(String::new()));
    }

    #[test]
    fn the_page_asks_for_nothing_from_elsewhere() {
        for outside in ["http://", "https://", "<link", "src=", "@import", "url("] {
            assert!(!PAGE.contains(outside), "{outside}");
        }
    }
}
