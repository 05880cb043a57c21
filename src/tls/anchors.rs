//! Trust anchors: the bundled roots for the kind of endpoint, or a PEM file instead of them.
//!
//! RDS Proxy's certificates come from Amazon Trust Services, so five roots are enough
//! (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.howitworks.html>); the
//! databases behind it chain to RDS's own authority
//! (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html>). One set
//! does not verify the other kind, and a name that is not a proxy's does not tell the kind. The
//! machine's own store is never used.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject as _};
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, timeout_at};

use super::crypto_provider;
use crate::clock::human_duration;
use crate::config::{AnchorSource, EndpointKind, Region, Resource};

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

/// A file of trust anchors that is being read by its own thread: a file system that hangs must not
/// block the probe.
#[derive(Debug)]
pub struct Reading(JoinHandle<Result<Vec<u8>, AnchorProblem>>);

/// Which of the bundled trust anchors a server's certificate is verified against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundledAnchors {
    /// The roots of Amazon Trust Services.
    Amazon,
    /// Those, and the roots of RDS's own authority.
    AmazonAndRds,
}

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
    /// The file was not read in time.
    TimedOut {
        /// After how long.
        after: Duration,
    },
    /// The path is not a regular file.
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
    /// rustls rejects the set.
    Refused(rustls::client::VerifierBuilderError),
}

impl BundledAnchors {
    /// Those for a kind of endpoint: a proxy's name has Amazon's roots alone. Every other name
    /// has both sets, since a database's name does not tell which one it chains to: Aurora in
    /// express configuration has Amazon's
    /// (<https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/CHAP_GettingStartedAurora.AuroraPostgreSQL.ExpressConfig.html>).
    pub fn of(kind: EndpointKind) -> Self {
        match kind.resource() {
            Resource::Proxy => Self::Amazon,
            Resource::Cluster | Resource::Instance | Resource::Unknown => Self::AmazonAndRds,
        }
    }

    fn load(self) -> Result<TrustAnchors, AnchorProblem> {
        let amazon = AMAZON.into_iter().flat_map(CertificateDer::pem_slice_iter);
        match self {
            Self::Amazon => TrustAnchors::from_certificates(amazon),
            Self::AmazonAndRds => {
                TrustAnchors::from_certificates(amazon.chain(der_certificates(RDS).map(Ok)))
            }
        }
    }

    /// Whether RDS's roots for a region are among the bundled ones.
    pub fn has_rds_roots_of(region: &Region) -> bool {
        let subject = format!("Amazon RDS {region} Root CA ");
        RDS.windows(subject.len()).any(|window| window == subject.as_bytes())
    }
}

impl TrustAnchors {
    /// Reads the anchors from where the configuration says, or the bundled ones for this kind of
    /// endpoint. A file whose reading was begun early is read again only if that failed.
    ///
    /// # Errors
    /// [`AnchorError`] when the file is no PEM file of certificates, or is not read in time.
    pub async fn load(
        source: &AnchorSource,
        kind: EndpointKind,
        early: Option<Reading>,
        deadline: Instant,
    ) -> Result<Self, AnchorError> {
        match source {
            AnchorSource::Bundled => BundledAnchors::of(kind)
                .load()
                .map_err(|problem| AnchorError { file: None, problem }),
            AnchorSource::File(path) => {
                let begun = Instant::now();
                let early = match early {
                    Some(reading) => reading.end(begun, deadline).await.ok(),
                    None => None,
                };
                let read = match early {
                    Some(pem) => Ok(pem),
                    None => Reading::begin(path.clone()).end(begun, deadline).await,
                };
                read.and_then(|pem| Self::from_pem([pem.as_slice()]))
                    .map_err(|problem| AnchorError { file: Some(path.clone()), problem })
            }
        }
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

/// Certificates one after another: each has its own length, in two bytes after
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

impl Reading {
    /// Begins to read what the configuration names: at the start of a function, that takes no time
    /// from its first invocation. Outside of a runtime nothing is read early.
    pub fn early(source: &AnchorSource) -> Option<Self> {
        match source {
            AnchorSource::Bundled => None,
            AnchorSource::File(path) => {
                let (runtime, path) = (Handle::try_current().ok()?, path.clone());
                Some(Self(runtime.spawn_blocking(move || read(&path))))
            }
        }
    }

    fn begin(path: PathBuf) -> Self {
        Self(spawn_blocking(move || read(&path)))
    }

    /// What was read.
    async fn end(self, begun: Instant, deadline: Instant) -> Result<Vec<u8>, AnchorProblem> {
        match timeout_at(deadline, self.0).await {
            Ok(Ok(result)) => result,
            Ok(Err(join)) => Err(AnchorProblem::Unreadable(io::Error::other(join))),
            Err(_elapsed) => Err(AnchorProblem::TimedOut { after: begun.elapsed() }),
        }
    }
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
            Self::TimedOut { after } => {
                write!(f, "it was not read within {}", human_duration(*after))
            }
            Self::NotAFile => f.write_str("it is not a regular file"),
            Self::TooLarge { size } => {
                write!(f, "it has {size} bytes, more than the {FILE_LIMIT} that are read")
            }
            Self::NoCertificate => f.write_str("it holds no PEM certificate"),
            Self::Pem(error) => write!(f, "its PEM is damaged: {error}"),
            Self::Certificate { position, reason } => {
                write!(f, "certificate {position} cannot be a trust anchor: {reason}")
            }
            Self::Refused(error) => write!(f, "rustls rejects it: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(pem: &str) -> String {
        TrustAnchors::from_pem([pem.as_bytes()]).unwrap_err().to_string()
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(5)
    }

    #[tokio::test]
    async fn the_bundled_anchors_parse_for_every_kind_of_endpoint() {
        use EndpointKind::{
            Cluster, ClusterCustom, GlobalWriter, Instance, Other, OtherRds, Proxy, ProxyEndpoint,
            ShardGroup,
        };
        let eu_west_1 = Region::parse("eu-west-1").unwrap();
        assert!(BundledAnchors::has_rds_roots_of(&eu_west_1));
        for elsewhere in ["us-gov-west-1", "cn-north-1", "eu-west-99"] {
            assert!(!BundledAnchors::has_rds_roots_of(&Region::parse(elsewhere).unwrap()));
        }
        for kind in [
            Proxy,
            ProxyEndpoint,
            Cluster,
            ClusterCustom,
            GlobalWriter,
            ShardGroup,
            Instance,
            OtherRds,
            Other,
        ] {
            let loaded = TrustAnchors::load(&AnchorSource::Bundled, kind, None, soon()).await;
            assert!(loaded.is_ok(), "{kind:?}");
        }
        assert_eq!(der_certificates(RDS).count(), 81);
        assert_eq!(der_certificates(RDS).map(|it| it.len()).sum::<usize>(), RDS.len());
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_system_that_hangs_does_not_hold_the_probe() {
        let (release, held) = std::sync::mpsc::channel::<Vec<u8>>();
        let hang =
            move || held.recv().map_err(|end| AnchorProblem::Unreadable(io::Error::other(end)));
        // The blocked thread holds the paused clock, so the deadline is one that is over already.
        let now = Instant::now();
        let read = Reading(spawn_blocking(hang)).end(now, now).await;
        drop(release);
        assert!(matches!(read, Err(AnchorProblem::TimedOut { .. })), "{read:?}");
    }

    #[tokio::test]
    async fn a_file_that_could_not_be_read_early_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let source = AnchorSource::File(path.clone());
        let load = async |early| {
            TrustAnchors::load(&source, EndpointKind::Proxy, early, soon()).await.map(|_| ())
        };
        let too_early = Reading(spawn_blocking(|| Err(AnchorProblem::NotAFile)));
        std::fs::write(&path, AMAZON[0]).unwrap();
        assert!(load(Some(too_early)).await.is_ok());
        let early = Reading(spawn_blocking(|| Ok(AMAZON[0].to_vec())));
        std::fs::remove_file(&path).unwrap();
        assert!(load(Some(early)).await.is_ok());
        assert!(matches!(load(None).await.unwrap_err().problem, AnchorProblem::Unreadable(_)));
    }

    #[test]
    fn what_is_no_pem_of_certificates_is_said() {
        insta::assert_snapshot!(problem("hello"), @"it holds no PEM certificate");
        let damaged = "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
        assert!(problem(damaged).starts_with("its PEM is damaged: "), "{}", problem(damaged));
        let other = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(problem(other).starts_with("certificate 1 cannot be a trust anchor: "));
    }

    #[tokio::test]
    async fn a_path_that_is_no_file_is_said() {
        let load = async |path: &str| {
            let source = AnchorSource::File(path.into());
            TrustAnchors::load(&source, EndpointKind::Proxy, None, soon())
                .await
                .unwrap_err()
                .problem
        };
        assert!(matches!(load("/").await, AnchorProblem::NotAFile));
        assert!(matches!(load("/dev/zero").await, AnchorProblem::NotAFile));
        assert!(matches!(load("/none").await, AnchorProblem::Unreadable(_)));
    }
}
