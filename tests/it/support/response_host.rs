//! A stand-in for the hosts that take a gate's verdict: CloudFormation's bucket and `CodeDeploy`.
//!
//! TLS is real and verified; the authority that issued its certificate is trusted by the
//! connector made here and by nobody else. Whatever host a request is for, it comes here.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use rds_proxy_probe::connector::Connector;
use serde_json::Value;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

use super::aws::{Answer, Asked, serve};
use super::peer::{Issued, Peer};

/// A running stand-in; dropping it ends it.
pub(crate) struct ResponseHost {
    address: SocketAddr,
    ca_pem: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    meant_for: Arc<Mutex<Vec<String>>>,
    _peer: Peer,
}

impl ResponseHost {
    /// One that takes everything.
    pub(crate) async fn start() -> Self {
        Self::answering(|_| Answer::Reply(200, "application/xml", String::new())).await
    }

    /// One that answers by `script`, which is told how many requests came before.
    pub(crate) async fn answering(
        script: impl Fn(usize) -> Answer + Clone + Send + Sync + 'static,
    ) -> Self {
        let issued = Issued::new(|leaf| {
            let here = rcgen::SanType::IpAddress([127, 0, 0, 1].into());
            leaf.subject_alt_names = vec![here];
        });
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, acceptor) = (Arc::clone(&asked), issued.acceptor());
        let peer = Peer::start(move |stream| {
            let (kept, acceptor, script) = (Arc::clone(&kept), acceptor.clone(), script.clone());
            async move {
                // A client that does not trust the certificate ends the handshake.
                let Ok(stream) = acceptor.accept(stream).await else { return };
                serve(stream, kept, move |asked| script(asked.before)).await;
            }
        })
        .await;
        let meant_for = Arc::default();
        Self { address: peer.address, ca_pem: issued.ca_pem, asked, meant_for, _peer: peer }
    }

    /// A connector that trusts the stand-in, and leads everything to it.
    pub(crate) fn connector(&self) -> SharedHttpConnector {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.ca_pem.as_bytes()).unwrap()).unwrap();
        self.led_by(Connector::trusting(roots))
    }

    /// A connector that leads everything here, and trusts the machine's roots alone.
    pub(crate) fn distrustful_connector(&self) -> SharedHttpConnector {
        self.led_by(Connector::default())
    }

    fn led_by(&self, inner: Connector) -> SharedHttpConnector {
        let (address, meant_for) = (self.address, Arc::clone(&self.meant_for));
        SharedHttpConnector::new(Leading { inner, address, meant_for })
    }

    /// What was asked, in that order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The hosts that requests were meant for.
    pub(crate) fn meant_for(&self) -> Vec<String> {
        self.meant_for.lock().unwrap().clone()
    }

    /// The one answer that was handed in.
    pub(crate) fn answer(&self) -> Value {
        let asked = self.asked();
        assert_eq!(asked.len(), 1, "{asked:#?}");
        serde_json::from_str(&asked[0].body).unwrap()
    }
}

#[derive(Debug)]
struct Leading {
    inner: Connector,
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
