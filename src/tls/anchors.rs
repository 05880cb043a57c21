//! Whom we trust: the bundled roots for the kind of endpoint, or a PEM file instead of them.
//!
//! RDS Proxy's certificates come from Amazon Trust Services, so five roots are enough
//! (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.howitworks.html>); the
//! databases behind it chain to RDS's own authority
//! (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html>). One set does
//! not verify the other kind. The machine's own store is never asked.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject as _};

use super::crypto_provider;
use crate::config::{AnchorSource, EndpointKind};

/// The roots of Amazon Trust Services; `certs/README.md` says where each is from.
const AMAZON: [&[u8]; 5] = [
    include_bytes!("../../certs/amazon-root-ca-1.pem"),
    include_bytes!("../../certs/amazon-root-ca-2.pem"),
    include_bytes!("../../certs/amazon-root-ca-3.pem"),
    include_bytes!("../../certs/amazon-root-ca-4.pem"),
    include_bytes!("../../certs/starfield-services-root-ca-g2.pem"),
];

/// The roots of RDS's own authority, one DER certificate after another.
const RDS: &[u8] = include_bytes!("../../certs/rds-roots.der");

/// The largest file of trust anchors that is read: Mozilla's whole store is a fifth of it.
const FILE_LIMIT: u64 = 1 << 20;

/// rustls' own verifier over a fixed set of trust anchors.
#[derive(Clone, Debug)]
pub struct TrustAnchors(pub(super) Arc<WebPkiServerVerifier>);

/// Why there are no trust anchors.
#[derive(Debug)]
pub struct AnchorError {
    /// The file that was read; `None` for the bundled ones.
    pub file: Option<PathBuf>,
    /// What is wrong with it.
    pub problem: AnchorProblem,
}

/// What is wrong with a set of trust anchors.
#[derive(Debug)]
pub enum AnchorProblem {
    /// The file cannot be read.
    Unreadable(io::Error),
    /// The path leads to something else than a regular file.
    NotAFile,
    /// The file is larger than a set of roots can be.
    TooLarge {
        /// Its size, in bytes.
        size: u64,
    },
    /// It has no `BEGIN CERTIFICATE`.
    NoCertificate,
    /// A PEM section is damaged.
    Pem(pem::Error),
    /// A certificate cannot serve as a trust anchor.
    Certificate {
        /// Which, counted from 1.
        position: usize,
        /// rustls' reason.
        reason: rustls::Error,
    },
    /// rustls refuses the set.
    Refused(rustls::client::VerifierBuilderError),
}

impl TrustAnchors {
    /// Reads the anchors from where the configuration says, or the bundled ones for this kind of
    /// endpoint. A name that RDS did not give is taken for an alias of a proxy.
    ///
    /// # Errors
    /// [`AnchorError`] when the file is no PEM file of certificates.
    pub fn load(source: &AnchorSource, kind: EndpointKind) -> Result<Self, AnchorError> {
        match source {
            AnchorSource::Bundled => match kind {
                EndpointKind::Proxy | EndpointKind::ProxyEndpoint | EndpointKind::Other => {
                    Self::from_pem(AMAZON)
                }
                EndpointKind::Cluster | EndpointKind::Instance => {
                    Self::from_certificates(der_certificates(RDS).map(Ok))
                }
            }
            .map_err(|problem| (None, problem)),
            AnchorSource::File(path) => read(path)
                .and_then(|pem| Self::from_pem([pem.as_slice()]))
                .map_err(|problem| (Some(path.clone()), problem)),
        }
        .map_err(|(file, problem)| AnchorError { file, problem })
    }

    fn from_pem<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, AnchorProblem> {
        Self::from_certificates(texts.into_iter().flat_map(CertificateDer::pem_slice_iter))
    }

    fn from_certificates<'a>(
        certificates: impl Iterator<Item = Result<CertificateDer<'a>, pem::Error>>,
    ) -> Result<Self, AnchorProblem> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            let position = roots.len() + 1;
            roots
                .add(certificate.map_err(AnchorProblem::Pem)?)
                .map_err(|reason| AnchorProblem::Certificate { position, reason })?;
        }
        if roots.is_empty() {
            return Err(AnchorProblem::NoCertificate);
        }
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), crypto_provider())
            .build()
            .map(Self)
            .map_err(AnchorProblem::Refused)
    }
}

/// Certificates that stand one after another: each says its own length, in two bytes behind
/// `30 82` ([X.690, section 8.1.3](https://www.itu.int/rec/T-REC-X.690)).
fn der_certificates(mut bytes: &'static [u8]) -> impl Iterator<Item = CertificateDer<'static>> {
    std::iter::from_fn(move || {
        let [0x30, 0x82, high, low, ..] = bytes else { return None };
        let length = 4 + usize::from(u16::from_be_bytes([*high, *low]));
        let (certificate, rest) = bytes.split_at_checked(length)?;
        bytes = rest;
        Some(CertificateDer::from(certificate))
    })
}

fn read(path: &Path) -> Result<Vec<u8>, AnchorProblem> {
    let metadata = std::fs::metadata(path).map_err(AnchorProblem::Unreadable)?;
    if !metadata.is_file() {
        return Err(AnchorProblem::NotAFile);
    }
    if metadata.len() > FILE_LIMIT {
        return Err(AnchorProblem::TooLarge { size: metadata.len() });
    }
    std::fs::read(path).map_err(AnchorProblem::Unreadable)
}

impl fmt::Display for AnchorProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "it cannot be read: {error}"),
            Self::NotAFile => f.write_str("it is not a regular file"),
            Self::TooLarge { size } => {
                write!(f, "it has {size} bytes, more than the {FILE_LIMIT} that are read")
            }
            Self::NoCertificate => f.write_str("it holds no PEM certificate"),
            Self::Pem(error) => write!(f, "its PEM is damaged: {error}"),
            Self::Certificate { position, reason } => {
                write!(f, "certificate {position} cannot be a trust anchor: {reason}")
            }
            Self::Refused(error) => write!(f, "rustls refuses it: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(pem: &str) -> String {
        TrustAnchors::from_pem([pem.as_bytes()]).unwrap_err().to_string()
    }

    #[test]
    fn the_bundled_anchors_parse_for_every_kind_of_endpoint() {
        use EndpointKind::{Cluster, Instance, Other, Proxy, ProxyEndpoint};
        for kind in [Proxy, ProxyEndpoint, Cluster, Instance, Other] {
            assert!(TrustAnchors::load(&AnchorSource::Bundled, kind).is_ok(), "{kind:?}");
        }
        assert_eq!(der_certificates(RDS).count(), 81);
        assert_eq!(der_certificates(RDS).map(|it| it.len()).sum::<usize>(), RDS.len());
    }

    #[test]
    fn what_is_no_pem_of_certificates_is_said() {
        insta::assert_snapshot!(problem("hello"), @"it holds no PEM certificate");
        let damaged = "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
        assert!(problem(damaged).starts_with("its PEM is damaged: "), "{}", problem(damaged));
        let other = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(problem(other).starts_with("certificate 1 cannot be a trust anchor: "));
    }

    #[test]
    fn a_path_that_is_no_file_is_said() {
        let load =
            |path: &str| TrustAnchors::load(&AnchorSource::File(path.into()), EndpointKind::Proxy);
        assert!(matches!(load("/").unwrap_err().problem, AnchorProblem::NotAFile));
        assert!(matches!(load("/dev/zero").unwrap_err().problem, AnchorProblem::NotAFile));
        assert!(matches!(load("/none").unwrap_err().problem, AnchorProblem::Unreadable(_)));
    }
}
