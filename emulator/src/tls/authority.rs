//! A certificate authority of the emulator's own, and leaves as RDS Proxy's look.
//!
//! The real ones come from ACM: a wildcard name, thirteen months, an intermediate between leaf and
//! root. So do these, below a root that no one else trusts.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.howitworks.html>,
//! <https://docs.aws.amazon.com/acm/latest/userguide/acm-concepts.html>.

use std::time::SystemTime;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use time::{Duration, OffsetDateTime};

use super::TlsError;

const LEAF_LIFE: Duration = Duration::days(395);
const AUTHORITY_LIFE: Duration = Duration::days(3650);
/// Certificates begin a day ago, so that a client whose clock is behind still takes them.
const HEAD_START: Duration = Duration::DAY;

/// A root and an intermediate below it.
pub(crate) struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
    now: OffsetDateTime,
}

/// What a server presents: leaf first, then the intermediate, and the leaf's key.
pub(crate) struct Chain {
    pub(crate) certificates: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Authority {
    /// A fresh authority.
    pub(crate) fn new(now: SystemTime) -> Result<Self, TlsError> {
        let now = OffsetDateTime::from(now);
        let root = CertifiedIssuer::self_signed(
            authority_params("RDS Proxy Emulator Root CA", now),
            KeyPair::generate()?,
        )?;
        let intermediate = CertifiedIssuer::signed_by(
            authority_params("RDS Proxy Emulator Server CA", now),
            KeyPair::generate()?,
            &root,
        )?;
        Ok(Self { root, intermediate, now })
    }

    /// The root as PEM: what a client has to trust.
    pub(crate) fn pem(&self) -> String {
        self.root.pem()
    }

    /// A leaf for these endpoints, with its chain.
    pub(crate) fn chain(&self, hosts: &[&str]) -> Result<Chain, TlsError> {
        let mut names: Vec<String> = hosts.iter().map(|host| wildcard(host)).collect();
        names.dedup();
        let mut params = CertificateParams::new(names.clone())?;
        if let Some(first) = names.into_iter().next() {
            params.distinguished_name.push(DnType::CommonName, first);
        }
        params.not_before = self.now - HEAD_START;
        params.not_after = params.not_before + LEAF_LIFE;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let leaf = params.signed_by(&key, &self.intermediate)?;
        Ok(Chain {
            certificates: vec![leaf.der().clone(), self.intermediate.der().clone()],
            key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        })
    }
}

fn authority_params(name: &str, now: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.remove(DnType::CommonName);
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
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_stands_for_the_first_label() {
        for (host, expected) in [
            ("app.proxy-a.eu-west-1.rds.amazonaws.com", "*.proxy-a.eu-west-1.rds.amazonaws.com"),
            (
                "ro.endpoint.proxy-a.eu-west-1.rds.amazonaws.com",
                "*.endpoint.proxy-a.eu-west-1.rds.amazonaws.com",
            ),
            ("db.example", "db.example"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(wildcard(host), expected);
        }
    }
}
