//! A stand-in for CloudFormation's bucket.
//!
//! TLS is real and verified; the authority that issued its certificate is trusted by the
//! connector made here and by nobody else. Whatever host an answer is for, it comes here.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use rds_proxy_probe::connector::Connector;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;

/// A running stand-in; dropping it ends it.
pub(crate) struct ResponseHost {
    address: SocketAddr,
    pub(crate) ca_pem: String,
    answers: Arc<Mutex<Vec<Value>>>,
    _accepting: JoinSet<()>,
}

impl ResponseHost {
    /// One that takes every answer.
    pub(crate) async fn start() -> Self {
        Self::answering("200 OK").await
    }

    /// One that answers with this status.
    pub(crate) async fn answering(status: &'static str) -> Self {
        Self::start_at("127.0.0.1:0", status).await
    }

    /// One where the bucket's own name leads to.
    pub(crate) async fn start_at(address: &str, status: &'static str) -> Self {
        let (ca_pem, acceptor) = issued();
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let answers = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&answers);
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, kept) = (acceptor.clone(), Arc::clone(&kept));
                connections.spawn(async move {
                    // A client that does not trust the certificate ends the handshake.
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    serve(BufReader::new(stream), &kept, status).await;
                });
            }
        });
        Self { address, ca_pem, answers, _accepting: accepting }
    }

    /// What trusts it and leads every request to it.
    pub(crate) fn connector(&self) -> SharedHttpConnector {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.ca_pem.as_bytes()).unwrap()).unwrap();
        let inner = Connector::trusting(roots);
        SharedHttpConnector::new(Leading { inner, address: self.address })
    }

    /// What was handed in, in that order.
    pub(crate) fn answers(&self) -> Vec<Value> {
        self.answers.lock().unwrap().clone()
    }
}

fn issued() -> (String, TlsAcceptor) {
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::new(vec![]).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let issuer = rcgen::Issuer::from_params(&ca, &ca_key);
    let leaf_key = rcgen::KeyPair::generate().unwrap();
    let names = ["127.0.0.1", super::BUCKET];
    let leaf = rcgen::CertificateParams::new(names.map(str::to_owned)).unwrap();
    let leaf = leaf.signed_by(&leaf_key, &issuer).unwrap();
    let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.into()], leaf_key.into())
        .unwrap();
    (ca_pem, TlsAcceptor::from(Arc::new(config)))
}

async fn serve(
    mut stream: BufReader<TlsStream<TcpStream>>,
    answers: &Mutex<Vec<Value>>,
    status: &str,
) {
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        assert!(line.starts_with("PUT "), "{line}");
        let mut length = 0;
        while !line.trim_end().is_empty() {
            line.clear();
            stream.read_line(&mut line).await.unwrap();
            let line = line.to_ascii_lowercase();
            assert!(!line.starts_with("content-type"), "a presigned PUT covers none");
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim_end().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        answers.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
        let reply = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(reply.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
    }
}

#[derive(Debug)]
struct Leading {
    inner: Connector,
    address: SocketAddr,
}

impl HttpConnector for Leading {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let uri = request.uri().strip_prefix("https://").unwrap();
        let (_, path) = uri.split_once('/').unwrap();
        request.set_uri(format!("https://{}/{path}", self.address)).unwrap();
        let call = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            // A paused clock jumps as soon as the host's task waits for its socket, and past the
            // end of every attempt, unless something blocks.
            let (call_ends, waiting) = std::sync::mpsc::channel::<()>();
            let holds_the_clock = tokio::task::spawn_blocking(move || waiting.recv());
            let answer = call.await;
            drop(call_ends);
            drop(holds_the_clock.await);
            answer
        })
    }
}
