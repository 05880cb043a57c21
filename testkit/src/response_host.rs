//! A stand-in for the hosts that wait for a function's answer: CloudFormation's bucket, `CodeDeploy`.
//!
//! TLS is real and verified: only a client that is given its authority trusts it. Whatever host a
//! request is for, a connector that leads here brings it.

use std::net::SocketAddr;
use std::path::Display;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use rcgen::CertificateParams;
use rustls::RootCertStore;
use serde_json::Value;

use crate::authority::{Issued, roots};
use crate::aws::{Answer, Asked, serve};
use crate::namespace::lead_here;
use crate::peer::{ANYWHERE, Peer};

/// A running stand-in; dropping it ends it.
#[derive(Debug)]
pub struct ResponseHost {
    address: SocketAddr,
    issued: Issued,
    asked: Arc<Mutex<Vec<Asked>>>,
    meant_for: Arc<Mutex<Vec<String>>>,
    _peer: Peer,
}

impl ResponseHost {
    /// One that takes everything.
    pub async fn start() -> Self {
        Self::answering(|_| Self::taken()).await
    }

    /// One that answers by `script`, which is given the number of requests that came before.
    pub async fn answering(
        script: impl Fn(usize) -> Answer + Clone + Send + Sync + 'static,
    ) -> Self {
        Self::start_at(ANYWHERE, &[], script).await
    }

    /// One that takes everything at the port of these names, which lead to it: for a test that is
    /// in its own network.
    pub async fn of(names: &[&str]) -> Self {
        lead_here(names);
        Self::start_at("127.0.0.1:443", names, |_| Self::taken()).await
    }

    async fn start_at(
        address: &str,
        names: &[&str],
        script: impl Fn(usize) -> Answer + Clone + Send + Sync + 'static,
    ) -> Self {
        let issued = Issued::new(|leaf| {
            let names = [&["127.0.0.1"], names].concat();
            let names = names.into_iter().map(str::to_owned).collect::<Vec<_>>();
            leaf.subject_alt_names = CertificateParams::new(names).unwrap().subject_alt_names;
        });
        let asked = Arc::default();
        let (kept, acceptor) = (Arc::clone(&asked), issued.acceptor());
        let peer = Peer::start_at(address, move |stream| {
            let (kept, acceptor, script) = (Arc::clone(&kept), acceptor.clone(), script.clone());
            async move {
                // A client that does not trust the certificate ends the handshake.
                let Ok(stream) = acceptor.accept(stream).await else { return };
                serve(stream, kept, move |asked| script(asked.before)).await;
            }
        })
        .await;
        let meant_for = Arc::default();
        Self { address: peer.address, issued, asked, meant_for, _peer: peer }
    }

    fn taken() -> Answer {
        Answer::Reply(200, "application/xml", String::new())
    }

    /// The path of a file with the authority that it is to be trusted by.
    pub fn ca_file(&self) -> Display<'_> {
        self.issued.ca_file()
    }

    /// Trusts its authority alone.
    pub fn roots(&self) -> RootCertStore {
        roots(&self.issued.ca_pem)
    }

    /// A connector that leads everything here by `inner`.
    pub fn leading(&self, inner: impl HttpConnector + 'static) -> SharedHttpConnector {
        let (address, meant_for) = (self.address, Arc::clone(&self.meant_for));
        let inner = SharedHttpConnector::new(inner);
        SharedHttpConnector::new(Leading { inner, address, meant_for })
    }

    /// What was asked, in that order.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The hosts that requests were meant for.
    pub fn meant_for(&self) -> Vec<String> {
        self.meant_for.lock().unwrap().clone()
    }

    /// The bodies of what was asked, in that order.
    pub fn answers(&self) -> Vec<Value> {
        self.asked().iter().map(|asked| serde_json::from_str(&asked.body).unwrap()).collect()
    }

    /// The one answer that was handed in.
    pub fn answer(&self) -> Value {
        let [answer] = self.answers().try_into().unwrap();
        answer
    }
}

#[derive(Debug)]
struct Leading {
    inner: SharedHttpConnector,
    address: SocketAddr,
    meant_for: Arc<Mutex<Vec<String>>>,
}

impl HttpConnector for Leading {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let uri = request.uri().strip_prefix("https://").unwrap();
        let (host, path) = uri.split_once('/').unwrap();
        self.meant_for.lock().unwrap().push(host.to_owned());
        let here = format!("https://{}/{path}", self.address);
        request.set_uri(here).unwrap();
        self.inner.call(request)
    }
}
