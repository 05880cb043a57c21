//! A certificate authority of the emulator's own, and leaves as RDS Proxy's look.
//!
//! The real ones come from ACM: a wildcard name, thirteen months, an intermediate between leaf and
//! root. So do these, below a root that no one else trusts. Their extensions satisfy RFC 5280 to the
//! letter, since clients such as Python 3.13 check it strictly
//! (<https://docs.python.org/3/library/ssl.html#ssl.create_default_context>).
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.howitworks.html>,
//! <https://docs.aws.amazon.com/acm/latest/userguide/acm-concepts.html>.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use time::{Duration, OffsetDateTime};

use super::TlsError;

const LEAF_LIFE: Duration = Duration::days(395);
const AUTHORITY_LIFE: Duration = Duration::days(3650);
/// Certificates begin a day ago, so that a client whose clock is behind still takes them.
const HEAD_START: Duration = Duration::DAY;

/// The longest common name: <https://www.rfc-editor.org/rfc/rfc5280#appendix-A.1>.
const MAX_COMMON_NAME: usize = 64;
/// The common name of a leaf whose first name is longer than that; clients look at the names alone.
const LONG_NAMED: &str = "RDS Proxy Emulator";

/// A host that a root's certificate is tried for.
const SAMPLE: &str = "sample.example.com";

/// The common names of an authority's certificates.
pub(super) struct Names {
    pub(super) root: &'static str,
    pub(super) intermediate: &'static str,
}

const OURS: Names =
    Names { root: "RDS Proxy Emulator Root CA", intermediate: "RDS Proxy Emulator Server CA" };

/// A certificate authority: a root, and an intermediate below it.
///
/// An emulator makes one at its start, unless it is given that of another.
pub struct Authority {
    intermediate: CertifiedIssuer<'static, KeyPair>,
    /// The root as PEM: what a client has to trust.
    pem: String,
    pub(super) now: OffsetDateTime,
}

/// What a server presents: leaf first, then the intermediate, and the leaf's key.
pub(crate) struct Chain {
    pub(crate) certificates: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Authority {
    /// A fresh authority.
    pub(crate) fn new(now: SystemTime) -> Result<Self, TlsError> {
        Self::named(&OURS, now.into())
    }

    /// A key for a root, as PEM.
    pub(crate) fn root_key() -> Result<String, TlsError> {
        Ok(KeyPair::generate()?.serialize_pem())
    }

    /// The authority whose root has this key.
    pub(crate) fn with_root_key(pem: &str, now: SystemTime) -> Result<Self, TlsError> {
        Self::with_key(&OURS, KeyPair::from_pem(pem)?, now.into())
    }

    /// The same authority, whose root's certificate was made at another time.
    pub(crate) fn with_root(self, pem: String) -> Self {
        Self { pem, ..self }
    }

    /// Whether clients that trust this root's certificate trust what this authority signs.
    pub(crate) fn is_trusted_with(&self, pem: &str) -> Result<bool, TlsError> {
        let Ok(root) = CertificateDer::from_pem_slice(pem.as_bytes()) else { return Ok(false) };
        let mut roots = RootCertStore::empty();
        if roots.add(root).is_err() {
            return Ok(false);
        }
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let Ok(verifier) = verifier.build() else { return Ok(false) };
        let Chain { certificates, .. } = self.chain(&[SAMPLE])?;
        let Some((leaf, intermediates)) = certificates.split_first() else { return Ok(false) };
        let Ok(name) = ServerName::try_from(SAMPLE) else { return Ok(false) };
        let now = Duration::seconds(self.now.unix_timestamp()).unsigned_abs();
        let now = UnixTime::since_unix_epoch(now);
        Ok(verifier.verify_server_cert(leaf, intermediates, &name, &[], now).is_ok())
    }

    pub(super) fn named(names: &Names, now: OffsetDateTime) -> Result<Self, TlsError> {
        Self::with_key(names, KeyPair::generate()?, now)
    }

    fn with_key(names: &Names, key: KeyPair, now: OffsetDateTime) -> Result<Self, TlsError> {
        let root = CertifiedIssuer::self_signed(authority_params(names.root, now), key)?;
        let mut intermediate = authority_params(names.intermediate, now);
        intermediate.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        intermediate.use_authority_key_identifier_extension = true;
        let intermediate = CertifiedIssuer::signed_by(intermediate, KeyPair::generate()?, &root)?;
        let pem = root.pem();
        Ok(Self { intermediate, pem, now })
    }

    /// The root as PEM: what a client has to trust.
    pub(crate) fn pem(&self) -> String {
        self.pem.clone()
    }

    /// A sound leaf for these endpoints, with its chain.
    pub(crate) fn chain(&self, hosts: &[&str]) -> Result<Chain, TlsError> {
        self.sign(&self.leaf(hosts)?, &KeyPair::generate()?)
    }

    /// What a sound leaf for these endpoints says.
    pub(super) fn leaf(&self, hosts: &[&str]) -> Result<CertificateParams, TlsError> {
        let mut names: Vec<String> = hosts.iter().map(|host| wildcard(host)).collect();
        names.dedup();
        let mut leaf = CertificateParams::new(names.clone())?;
        leaf.distinguished_name = DistinguishedName::new();
        let first = names.into_iter().next().filter(|name| name.len() <= MAX_COMMON_NAME);
        let common_name = first.unwrap_or_else(|| LONG_NAMED.to_owned());
        leaf.distinguished_name.push(DnType::CommonName, common_name);
        leaf.not_before = self.now - HEAD_START;
        leaf.not_after = leaf.not_before + LEAF_LIFE;
        // Said outright, which brings the subject key identifier with it.
        leaf.is_ca = IsCa::ExplicitNoCa;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        Ok(leaf)
    }

    /// The chain of a leaf that says this.
    pub(super) fn sign(&self, leaf: &CertificateParams, key: &KeyPair) -> Result<Chain, TlsError> {
        let leaf = leaf.signed_by(key, &self.intermediate)?;
        Ok(Chain {
            certificates: vec![leaf.der().clone(), self.intermediate.der().clone()],
            key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        })
    }
}

/// Whether a file holds the root of some emulator's authority, and nothing else.
pub(crate) fn is_root_of_an_emulator(pem: &[u8]) -> bool {
    let pem = pem.trim_ascii();
    let is_bare = pem.starts_with(b"-----BEGIN CERTIFICATE-----")
        && pem.ends_with(b"-----END CERTIFICATE-----");
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let Ok([root]) = certificates.as_deref() else { return false };
    is_bare && root.windows(OURS.root.len()).any(|part| part == OURS.root.as_bytes())
}

/// Shows no key.
impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

fn authority_params(name: &str, now: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = now - HEAD_START;
    params.not_after = now + AUTHORITY_LIFE;
    params
}

/// The name that a proxy's certificate carries for a host: a wildcard in place of its first label,
/// so `*.proxy-…` for the default endpoint and `*.endpoint.proxy-…` for others. A host of fewer
/// than three labels stands for itself: clients do not take a wildcard that wide.
fn wildcard(host: &str) -> String {
    match host.split_once('.') {
        Some((_, parent)) if parent.contains('.') => format!("*.{parent}"),
        _ => host.to_owned(),
    }
}

#[cfg(test)]
mod tests;
