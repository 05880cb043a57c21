//! The HTTP client for AWS's services, and for the answers to CloudFormation and `CodeDeploy`: one
//! HTTP/1.1 request over one connection, verified by the machine's roots.
//!
//! It reports how far a request got as a fact: whether there was a connection, and what the peer
//! sent first. The SDK's own client has only an error's text for that, and loses what a server
//! sends before the request.

mod contact;
mod dial;
mod error;
mod exchange;
mod heard;

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use rustls::RootCertStore;
use tokio::time::Instant;

pub use contact::Contact;
pub use error::CallError;
pub(crate) use error::behind;

use dial::Trust;
use heard::Heard;

/// Sends requests, each over a new connection.
#[derive(Clone, Debug, Default)]
pub struct Connector {
    trust: Trust,
    timeouts: Timeouts,
    contact: Contact,
}

/// How long a request may take.
#[derive(Clone, Copy, Debug, Default)]
struct Timeouts {
    connect: Option<Duration>,
    answer: Option<Duration>,
}

impl Connector {
    /// One that trusts `roots` instead of the machine's.
    pub fn trusting(roots: RootCertStore) -> Self {
        Self { trust: Trust::These(Arc::new(roots)), ..Self::default() }
    }

    async fn call_once(&self, request: HttpRequest) -> Result<HttpResponse, CallError> {
        let request = request.try_into_http1x().map_err(CallError::unsendable)?;
        let connected_by = self.timeouts.connect.map(|timeout| Instant::now() + timeout);
        let socket = dial::connect(request.uri(), connected_by).await?;
        self.contact.connected();
        let answered_by = || self.timeouts.answer.map(|timeout| Instant::now() + timeout);
        let answer = if request.uri().scheme_str() == Some("https") {
            let stream = dial::encrypt(socket, request.uri(), &self.trust, connected_by).await?;
            exchange::ask(stream, request, answered_by()).await?
        } else {
            exchange::ask(socket, request, answered_by()).await?
        };
        self.contact.answered();
        Ok(answer)
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.clone();
        HttpConnectorFuture::new(async move { Ok(connector.call_once(request).await?) })
    }
}

/// A client for the SDK, with its timeouts; `contact` records how far its requests got.
pub fn http_client(contact: &Contact) -> SharedHttpClient {
    let contact = contact.clone();
    http_client_fn(move |settings, _| {
        let (connect, answer) = (settings.connect_timeout(), settings.read_timeout());
        let (trust, timeouts) = (Trust::Machine, Timeouts { connect, answer });
        SharedHttpConnector::new(Connector { trust, timeouts, contact: contact.clone() })
    })
}
