//! What a handshake showed: version, names, issuer, end date, also of a certificate refused.
//!
//! The connector's stream tells nothing about itself, so a [`Recorder`] stands around rustls' own
//! verifier and notes what passes through. It decides nothing.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, KeyLog, SignatureScheme};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::token::Secrets;

/// What is known of a TLS session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFacts {
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: &'static str,
    /// The DNS names in the server's certificate
    /// ([RFC 5280, section 4.2.1.6](https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6)).
    pub subject_names: Vec<String>,
    /// The distinguished name of the one that issued it; `None` if it cannot be read.
    pub issuer: Option<String>,
    /// When it begins; `None` if it cannot be read.
    pub not_before: Option<SystemTime>,
    /// When it ends; `None` if it cannot be read.
    pub not_after: Option<SystemTime>,
}

/// The most names of a certificate that are kept; RDS Proxy's has one.
const NAMES_KEPT: usize = 20;

/// The longest part of a certificate's text that is kept, in characters: a DNS name's length.
const TEXT_KEPT: usize = 253;

impl TlsFacts {
    /// What is kept of texts that the server chose: freed of secrets, and bounded.
    #[must_use]
    pub(crate) fn cleaned(mut self, secrets: &Secrets) -> Self {
        self.subject_names.truncate(NAMES_KEPT);
        for name in &mut self.subject_names {
            *name = secrets.clean(name, TEXT_KEPT);
        }
        self.issuer = self.issuer.map(|issuer| secrets.clean(&issuer, TEXT_KEPT));
        self
    }
}

/// Notes what rustls' own verifier sees, and passes its judgement on unchanged.
#[derive(Debug)]
pub(super) struct Recorder {
    verifier: Arc<WebPkiServerVerifier>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    certificate: Option<CertificateDer<'static>>,
    tls13: bool,
}

impl Recorder {
    pub(super) fn new(verifier: Arc<WebPkiServerVerifier>) -> Arc<Self> {
        Arc::new(Self { verifier, seen: Mutex::default() })
    }

    /// What was seen; `None` if the handshake did not come to a certificate.
    pub(super) fn facts(&self) -> Option<TlsFacts> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let certificate = seen.certificate.as_ref()?;
        let version = if seen.tls13 { "TLSv1.3" } else { "TLSv1.2" };
        let parsed = Certificate::from_der(certificate).ok().map(|parsed| parsed.tbs_certificate);
        let Some(parsed) = parsed else {
            let (issuer, not_before, not_after) = (None, None, None);
            return Some(TlsFacts {
                version,
                subject_names: vec![],
                issuer,
                not_before,
                not_after,
            });
        };
        Some(TlsFacts {
            version,
            subject_names: match parsed.get::<SubjectAltName>() {
                Ok(Some((_, names))) => names.0.iter().filter_map(dns_name).collect(),
                Ok(None) | Err(_) => vec![],
            },
            issuer: Some(parsed.issuer.to_string()),
            not_before: Some(parsed.validity.not_before.to_system_time()),
            not_after: Some(parsed.validity.not_after.to_system_time()),
        })
    }

    fn note(&self, note: impl FnOnce(&mut Seen)) {
        note(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn dns_name(name: &GeneralName) -> Option<String> {
    if let GeneralName::DnsName(name) = name { Some(name.to_string()) } else { None }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.note(|seen| seen.certificate = Some(end_entity.clone().into_owned()));
        self.verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

/// The version is learned from which secret rustls *offers* to log, since the verifier is not
/// told it: TLS 1.3 offers its handshake secret before the certificate comes, TLS 1.2 has none.
/// No secret is ever taken.
impl KeyLog for Recorder {
    fn will_log(&self, label: &str) -> bool {
        if label == "CLIENT_HANDSHAKE_TRAFFIC_SECRET" {
            self.note(|seen| seen.tls13 = true);
        }
        false
    }

    fn log(&self, _label: &str, _client_random: &[u8], _secret: &[u8]) {}
}
