//! Whatever takes a connection at AWS's address and is not AWS: it was reached, so that the network
//! is not to blame, and it is named where it can be recognized.

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::refusals::{Service, check_refusal, evidence, speaks_of_no_network};
use super::reports;
use crate::support::check;
use crate::support::peer::{Peer, wait_for_end};

/// What servers of other protocols say first, and what the report says of them.
const GREETINGS: [(&[u8], &str); 4] = [
    (
        b"SSH-2.0-OpenSSH_9.6\r\n",
        r"the answer is that of an SSH server, not HTTP: 'SSH-2.0-OpenSSH_9.6\r\n'",
    ),
    (
        b"220 mail.example.com ESMTP Postfix\r\n",
        r"the answer is that of an SMTP server, not HTTP: '220 mail.example.com ESMTP Postfix\r\n'",
    ),
    (
        b"J\0\0\0\x0a8.0.36\0\x08\0\0\0",
        r"the answer is that of a MySQL server, not HTTP: 'J\0\0\0\n8.0.36\0\u{8}\0\0\0'",
    ),
    (b"\x01\xfejunk", r"the answer is not HTTP: '\u{1}\xfejunk'"),
];

/// When a server says what it says.
#[derive(Clone, Copy, Debug)]
enum Moment {
    AtOnce,
    WhenAsked,
}

/// What it does then.
#[derive(Clone, Copy, Debug)]
enum Then {
    Waits,
    Closes,
}

async fn server(greeting: &'static [u8], moment: Moment, then: Then) -> Peer {
    Peer::start(move |mut stream| async move {
        if let Moment::WhenAsked = moment {
            drop(stream.read(&mut [0; 4_096]).await);
        }
        drop(stream.write_all(greeting).await);
        match then {
            Then::Waits => wait_for_end(&mut stream).await,
            // What came in is read first: closing a socket with something unread is a reset,
            // which can destroy the greeting.
            Then::Closes => {
                drop(stream.shutdown().await);
                wait_for_end(&mut stream).await;
            }
        }
    })
    .await
}

/// The reports of a function whose STS, and of one whose Secrets Manager, is this peer, without and
/// with TLS.
async fn asked_in_every_way(peer: &Peer) -> Vec<(Service, Value)> {
    let mut reported = Vec::new();
    for (service, name) in [(Service::Sts, "STS"), (Service::Secrets, "SECRETS_MANAGER")] {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{}", peer.address);
            let vars = service.vars().with(&format!("AWS_ENDPOINT_URL_{name}"), url);
            let [report] = reports(&vars).await;
            reported.push((service, report));
        }
    }
    reported
}

async fn is_named(moment: Moment, then: Then) {
    for (greeting, said) in GREETINGS {
        let peer = server(greeting, moment, then).await;
        for (service, report) in asked_in_every_way(&peer).await {
            check_refusal(&report, service.failed(), "What answered is not AWS", false);
            assert_eq!(evidence(&report), said, "{moment:?} {then:?}");
        }
    }
}

#[tokio::test]
async fn a_server_of_another_protocol_is_named_though_it_talks_before_it_is_asked() {
    is_named(Moment::AtOnce, Then::Waits).await;
}

#[tokio::test]
async fn a_server_of_another_protocol_is_named_when_it_was_asked() {
    is_named(Moment::WhenAsked, Then::Waits).await;
}

#[tokio::test]
async fn a_server_of_another_protocol_is_named_though_it_takes_no_client() {
    is_named(Moment::AtOnce, Then::Closes).await;
    is_named(Moment::WhenAsked, Then::Closes).await;
}

#[tokio::test]
async fn a_connection_that_ends_without_an_answer_had_come_about() {
    for moment in [Moment::AtOnce, Moment::WhenAsked] {
        let peer = server(b"", moment, Then::Closes).await;
        for (service, report) in asked_in_every_way(&peer).await {
            check_refusal(&report, service.failed(), "Something took the connection", true);
        }
    }
}

#[tokio::test]
async fn a_service_that_took_the_connection_and_is_silent_is_not_unreachable() {
    let peer = Peer::start(|mut stream| async move { wait_for_end(&mut stream).await }).await;
    for (service, name) in [(Service::Sts, "STS"), (Service::Secrets, "SECRETS_MANAGER")] {
        let timeout =
            if service == Service::Sts { "credentials_timeout" } else { "secret_timeout" };
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{}", peer.address);
            let vars = service.vars().with(&format!("AWS_ENDPOINT_URL_{name}"), url);
            let [report] = reports(&vars.with("PROBE_TIMEOUT_MS", 2_000)).await;
            check(&report, "credentials", "timeout", timeout);
            let causes = &report["diagnosis"]["causes"];
            assert_eq!(causes.as_array().unwrap().len(), 1, "{causes:#}");
            speaks_of_no_network(&report);
        }
    }
}

#[tokio::test]
async fn a_connection_that_is_reset_at_once_had_come_about() {
    let peer = Peer::start(|stream| async move { drop(stream.set_zero_linger()) }).await;
    for (service, report) in asked_in_every_way(&peer).await {
        check_refusal(&report, service.failed(), "Something took the connection", true);
    }
}

#[tokio::test]
async fn a_greeting_that_a_reset_destroyed_is_missed_and_the_connection_is_not() {
    let peer = Peer::start(|mut stream| async move {
        drop(stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n").await);
        drop(stream.set_zero_linger());
    })
    .await;
    for (service, report) in asked_in_every_way(&peer).await {
        let is_heard = evidence(&report).contains("an SSH server");
        let cause = if is_heard { "What answered is not AWS" } else { "Something took the" };
        check_refusal(&report, service.failed(), cause, !is_heard);
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_strangers() {
    let peer =
        server(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", Moment::WhenAsked, Then::Closes)
            .await;
    let vars = Service::Sts.vars().with("AWS_ENDPOINT_URL_STS", format!("http://{}", peer.address));
    let [report] = reports(&vars).await;
    check_refusal(&report, "assume_role_failed", "Something took the connection", true);
}

#[tokio::test]
async fn an_http_server_that_is_asked_for_tls_is_named() {
    let answer = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
    let peer = server(answer, Moment::WhenAsked, Then::Closes).await;
    let url = format!("https://{}", peer.address);
    let [report] = reports(&Service::Sts.vars().with("AWS_ENDPOINT_URL_STS", url)).await;
    check_refusal(&report, "assume_role_failed", "What answered is not AWS", false);
    let said = "the answer is that of an HTTP server, but cannot be read: ";
    assert!(evidence(&report).starts_with(said), "{report:#}");
}
