//! A probe's two attempts: a kept session that is slow or dead, and a fresh one beside or after
//! it. The peer is a script, so that who answers when is the test's choice.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rds_proxy_probe::handler::Handler;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::server::TlsStream;

use crate::support::peer::{
    Issued, Peer, client_message, error_response, health_row, log_in, question,
};
use crate::support::{Vars, invoke, steps};

const RATE: &str = "Rate of connection to proxy exceeded 100.";

/// What the peer's first session does with its second question.
#[derive(Clone, Copy)]
enum Second {
    /// It answers once the other session has been refused.
    AnswersLate,
    /// It closes once the other session has been refused.
    ClosesLate,
    /// It closes at once.
    Closes,
}

/// A server whose first session answers one question, and whose later sessions are refused.
struct Script {
    second: Second,
    logins: AtomicUsize,
    refused: Notify,
}

impl Script {
    async fn serve(&self, mut stream: TlsStream<TcpStream>) {
        if self.logins.fetch_add(1, Ordering::SeqCst) > 0 {
            stream.write_all(&error_response("53300", RATE)).await.unwrap();
            stream.shutdown().await.unwrap_or_default();
            self.refused.notify_one();
            return;
        }
        log_in(&mut stream).await;
        let nonce = question(&mut stream).await.unwrap();
        stream.write_all(&health_row(&nonce)).await.unwrap();
        let Some(nonce) = question(&mut stream).await else { return };
        match self.second {
            Second::AnswersLate => {
                self.refused.notified().await;
                stream.write_all(&health_row(&nonce)).await.unwrap();
                question(&mut stream).await;
            }
            Second::ClosesLate => self.refused.notified().await,
            Second::Closes => {}
        }
    }
}

/// A function that has a session kept, and the peer behind it.
struct Kept {
    handler: Handler,
    _peer: Peer,
    _issued: Issued,
}

impl Kept {
    async fn by(second: Second) -> Self {
        let issued = Issued::new(|_| {});
        let script =
            Arc::new(Script { second, logins: AtomicUsize::new(0), refused: Notify::new() });
        let peer = issued
            .peer(move |stream| {
                let script = Arc::clone(&script);
                async move { script.serve(stream).await }
            })
            .await;
        let vars = Vars::to(peer.address).with("DB_CA_FILE", issued.ca_file());
        let handler = vars.handler();
        let first = invoke(&handler, json!({})).await;
        assert_eq!(first["status"], "healthy", "{first:#}");
        Self { handler, _peer: peer, _issued: issued }
    }

    async fn report(&self) -> Value {
        invoke(&self.handler, json!({})).await
    }
}

#[tokio::test]
async fn a_fresh_session_that_is_refused_does_not_overrule_a_kept_one_that_is_slow() {
    let function = Kept::by(Second::AnswersLate).await;
    let report = function.report().await;
    assert_eq!(report["status"], "healthy", "{report:#}");
    assert_eq!(report["session"]["reused"], true, "{report:#}");
    assert_eq!(steps(&report), ["config", "query"]);
    assert_eq!(report["retry"]["code"], "connection_rate_exceeded", "{report:#}");
}

#[tokio::test]
async fn a_probe_is_unhealthy_only_when_both_attempts_have_failed() {
    for (second, kept) in
        [(Second::ClosesLate, "connection_lost"), (Second::Closes, "connection_lost")]
    {
        let report = Kept::by(second).await.report().await;
        assert_eq!(report["diagnosis"]["code"], "connection_rate_exceeded", "{report:#}");
        assert_eq!(report["retry"]["code"], kept, "{report:#}");
        assert_eq!(report["session"], Value::Null, "the fresh one has none: {report:#}");
    }
}

#[tokio::test]
async fn a_session_that_is_not_kept_says_goodbye() {
    let issued = Issued::new(|_| {});
    let (said, mut goodbye) = tokio::sync::mpsc::unbounded_channel();
    let peer = issued
        .peer(move |mut stream| {
            let said = said.clone();
            async move {
                log_in(&mut stream).await;
                let nonce = question(&mut stream).await.unwrap();
                stream.write_all(&health_row(&nonce)).await.unwrap();
                said.send(client_message(&mut stream).await).unwrap();
            }
        })
        .await;
    let vars = Vars::to(peer.address).with("DB_CA_FILE", issued.ca_file());
    let report = invoke(&vars.with("DB_SESSION_MAX_AGE_S", 0).handler(), json!({})).await;
    assert_eq!(report["status"], "healthy", "{report:#}");
    // `Terminate`: <https://www.postgresql.org/docs/current/protocol-message-formats.html>
    assert_eq!(goodbye.recv().await.unwrap(), Some((b'X', vec![])));
}
