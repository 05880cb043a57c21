//! `resolve` and `connect`.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::support::{Vars, check, probe};

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_closed_port_is_tcp_refused() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let report = probe(&Vars::to(closed)).await;
    check(&report, "connect", "failed", "tcp_refused");
    let diagnosis = &report["diagnosis"];
    assert_eq!(diagnosis["summary"], format!("{closed} refused the connection."));
    assert_eq!(diagnosis["causes"][0]["evidence"], format!("DB_CONNECT_TO is \"{closed}\"."));
}

#[tokio::test]
async fn an_address_without_a_route_is_tcp_unreachable() {
    // 240.0.0.0/4 is reserved (RFC 1112, section 4): the kernel has no route to it.
    let report = probe(&Vars::to(address("[100::1]:5432"))).await;
    check(&report, "connect", "failed", "tcp_unreachable");
}

#[tokio::test]
async fn an_address_that_does_not_answer_is_tcp_timeout() {
    let (full, _held) = full_backlog().await;
    let report = probe(&Vars::to(full).with("PROBE_TIMEOUT_MS", 300)).await;
    check(&report, "connect", "timeout", "tcp_timeout");
    assert_eq!(report["diagnosis"]["transient"], true);
}

/// A listener whose queue of connections is full: the kernel drops what comes on top, as a
/// security group does.
async fn full_backlog() -> (SocketAddr, (TcpListener, Vec<TcpStream>)) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(address("127.0.0.1:0")).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut held = Vec::new();
    loop {
        let connecting = TcpStream::connect(address);
        match tokio::time::timeout(std::time::Duration::from_millis(200), connecting).await {
            Ok(stream) => held.push(stream.unwrap()),
            Err(_elapsed) => return (address, (listener, held)),
        }
    }
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_dns_not_found_or_dns_failed() {
    // Without a resolver at hand the machine cannot know that the name does not exist.
    let vars = Vars::to(address("127.0.0.1:1")).with("DB_CONNECT_TO", "does-not-exist.invalid");
    let report = probe(&vars).await;
    let code = report["diagnosis"]["code"].as_str().unwrap();
    assert!(["dns_not_found", "dns_failed"].contains(&code), "{report:#}");
    check(&report, "resolve", "failed", code);
}

#[tokio::test]
async fn a_name_with_two_families_reaches_the_one_that_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let vars = Vars::to(address("127.0.0.1:1")).with("DB_CONNECT_TO", format!("localhost:{port}"));
    let vars = vars.with("PROBE_TIMEOUT_MS", 2_000);
    let hang_up = async { drop(listener.accept().await.unwrap()) };
    let (report, ()) = tokio::join!(probe(&vars), hang_up);
    check(&report, "tls", "failed", "tls_handshake_failed");
}
