//! What can be wrong with a certificate.
//!
//! Owns the kinds of flaws and the chain that shows each. The sound one is `authority`'s; which
//! connection meets a flaw is `fault`'s.

use rcgen::{ExtendedKeyUsagePurpose, KeyPair, PKCS_RSA_SHA256};
use rustls::pki_types::PrivatePkcs8KeyDer;
use time::Duration;

use super::TlsError;
use super::authority::{Authority, Chain, Names};

/// A 2048-bit RSA key for test certificates. It is public, here, and so protects nothing: `ring`
/// makes no RSA keys, and the authority that vouches for it lives as long as one emulator.
const RSA_KEY: &[u8] = include_bytes!("rsa_leaf.pk8");

/// The names of a company's authority that looks into its people's TLS.
const CORPORATE: Names =
    Names { root: "Example Corp Root CA", intermediate: "Example Corp TLS Inspection CA" };

/// Names as a database's chain has them, which ends in RDS's own authority:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html>.
const RDS: Names = Names {
    root: "Amazon RDS us-east-1 Root CA RSA2048 G1",
    intermediate: "Amazon RDS us-east-1 Subordinate CA RSA2048 G1.A.1",
};

/// A flaw, or a trait that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// The names are others.
    OtherName,
    /// The authority is one that a company runs.
    CorporateProxy,
    /// The authority is named as RDS's own.
    RdsCa,
    /// The intermediate is missing.
    NoIntermediate,
    /// It ended an hour ago.
    Expired,
    /// It begins in an hour.
    NotYetValid,
    /// It is for clients.
    WrongPurpose,
    /// It ends in ten days.
    EndsSoon,
    /// The leaf's key is RSA.
    Rsa,
    /// The leaf's key is on a curve.
    Ecdsa,
}

impl Flaw {
    /// The chain that shows this flaw, for endpoints whose sound chain is `authority`'s.
    pub(crate) fn chain(self, authority: &Authority, hosts: &[&str]) -> Result<Chain, TlsError> {
        let now = authority.now;
        let mut leaf = authority.leaf(hosts)?;
        match self {
            Self::OtherName => leaf = authority.leaf(&["other.example.com"])?,
            Self::CorporateProxy => return Authority::named(&CORPORATE, now)?.chain(hosts),
            Self::RdsCa => return Authority::named(&RDS, now)?.chain(hosts),
            Self::NoIntermediate => {
                let mut chain = authority.chain(hosts)?;
                chain.certificates.truncate(1);
                return Ok(chain);
            }
            Self::Expired => leaf.not_after = now - Duration::HOUR,
            Self::NotYetValid => leaf.not_before = now + Duration::HOUR,
            Self::WrongPurpose => {
                leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            }
            Self::EndsSoon => leaf.not_after = now + Duration::days(10),
            Self::Rsa => {
                let key = PrivatePkcs8KeyDer::from(RSA_KEY);
                let key = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_RSA_SHA256)?;
                return authority.sign(&leaf, &key);
            }
            Self::Ecdsa => {}
        }
        authority.sign(&leaf, &KeyPair::generate()?)
    }
}
