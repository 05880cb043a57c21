//! The binary: what it prints, how it ends, what it leaves behind.

use std::process::Stdio;

use rds_proxy_emulator::{Cluster, Options, start};
use tokio::process::Command;
use tokio::time::timeout;

use crate::support::binary::{
    BINARY, PATIENCE, binary, ready, signal, spawn, until, value, without_cluster,
};
use crate::support::options;

#[tokio::test]
async fn the_block_is_complete_and_a_signal_ends_it_with_nothing_left() {
    for name in ["-TERM", "-INT"] {
        let mut started = spawn(&["--iam-user", "o'brien"]).await;
        let names: Vec<&str> = started
            .lines
            .iter()
            .map(|line| {
                line.strip_prefix("export ").and_then(|line| line.split('=').next()).unwrap()
            })
            .collect();
        assert_eq!(
            names,
            [
                "DB_ENGINE",
                "DB_HOST",
                "DB_PORT",
                "DB_NAME",
                "DB_USER",
                "DB_REGION",
                "DB_CA_FILE",
                "DB_CONNECT_TO",
                "PGHOST",
                "PGHOSTADDR",
                "PGPORT",
                "PGDATABASE",
                "PGUSER",
                "PGSSLMODE",
                "PGSSLROOTCERT",
                "JDBC_URL",
                "AWS_REGION",
                "AWS_DEFAULT_REGION",
                "AWS_ACCESS_KEY_ID",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_SESSION_TOKEN",
            ]
        );
        assert_eq!(value(&started.lines, "DB_USER"), r"o'\''brien");
        assert_eq!(value(&started.lines, "DB_PORT"), "5432");
        assert_eq!(value(&started.lines, "DB_NAME"), "app");
        assert!(started.ca_file.exists() && started.folder.exists());
        assert!(signal(name, &started.child.id().unwrap().to_string()).await);
        assert!(started.child.wait().await.unwrap().success());
        assert!(!started.folder.exists() && !started.ca_file.exists(), "{name}");
        started.is_gone().await;
    }
}

#[tokio::test]
async fn the_block_names_the_first_user_however_it_logs_in() {
    let options = ["--backend", "postgres://127.0.0.1:1", "--password-user", "by_password:x"];
    let (_child, lines) = ready(binary().args(options)).await;
    assert_eq!(value(&lines, "DB_USER"), "by_password");
    let options = [&options[..], &["--iam-user", "by_token"]].concat();
    let (_child, lines) = ready(binary().args(options)).await;
    assert_eq!(value(&lines, "DB_USER"), "by_token");
}

#[tokio::test]
async fn not_even_a_kill_leaves_anything() {
    let mut started = spawn(&["--reader-listen", "127.0.0.1:0"]).await;
    assert!(value(&started.lines, "READER_DB_HOST").contains(".endpoint.proxy-"));
    started.child.kill().await.unwrap();
    started.is_gone().await;
}

#[tokio::test]
async fn a_kill_before_the_cluster_is_ready_leaves_nothing_either() {
    let place = tempfile::tempdir().unwrap();
    // As /tmp is: the keeper, under another user, has to be able to remove its own folder.
    let open_to_all = std::os::unix::fs::PermissionsExt::from_mode(0o1777);
    std::fs::set_permissions(place.path(), open_to_all).unwrap();
    let mut child = Command::new(BINARY)
        .env("TMPDIR", place.path())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the binary");
    let entries = || std::fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().path());
    until(|| entries().any(|folder| folder.join("primary").exists())).await;
    child.kill().await.unwrap();
    until(|| entries().next().is_none()).await;
}

#[tokio::test]
async fn a_dropped_emulator_takes_its_files_and_its_cluster_along() {
    let cluster = Cluster::start().unwrap();
    let folder = cluster.folder().to_owned();
    let backend = rds_proxy_emulator::Backend::Cluster(cluster);
    let emulator = start(Options { backend, ..options().0 }).await.unwrap();
    let ca_file = emulator.ca_file().to_owned();
    assert!(ca_file.starts_with(&folder) && ca_file.exists());
    drop(emulator);
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_stopped_emulator_leaves_a_shared_cluster_alone() {
    let cluster = crate::support::cluster();
    let emulator = start(options().0).await.unwrap();
    let (address, ca_file) = (emulator.address(), emulator.ca_file().to_owned());
    emulator.stop().await;
    assert!(cluster.folder().exists() && !ca_file.exists());
    let error = tokio::net::TcpStream::connect(address).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn a_mistyped_pg_bin_is_named_and_no_other_postgresql_is_started() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere");
    let half = folder.path().join("half");
    std::fs::create_dir(&half).unwrap();
    std::fs::write(half.join("initdb"), "").unwrap();
    for (pg_bin, what) in [
        (&nowhere, "is not a folder"),
        (&folder.path().to_owned(), "has no initdb"),
        (&half, "has no postgres"),
    ] {
        let output = Command::new(BINARY).env("PG_BIN", pg_bin).kill_on_drop(true).output();
        let output = timeout(PATIENCE, output).await.expect("an end").unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && output.stdout.is_empty(), "{text}");
        let named = format!("PG_BIN is \"{}\", which {what}", pg_bin.display());
        assert!(text.contains(&named), "{named}: {text}");
    }
}

#[tokio::test]
async fn wrong_arguments_are_named() {
    for (arguments, expected) in [
        (["--principal", "x:secret"], "--principal: no =arn: follows the keys; expected "),
        (["--region", "mars"], "--region is \"mars\": expected an AWS region such as eu-west-1\n"),
        (["--faults", "close-at-ssl"], "there is no option --faults; did you mean --fault?\n"),
        (
            ["--backend", "mysql://u:secret@127.0.0.1"],
            "--backend is for mysql: expected one for postgresql, or --engine mysql\n",
        ),
        (
            ["--engine=mysql", "--password-auth=md5"],
            "--password-auth is \"md5\": expected caching_sha2_password or mysql_native_password \
             with --engine mysql\n",
        ),
    ] {
        let output = Command::new(BINARY).args(arguments).output().await.unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), &*output.stdout), (Some(2), &b""[..]), "{text}");
        assert!(text.starts_with(&format!("error: {expected}")), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = Command::new(BINARY).args(["--listen", &address]).output().await.unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{text}");
    assert!(text.contains(&format!("cannot listen on {address}")), "{text}");
}

#[tokio::test]
async fn help_and_version_are_printed_and_nothing_is_started() {
    let output = Command::new(BINARY).arg("--version").output().await.unwrap();
    let version = concat!("rds-proxy-emulator ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), version);
    assert!(output.status.success() && output.stderr.is_empty());
    let output = Command::new(BINARY).arg("--help").output().await.unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("--init-sql <FILE>") && help.contains("--exec <COMMAND>..."), "{help}");
    assert!(output.status.success() && output.stderr.is_empty());
}

#[tokio::test]
async fn keys_without_a_session_token_unset_the_one_that_a_shell_has() {
    let mut command = without_cluster(&["--principal", "AKIA:s=arn:aws:rds-db:*"]);
    let (_child, lines) = ready(&mut command).await;
    assert_eq!(lines.last().unwrap(), "unset AWS_SESSION_TOKEN");
    let script = format!("{}\necho ${{AWS_SESSION_TOKEN-none}} $DB_USER", lines.join("\n"));
    let mut shell = Command::new("sh");
    let output = shell.args(["-c", &script]).env("AWS_SESSION_TOKEN", "stale").output();
    assert_eq!(String::from_utf8(output.await.unwrap().stdout).unwrap(), "none app\n");
}
