//! A certificate authority that outlives its emulators.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rds_proxy_emulator::{Backend, Emulator, Options, StartError, start};
use tempfile::tempdir;
use tokio::net::TcpStream;

use crate::support::binary::{end, ready, value, without_cluster};
use crate::support::{encrypt, trusting, variable, without_database};

async fn with_ca_dir(folder: &Path) -> Result<Emulator, StartError> {
    let ca_dir = Some(folder.to_owned());
    start(Options { backend: Backend::Absent, ca_dir, ..Options::default() }).await
}

#[tokio::test]
async fn clients_that_trusted_one_emulator_trust_the_next_one() {
    let parent = tempdir().unwrap();
    let folder = parent.path().join("ca");
    let first = with_ca_dir(&folder).await.unwrap();
    assert_eq!(first.ca_file(), folder.join("ca.pem"));
    let root = fs::read_to_string(first.ca_file()).unwrap();
    first.stop().await;
    let second = with_ca_dir(&folder).await.unwrap();
    assert_eq!(second.ca_pem(), root);
    let tcp = TcpStream::connect(second.address()).await.unwrap();
    let trusting_the_first = trusting(&root, rustls::ALL_VERSIONS);
    encrypt(tcp, &variable(&second, "DB_HOST"), trusting_the_first).await;
    drop(second);
    let mode = |name: &str| fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("ca.pem"), mode("ca-key.pem")), (0o644, 0o600));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
}

#[tokio::test]
async fn the_block_names_the_file_that_stays_and_nothing_shows_the_key() {
    let folder = tempdir().unwrap();
    let arguments = ["--ca-dir", folder.path().to_str().unwrap()];
    let mut command = without_cluster(&arguments);
    let (child, lines) = ready(command.current_dir("/")).await;
    let file = folder.path().join("ca.pem");
    assert_eq!(value(&lines, "DB_CA_FILE"), file.to_str().unwrap());
    assert!(end(child).await.success() && file.exists());
    let key = fs::read_to_string(folder.path().join("ca-key.pem")).unwrap();
    let key = key.lines().nth(1).unwrap();
    assert!(!lines.iter().any(|line| line.contains(key)));
}

#[tokio::test]
async fn a_copy_of_the_root_is_written_where_ca_out_says() {
    let folder = tempdir().unwrap();
    let ca_out = folder.path().join("copy.pem");
    let (backend, ca_dir) = (Backend::Absent, Some(folder.path().join("ca")));
    let options = Options { backend, ca_dir, ca_out: Some(ca_out.clone()), ..Options::default() };
    let emulator = start(options).await.unwrap();
    assert_eq!(emulator.ca_file(), ca_out);
    let root = fs::read_to_string(folder.path().join("ca/ca.pem")).unwrap();
    assert_eq!(fs::read_to_string(&ca_out).unwrap(), root);
    emulator.stop().await;
    assert!(!ca_out.exists());
}

#[tokio::test]
async fn emulators_that_start_side_by_side_agree() {
    let folder = tempdir().unwrap();
    let path = folder.path();
    let (first, second, third) =
        tokio::join!(with_ca_dir(path), with_ca_dir(path), with_ca_dir(path));
    let roots = [first, second, third].map(|started| started.unwrap().ca_pem().to_owned());
    assert!(roots.iter().all(|root| *root == roots[0]));
}

#[tokio::test]
async fn what_is_no_authority_of_an_emulators_is_named_and_stays() {
    let folder = tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    drop(with_ca_dir(folder.path()).await.unwrap());
    let other = without_database().await.ca_pem().to_owned();
    for (name, text, why) in [
        ("ca.pem", &*other, "ca.pem is not the certificate of the key in ca-key.pem"),
        ("ca.pem", "mine", "ca.pem is not the certificate of the key in ca-key.pem"),
        ("ca-key.pem", "mine", "ca-key.pem holds no key of an authority"),
    ] {
        fs::write(path(name), text).unwrap();
        let error = with_ca_dir(folder.path()).await.unwrap_err().to_string();
        assert!(error.contains(why) && error.contains("--ca-dir"), "{error}");
        assert_eq!(fs::read_to_string(path(name)).unwrap(), text);
    }
    let error = with_ca_dir(&path("ca.pem")).await.unwrap_err().to_string();
    assert!(error.starts_with("cannot keep the certificate authority in "), "{error}");
}
