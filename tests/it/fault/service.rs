//! `tls`: services other than PostgreSQL, which are named by what they say.

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::support::peer::{Issued, Peer, ssl_request, wait_for_end};
use crate::support::{Vars, check, probe};

/// The report about a server that sends this, before it hears anything or as its answer.
async fn said(bytes: &'static [u8], immediately: bool) -> Value {
    let peer = Peer::start(move |mut stream| async move {
        if immediately {
            stream.write_all(bytes).await.unwrap();
            ssl_request(&mut stream).await;
        } else {
            ssl_request(&mut stream).await;
            stream.write_all(bytes).await.unwrap();
        }
        wait_for_end(&mut stream).await;
    })
    .await;
    probe(&Vars::to(peer.address).with("PROBE_TIMEOUT_MS", 2_000)).await
}

/// The service is named, whether it talks first or is slower than the request.
async fn named(bytes: &'static [u8], evidence: &str, shown: &str) {
    for immediately in [true, false] {
        let report = said(bytes, immediately).await;
        check(&report, "tls", "failed", "not_postgres");
        let diagnosis = &report["diagnosis"];
        let found = diagnosis["causes"][0]["evidence"].as_str().unwrap();
        assert_eq!(found, format!("The answer begins as that of {evidence}."));
        let summary = diagnosis["summary"].as_str().unwrap();
        assert!(summary.ends_with(&format!("with '{shown}'.")), "{summary}");
        assert_eq!(diagnosis["transient"], false);
        assert!(report["tls"].is_null(), "{report:#}");
    }
}

#[tokio::test]
async fn an_ssh_server_is_not_postgres_although_its_first_byte_is_a_yes() {
    let greeting = b"SSH-2.0-OpenSSH_9.6p1 Ubuntu-3\r\n";
    named(greeting, "an SSH server", r"SSH-2.0-OpenSSH_9.6p1 Ubuntu-3\r\n").await;
}

#[tokio::test]
async fn an_ssh_server_with_too_many_clients_is_not_postgres_although_its_first_byte_is_an_errors()
{
    named(b"Exceeded MaxStartups\r\n", "an SSH server", r"Exceeded MaxStartups\r\n").await;
}

#[tokio::test]
async fn a_mail_server_is_not_postgres() {
    let greeting = b"220 mail.example.com ESMTP Postfix\r\n";
    named(greeting, "an SMTP server", r"220 mail.example.com ESMTP Postfix\r\n").await;
}

#[tokio::test]
async fn an_ftp_server_is_not_postgres() {
    named(b"220 (vsFTPd 3.0.5)\r\n", "an FTP server", r"220 (vsFTPd 3.0.5)\r\n").await;
}

#[tokio::test]
async fn a_mysql_server_is_not_postgres_whatever_the_length_of_its_greeting() {
    named(b"J\0\0\0\x0a8.0.36\0\x08", "a MySQL server", r"J\0\0\0\n8.0.36\0\u{8}").await;
    // Lengths of 83, 78 and 69 bytes are a yes, a no and an error.
    named(b"S\0\0\0\x0a8.0.36\0\x08", "a MySQL server", r"S\0\0\0\n8.0.36\0\u{8}").await;
    named(b"N\0\0\0\x0a8.0.36\0\x08", "a MySQL server", r"N\0\0\0\n8.0.36\0\u{8}").await;
    named(b"E\0\0\0\x0a8.0.36\0\x08", "a MySQL server", r"E\0\0\0\n8.0.36\0\u{8}").await;
}

#[tokio::test]
async fn a_mysql_server_that_refuses_the_host_is_not_postgres() {
    let refusal = b"E\0\0\0\xff\x6a\x04Host '10.0.0.1' is not allowed to connect";
    let shown = r"E\0\0\0\xffj\u{4}Host \'10.0.0.1\' is not allowed to connect";
    named(refusal, "a MySQL server", shown).await;
}

#[tokio::test]
async fn a_web_server_is_not_postgres() {
    let answer = b"HTTP/1.1 400 Bad Request\r\n\r\n";
    named(answer, "an HTTP server", r"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    // Without a status line, as nginx answers what is no request line.
    named(b"<html>\r\n<head>", "an HTTP server", r"<html>\r\n<head>").await;
}

#[tokio::test]
async fn a_server_that_expects_tls_at_once_is_not_postgres() {
    let alert = b"\x15\x03\x01\0\x02\x02\x46";
    let server = "a TLS server that is not asked for TLS first";
    named(alert, server, r"\u{15}\u{3}\u{1}\0\u{2}\u{2}F").await;
}

#[tokio::test]
async fn redis_is_not_postgres() {
    let answer = b"-DENIED Redis is running in protected mode\r\n";
    named(answer, "a Redis server", r"-DENIED Redis is running in protected mode\r\n").await;
}

#[tokio::test]
async fn what_no_service_says_is_shown_as_it_is() {
    for bytes in [&b"\xde\xad\xbe\xef"[..], b"NO, and more", b"\0"] {
        let report = said(bytes, false).await;
        check(&report, "tls", "failed", "not_postgres");
        let evidence = &report["diagnosis"]["causes"][0]["evidence"];
        assert_eq!(evidence, "No service that the probe recognizes answers like this.");
    }
}

/// Whether a client begins with a TLS record, not with the request for one.
async fn begins_tls(stream: &TcpStream) -> bool {
    let mut first = [0];
    stream.peek(&mut first).await.unwrap();
    first == [0x16]
}

/// A server that begins TLS only without the request: to that it says nothing, and ends the
/// connection or holds it.
async fn listener(issued: &Issued, ends: bool) -> Peer {
    async fn serve(mut stream: TcpStream, acceptor: TlsAcceptor, ends: bool) {
        if begins_tls(&stream).await {
            // A client that refuses the certificate ends the handshake.
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            wait_for_end(&mut stream).await;
        } else if ends {
            ssl_request(&mut stream).await;
        } else {
            wait_for_end(&mut stream).await;
        }
    }
    let acceptor = issued.acceptor();
    Peer::start(move |stream| serve(stream, acceptor.clone(), ends)).await
}

#[tokio::test]
async fn a_tls_listener_that_ends_what_is_no_tls_is_not_postgres() {
    for ends in [true, false] {
        let peer = listener(&Issued::new(|_| {}), ends).await;
        let report = probe(&Vars::to(peer.address).with("PROBE_TIMEOUT_MS", 2_000)).await;
        check(&report, "tls", "failed", "not_postgres");
        let first = &report["diagnosis"]["causes"][0];
        let shown = "Over a second connection it showed a certificate for \
                     \"*.proxy-abc.eu-west-1.rds.amazonaws.com\".";
        assert_eq!(first["evidence"], shown);
        assert!(first["cause"].as_str().unwrap().starts_with("The port expects TLS"));
        assert_eq!(report["tls"]["issuer"], "CN=Test CA");
    }
}

#[tokio::test]
async fn an_endpoint_that_proves_its_name_is_no_tls_listener() {
    let issued = Issued::new(|_| {});
    let peer = listener(&issued, true).await;
    let report = probe(&Vars::to(peer.address).with("DB_CA_FILE", issued.ca_file())).await;
    check(&report, "tls", "failed", "tls_handshake_failed");
    assert_eq!(report["diagnosis"]["transient"], true);
}

#[tokio::test]
async fn a_postgresql_that_takes_tls_without_the_request_is_no_tls_listener() {
    // As version 17 and later: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL
    let issued = Issued::new(|_| {}).speaking(b"postgresql");
    let peer = listener(&issued, true).await;
    let report = probe(&Vars::to(peer.address)).await;
    check(&report, "tls", "failed", "tls_handshake_failed");
}
