//! Before and at the startup packet: what the proxy takes and what it refuses, byte by byte.

use rds_proxy_emulator::{Backend, Emulator, Options, start};
use rustls::pki_types::ServerName;
use testkit::postgres::{SSL_REQUEST, VERSION_3_0};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::support::{
    message, options, refusal, startup, tls, tls_config, variable, without_database,
};

const GSSENC_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30];
const CANCEL_REQUEST: [u8; 16] = [0, 0, 0, 16, 0x04, 0xd2, 0x16, 0x2e, 0, 0, 0, 1, 0, 0, 0, 2];

/// What the proxy sends back, up to its end, for bytes sent without TLS.
async fn plain(emulator: &Emulator, bytes: &[u8]) -> Vec<u8> {
    let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
    tcp.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // A reset is an end too: the proxy leaves bytes unread that are no PostgreSQL.
    drop(tcp.read_to_end(&mut answer).await);
    answer
}

/// The refusal of a startup packet inside TLS.
async fn refused(emulator: &Emulator, packet: &[u8]) -> String {
    let mut tls = tls(emulator, emulator.address(), &variable(emulator, "DB_HOST")).await;
    tls.write_all(packet).await.unwrap();
    tls.flush().await.unwrap();
    refusal(&mut tls).await
}

#[tokio::test]
async fn a_connection_without_tls_is_refused() {
    let emulator = without_database().await;
    let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
    tcp.write_all(&startup(VERSION_3_0, &["user", "app"])).await.unwrap();
    let refusal = refusal(&mut tcp).await;
    assert_eq!(refusal, "FATAL 28000 This RDS Proxy requires TLS connections");
}

#[tokio::test]
async fn gssapi_encryption_is_declined_and_tls_still_offered() {
    let emulator = without_database().await;
    let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
    tcp.write_all(&GSSENC_REQUEST).await.unwrap();
    assert_eq!(tcp.read_u8().await.unwrap(), b'N');
    tcp.write_all(&SSL_REQUEST).await.unwrap();
    assert_eq!(tcp.read_u8().await.unwrap(), b'S');
}

#[tokio::test]
async fn gssapi_encryption_is_asked_for_once_at_most() {
    let (options, log) = options();
    let emulator = start(Options { backend: Backend::Absent, ..options }).await.unwrap();
    let endless = GSSENC_REQUEST.repeat(1000);
    assert_eq!(plain(&emulator, &endless).await, b"N", "one answer, and the end");
    let line = log.read().pop().expect("a line");
    let why = "dropped: the client broke the protocol: GSSAPI encryption is asked for again";
    assert!(line.ends_with(why), "{line}");
    // It may still ask for TLS after that, and no more.
    let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
    tcp.write_all(&[GSSENC_REQUEST, GSSENC_REQUEST, SSL_REQUEST].concat()).await.unwrap();
    let mut answer = Vec::new();
    drop(tcp.read_to_end(&mut answer).await);
    assert_eq!(answer, b"N");
}

#[tokio::test]
async fn what_is_no_postgresql_is_named_in_the_log() {
    let (options, log) = options();
    let emulator = start(Options { backend: Backend::Absent, ..options }).await.unwrap();
    for (bytes, what) in [
        (
            &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..],
            "started with a TLS handshake instead of an SSLRequest: direct TLS is not supported",
        ),
        (b"GET / HTTP/1.1\r\n\r\n", "started with \"GET \", which is not the PostgreSQL protocol"),
        (b"SSH-2.0-x\r\n", "started with \"SSH-\", which is not the PostgreSQL protocol"),
        (b"\0\0\0\x07\0\x03\0\0", "announced a message of 7 bytes"),
        (b"\0\0\x27\x11\0\x03\0\0", "announced a message of 10001 bytes"),
    ] {
        assert_eq!(plain(&emulator, bytes).await, b"");
        let line = log.read().pop().expect("a line");
        assert!(line.ends_with(&format!("dropped: the client {what}")), "{line}");
    }
}

#[tokio::test]
async fn a_cancel_request_is_dropped_without_a_word() {
    let emulator = without_database().await;
    assert_eq!(plain(&emulator, &CANCEL_REQUEST).await, b"");
    let mut tls = tls(&emulator, emulator.address(), &variable(&emulator, "DB_HOST")).await;
    tls.write_all(&CANCEL_REQUEST).await.unwrap();
    let mut answer = Vec::new();
    drop(tls.read_to_end(&mut answer).await);
    assert_eq!(answer, b"");
}

#[tokio::test]
async fn what_is_no_postgresql_is_dropped_without_a_word() {
    let emulator = without_database().await;
    let client_hello = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    for bytes in [
        &b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"[..],
        &client_hello,
        &[0, 0, 0, 7, 0, 3, 0, 0],
        &[0, 0, 0, 0, 0, 0, 0, 0],
        &[0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0],
        &[0, 0, 0x27, 0x11, 0, 3, 0, 0],
    ] {
        assert_eq!(plain(&emulator, bytes).await, b"", "{bytes:?}");
    }
}

#[tokio::test]
async fn tls_is_1_2_or_1_3_under_the_emulators_authority() {
    let emulator = without_database().await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
        tcp.write_all(&SSL_REQUEST).await.unwrap();
        assert_eq!(tcp.read_u8().await.unwrap(), b'S');
        let config = tls_config(&emulator, &[version]);
        let name = ServerName::try_from(variable(&emulator, "DB_HOST")).unwrap();
        let tls = TlsConnector::from(config).connect(name, tcp).await.expect("TLS");
        assert_eq!(tls.get_ref().1.protocol_version(), Some(version.version));
        assert_eq!(tls.get_ref().1.peer_certificates().map(<[_]>::len), Some(2));
    }
}

#[tokio::test]
async fn a_protocol_other_than_3_0_is_refused() {
    let emulator = without_database().await;
    for version in [0x0002_0000, 0x0003_0001, 0x0003_0002, 0x0004_0000] {
        assert_eq!(
            refused(&emulator, &startup(version, &["user", "app"])).await,
            "FATAL 0A000 Feature not supported: RDS Proxy supports only version 3.0 of the \
             PostgreSQL messaging protocol."
        );
    }
}

#[tokio::test]
async fn startup_parameters_outside_the_list_are_refused() {
    let emulator = without_database().await;
    for (name, what) in [
        ("options", "command-line options."),
        ("replication", "streaming replication mode."),
        ("statement_timeout", "the option statement_timeout."),
        ("_pq_.x", "the option _pq_.x."),
        // Unlike settings, these are compared exactly by PostgreSQL.
        ("Options", "the option Options."),
        ("DATABASE", "the option DATABASE."),
    ] {
        assert_eq!(
            refused(&emulator, &startup(VERSION_3_0, &["user", "app", name, "1"])).await,
            format!(
                "FATAL 0A000 Feature not supported: RDS Proxy currently doesn’t support {what}"
            )
        );
    }
}

#[tokio::test]
async fn settings_are_known_in_any_case() {
    let emulator = without_database().await;
    for name in ["datestyle", "timezone", "TIMEZONE", "Client_Encoding", "APPLICATION_NAME"] {
        let mut tls = tls(&emulator, emulator.address(), &variable(&emulator, "DB_HOST")).await;
        tls.write_all(&startup(VERSION_3_0, &["user", "app", name, "UTC"])).await.unwrap();
        assert_eq!(message(&mut tls).await, (b'R', vec![0, 0, 0, 3]), "{name}");
    }
}

#[tokio::test]
async fn a_startup_packet_without_a_user_is_refused() {
    let emulator = without_database().await;
    for parameters in [&["database", "postgres"][..], &["user", ""], &[]] {
        assert_eq!(
            refused(&emulator, &startup(VERSION_3_0, parameters)).await,
            "FATAL 28000 A user name is missing from the connection startup packet. \
             Provide a user name for this connection."
        );
    }
}

#[tokio::test]
async fn parameters_are_looked_at_before_the_user() {
    let emulator = without_database().await;
    let packet = startup(VERSION_3_0, &["user", "nobody", "options", "-c a=b"]);
    assert!(refused(&emulator, &packet).await.contains("command-line options"));
}
