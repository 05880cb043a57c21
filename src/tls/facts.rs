//! What a handshake showed: version, names, issuers, dates; also of a certificate that was refused.
//!
//! The connector's stream does not tell these, so a [`Recorder`] wraps rustls' own verifier and
//! records what it gets. It decides nothing.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, KeyLog, SignatureScheme};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::der::oid::db::rfc4519::COMMON_NAME;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;

use crate::token::Secrets;

/// What is known of a TLS session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFacts {
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: &'static str,
    /// The DNS names in the server's certificate
    /// ([RFC 5280, section 4.2.1.6](https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6)).
    pub subject_names: Vec<String>,
    /// The distinguished name of its issuer; `None` if it cannot be read.
    pub issuer: Option<String>,
    /// Since when it is valid; `None` if it cannot be read.
    pub not_before: Option<SystemTime>,
    /// When it expires; `None` if it cannot be read.
    pub not_after: Option<SystemTime>,
    /// The authority that it names.
    pub authority: Authority,
    /// How many other certificates the server sent with it.
    pub intermediates: usize,
}

/// The authority that a chain of certificates names. A name proves nothing: this only helps to
/// explain a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// Amazon Trust Services, which issues the certificates of RDS Proxy:
    /// <https://www.amazontrust.com/repository/>.
    Amazon,
    /// RDS's own authority, which issues those of databases:
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html>.
    Rds,
    /// None: the certificate is its own issuer.
    SelfSigned,
    /// Any other.
    Other,
}

/// The most names of a certificate that are kept; RDS Proxy's has one.
const NAMES_KEPT: usize = 20;

/// The most intermediate certificates that are looked at: Amazon's chains have three.
const INTERMEDIATES_READ: usize = 4;

/// The longest part of a certificate's text that is kept, in characters: a DNS name's length.
const TEXT_KEPT: usize = 253;

impl Authority {
    /// By the names in a certificate and in those above it.
    fn of(subject: &Name, issuer: &Name, above: &[Name]) -> Self {
        let issuers = [issuer].into_iter().chain(above);
        let names: Vec<&str> = issuers.filter_map(common_name).collect();
        let is_rds = |name: &&str| name.starts_with("Amazon RDS ");
        let is_amazon = |name: &&str| {
            *name == "Amazon"
                || name.starts_with("Amazon ")
                || name.starts_with("Starfield Services Root ")
        };
        if names.iter().any(is_rds) {
            Self::Rds
        } else if names.iter().any(is_amazon) {
            Self::Amazon
        } else if issuer == subject {
            Self::SelfSigned
        } else {
            Self::Other
        }
    }
}

impl TlsFacts {
    /// Texts from the server, without secrets, shortened.
    #[must_use]
    pub(super) fn cleaned(mut self, secrets: &Secrets) -> Self {
        self.subject_names.truncate(NAMES_KEPT);
        for name in &mut self.subject_names {
            *name = secrets.clean(name, TEXT_KEPT);
        }
        self.issuer = self.issuer.map(|issuer| secrets.clean(&issuer, TEXT_KEPT));
        self
    }
}

/// Records what rustls' own verifier gets, and returns its verdict unchanged.
#[derive(Debug)]
pub(super) struct Recorder {
    verifier: Arc<WebPkiServerVerifier>,
    seen: Mutex<Recorded>,
}

#[derive(Debug, Default)]
struct Recorded {
    certificate: Option<CertificateDer<'static>>,
    /// The first few of a rejected chain.
    intermediates: Vec<CertificateDer<'static>>,
    intermediates_count: usize,
    tls13: bool,
}

impl Recorder {
    pub(super) fn new(verifier: Arc<WebPkiServerVerifier>) -> Arc<Self> {
        Arc::new(Self { verifier, seen: Mutex::default() })
    }

    /// What was seen; `None` if the handshake failed before a certificate.
    pub(super) fn facts(&self) -> Option<TlsFacts> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let certificate = seen.certificate.as_ref()?;
        let version = if seen.tls13 { "TLSv1.3" } else { "TLSv1.2" };
        let mut facts = TlsFacts {
            version,
            subject_names: vec![],
            issuer: None,
            not_before: None,
            not_after: None,
            authority: Authority::Other,
            intermediates: seen.intermediates_count,
        };
        let Ok(Certificate { tbs_certificate: parsed, .. }) = Certificate::from_der(certificate)
        else {
            return Some(facts);
        };
        if let Ok(Some((_, names))) = parsed.get::<SubjectAltName>() {
            facts.subject_names = names.0.iter().filter_map(dns_name).collect();
        }
        facts.issuer = Some(parsed.issuer.to_string());
        facts.not_before = Some(parsed.validity.not_before.to_system_time());
        facts.not_after = Some(parsed.validity.not_after.to_system_time());
        let intermediates =
            seen.intermediates.iter().filter_map(|it| Certificate::from_der(it).ok());
        let above: Vec<Name> = intermediates.map(|it| it.tbs_certificate.issuer).collect();
        facts.authority = Authority::of(&parsed.subject, &parsed.issuer, &above);
        Some(facts)
    }

    fn note(&self, note: impl FnOnce(&mut Recorded)) {
        note(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The text of a name's first common name.
fn common_name(name: &Name) -> Option<&str> {
    let mut attributes = name.0.iter().flat_map(|part| part.0.iter());
    let attribute = attributes.find(|attribute| attribute.oid == COMMON_NAME)?;
    std::str::from_utf8(attribute.value.value()).ok()
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
        self.note(|seen| {
            seen.certificate = Some(end_entity.clone().into_owned());
            seen.intermediates_count = intermediates.len();
        });
        let verifier = &self.verifier;
        let verdict =
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        if verdict.is_err() {
            let read = intermediates.iter().take(INTERMEDIATES_READ);
            let read = read.map(|it| it.clone().into_owned()).collect();
            self.note(|seen| seen.intermediates = read);
        }
        verdict
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

/// The verifier does not learn the version, so it is taken from which secret rustls *offers* to
/// log: TLS 1.3 offers its handshake secret before the certificate comes, TLS 1.2 has none.
/// No secret is ever logged.
impl KeyLog for Recorder {
    fn will_log(&self, label: &str) -> bool {
        if label == "CLIENT_HANDSHAKE_TRAFFIC_SECRET" {
            self.note(|seen| seen.tls13 = true);
        }
        false
    }

    fn log(&self, _label: &str, _client_random: &[u8], _secret: &[u8]) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_told_by_the_common_names_of_a_chain() {
        let name = |text: &str| text.parse::<Name>().unwrap();
        let rds = "C=US,O=Amazon Web Services\\, Inc.,OU=Amazon RDS,ST=WA,\
                   CN=Amazon RDS eu-west-1 Root CA RSA2048 G1,L=Seattle";
        for (issuer, above, expected) in [
            ("CN=Amazon RDS eu-west-1 Subordinate CA RSA2048 G1.A.1", None, Authority::Rds),
            (rds, None, Authority::Rds),
            ("CN=Unnamed", Some(rds), Authority::Rds),
            ("CN=Amazon RSA 2048 M02,O=Amazon,C=US", None, Authority::Amazon),
            ("CN=Amazon,OU=Server CA 1B,O=Amazon,C=US", None, Authority::Amazon),
            ("CN=Unnamed", Some("CN=Amazon Root CA 1,O=Amazon,C=US"), Authority::Amazon),
            ("CN=Example Corp CA", Some("CN=Example Corp Root CA"), Authority::Other),
            ("CN=Amazonas CA,O=Amazon RDS", None, Authority::Other),
            ("CN=app", None, Authority::SelfSigned),
        ] {
            let above: Vec<Name> = above.into_iter().map(name).collect();
            let authority = Authority::of(&name("CN=app"), &name(issuer), &above);
            assert_eq!(authority, expected, "{issuer}");
        }
    }
}
