//! The bundled trust anchors are those that their README names.

use std::collections::BTreeSet;
use std::fs;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use time::OffsetDateTime;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use super::page;

/// Amazon Root CA 1, as Amazon publishes it: <https://www.amazontrust.com/repository/>.
const ROOT_CA_1: &str = "8E:CD:E6:88:4F:3D:87:B1:12:5B:A3:1A:C3:FC:B1:3D:70:16:DE:7F:57:CC:90:4F:E1:CB:97:C6:AE:98:19:6E";

#[test]
fn files_readme_and_binary_hold_the_same_certificates() {
    let readme = page("certs/README.md");
    let rows: BTreeSet<Vec<String>> = readme
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split('|').map(|cell| cell.replace('`', "").trim().to_owned()).collect())
        .collect();
    let bundled = page("src/tls/anchors.rs");
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/certs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if ["README.md", "rds-roots.der"].contains(&name.as_str()) {
            continue;
        }
        assert!(bundled.contains(&format!("certs/{name}")), "{name} is not compiled in");
        let pem = page(&format!("certs/{name}"));
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        let parsed = Certificate::from_der(&der).unwrap().tbs_certificate;
        let end = OffsetDateTime::from(parsed.validity.not_after.to_system_time()).date();
        let cells =
            [String::new(), name, parsed.subject.to_string(), fingerprint(&der), end.to_string()];
        found.insert([&cells[..], &[String::new()]].concat());
    }
    let unordered = |rows: &BTreeSet<Vec<String>>| -> BTreeSet<Vec<String>> {
        rows.iter()
            .map(|row| {
                let mut row = row.clone();
                row[2] = sorted_name(&row[2]);
                row
            })
            .collect()
    };
    assert_eq!(unordered(&rows), unordered(&found));
    assert_eq!(rows.len(), 5);
    assert!(rows.iter().any(|row| row[1] == "amazon-root-ca-1.pem" && row[3] == ROOT_CA_1));
}

/// A distinguished name's parts may be printed in either order, and a comma in one escaped.
fn sorted_name(name: &str) -> String {
    let mut letters: Vec<char> = name.chars().filter(|letter| letter.is_alphanumeric()).collect();
    letters.sort_unstable();
    letters.into_iter().collect()
}

fn fingerprint(der: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, der);
    let hex: Vec<String> = digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    hex.join(":")
}

#[test]
fn the_databases_roots_are_those_that_the_readme_describes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/certs/rds-roots.der");
    let bytes = fs::read(path).unwrap();
    let digest = ring::digest::digest(&ring::digest::SHA256, &bytes);
    let hex: Vec<String> = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let hex = hex.concat();
    let readme = page("certs/README.md");
    assert!(readme.contains(&format!("`{hex}`")), "{hex}");

    let mut rest = bytes.as_slice();
    let mut names = BTreeSet::new();
    while let [0x30, 0x82, high, low, ..] = rest {
        let length = 4 + usize::from(u16::from_be_bytes([*high, *low]));
        let (certificate, after) = rest.split_at(length);
        rest = after;
        let parsed = Certificate::from_der(certificate).unwrap().tbs_certificate;
        assert_eq!(parsed.subject, parsed.issuer, "a root issues itself");
        let subject = parsed.subject.to_string();
        let name = subject.split("CN=Amazon RDS ").nth(1).unwrap().split(',').next().unwrap();
        let (region, kind) = name.split_once(" Root CA ").unwrap();
        assert!(["RSA2048 G1", "RSA4096 G1", "ECC384 G1"].contains(&kind), "{name}");
        assert!(readme.contains(&format!("`{region}`")), "{region}");
        assert!(names.insert(name.to_owned()), "{name} stands twice");
        let end = OffsetDateTime::from(parsed.validity.not_after.to_system_time());
        assert!(end.year() >= 2061, "{name} ends {end}");
    }
    assert!(rest.is_empty());
    assert_eq!(names.len(), 81);
    assert!(readme.contains("| certificates | 81,") && readme.contains("| regions | 27:"));
}
