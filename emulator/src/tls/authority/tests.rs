//! Names in certificates, and what RFC 5280 wants of each certificate, as strict clients check it.

use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::OctetString;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, KeyUsage, KeyUsages, SubjectAltName,
    SubjectKeyIdentifier,
};

use super::*;
use crate::clock::{Clock as _, SystemClock};
use crate::tls::Flaw;

const HOST: &str = "demo.proxy-a.eu-west-1.rds.amazonaws.com";

fn decode(der: &CertificateDer<'_>) -> Certificate {
    Certificate::from_der(der).expect("a certificate")
}

/// The key that an extension of the issuer's, or of the subject's, names.
fn authority_key(certificate: &Certificate) -> Option<OctetString> {
    let (is_critical, extension) =
        certificate.tbs_certificate.get::<AuthorityKeyIdentifier>().expect("at most one")?;
    assert!(!is_critical, "RFC 5280, 4.2.1.1");
    extension.key_identifier
}

fn subject_key(certificate: &Certificate) -> OctetString {
    let (is_critical, SubjectKeyIdentifier(key)) =
        certificate.tbs_certificate.get().expect("at most one").expect("a subject key identifier");
    assert!(!is_critical, "RFC 5280, 4.2.1.2");
    key
}

/// What OpenSSL's `X509_V_FLAG_X509_STRICT` looks at, and so Python from 3.13 on:
/// <https://docs.openssl.org/3.0/man1/openssl-verification-options/>.
fn check_strictly(chain: &[Certificate], root: &Certificate) {
    let issuers = chain.iter().skip(1).chain([root]);
    for (certificate, issuer) in chain.iter().zip(issuers) {
        let name = certificate.tbs_certificate.subject.to_string();
        assert_eq!(certificate.tbs_certificate.issuer, issuer.tbs_certificate.subject, "{name}");
        assert_eq!(authority_key(certificate), Some(subject_key(issuer)), "{name}");
    }
    for (nth, certificate) in chain.iter().chain([root]).enumerate() {
        let tbs = &certificate.tbs_certificate;
        let name = tbs.subject.to_string();
        subject_key(certificate);
        let (is_critical, constraints): (bool, BasicConstraints) =
            tbs.get().expect("at most one").unwrap_or_else(|| panic!("{name}: no constraints"));
        assert!(is_critical, "{name}: RFC 5280, 4.2.1.9");
        assert_eq!(constraints.ca, nth > 0, "{name}");
        let (is_critical, usage): (bool, KeyUsage) =
            tbs.get().expect("at most one").unwrap_or_else(|| panic!("{name}: no key usage"));
        assert!(is_critical, "{name}: RFC 5280, 4.2.1.3");
        assert_eq!(usage.0.contains(KeyUsages::KeyCertSign), nth > 0, "{name}");
        assert_eq!(usage.0.contains(KeyUsages::DigitalSignature), nth == 0, "{name}");
        assert!(!tbs.subject.0.is_empty(), "a subject is named: RFC 5280, 4.1.2.6");
        assert_eq!(certificate.signature_algorithm, tbs.signature, "{name}");
        let serial = tbs.serial_number.as_bytes();
        assert!(serial.len() <= 20 && serial[0] < 0x80, "{name}: RFC 5280, 4.1.2.2");
        for text in tbs.subject.0.iter().flat_map(|name| name.0.iter()) {
            assert!(text.value.value().len() <= 64, "{name}: ub-common-name, RFC 5280, A.1");
        }
    }
    let intermediate = &chain[1].tbs_certificate;
    let (_, constraints): (bool, BasicConstraints) = intermediate.get().unwrap().unwrap();
    assert_eq!(constraints.path_len_constraint, Some(0), "it signs no further authority");
    let (_, names): (bool, SubjectAltName) =
        chain[0].tbs_certificate.get().unwrap().expect("names");
    assert!(!names.0.is_empty(), "RFC 5280, 4.2.1.6");
}

fn root(authority: &Authority) -> Certificate {
    decode(&CertificateDer::from_pem_slice(authority.pem().as_bytes()).expect("PEM"))
}

fn decoded(chain: &Chain) -> Vec<Certificate> {
    chain.certificates.iter().map(decode).collect()
}

#[test]
fn leaf_intermediate_and_root_are_as_strict_as_rfc_5280() {
    let authority = Authority::new(SystemClock.now()).expect("an authority");
    let endpoint_host = "demo.proxy-emulated0001.us-east-1.rds.amazonaws.com";
    let reader_host = "demo-ro.endpoint.proxy-emulated0001.us-east-1.rds.amazonaws.com";
    let hosts = [endpoint_host, reader_host];
    let chain = authority.chain(&hosts).expect("a chain");
    check_strictly(&decoded(&chain), &root(&authority));
    for flaw in [Flaw::Rsa, Flaw::Ecdsa, Flaw::EndsSoon] {
        let chain = flaw.chain(&authority, &[HOST]).expect("a chain");
        check_strictly(&decoded(&chain), &root(&authority));
    }
}

#[test]
fn a_host_too_long_for_a_common_name_stands_among_the_names_alone() {
    let authority = Authority::new(SystemClock.now()).expect("an authority");
    let host = format!("db.{}.{}.example.com", "a".repeat(60), "b".repeat(60));
    let chain = decoded(&authority.chain(&[&host]).expect("a chain"));
    check_strictly(&chain, &root(&authority));
    let (_, names): (bool, SubjectAltName) =
        chain[0].tbs_certificate.get().unwrap().expect("names");
    let names = format!("{names:?}");
    assert!(names.contains(&host.replacen("db", "*", 1)), "{names}");
}

#[test]
fn a_root_of_an_emulators_is_known_and_nothing_else_is() {
    let root = |names| Authority::named(names, SystemClock.now().into()).expect("one").pem();
    let others = Names { root: "Example Root CA", intermediate: "Example CA" };
    let ours = root(&OURS);
    assert!(is_root_of_an_emulator(ours.as_bytes()));
    let half = ours.split_at(ours.len() / 2).0;
    let twice = ours.repeat(2);
    let more = format!("a note\n{ours}");
    let other = root(&others);
    for text in ["", "RDS Proxy Emulator Root CA", half, &twice, &more, &other] {
        assert!(!is_root_of_an_emulator(text.as_bytes()), "{text}");
    }
}

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
