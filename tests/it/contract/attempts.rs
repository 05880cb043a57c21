//! A probe's two attempts: a kept session that is slow or dead, and a fresh one beside or after
//! it. The peer is a script, so that who answers when is the test's choice.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rds_proxy_probe::handler::Handler;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::database::{RATE_EXCEEDED, Session, database, vars};
use crate::support::peer::{Issued, Peer};
use crate::support::{Engine, by_engine, invoke, steps};

by_engine!(
    a_fresh_session_that_is_refused_does_not_overrule_a_kept_one_that_is_slow,
    a_probe_is_unhealthy_only_when_both_attempts_have_failed,
    a_session_that_is_not_kept_says_goodbye,
);

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
    async fn serve(&self, mut session: Session) {
        if self.logins.fetch_add(1, Ordering::SeqCst) > 0 {
            session.refuse(RATE_EXCEEDED).await;
            session.close().await;
            self.refused.notify_one();
            return;
        }
        session.log_in().await;
        let nonce = session.question().await.unwrap();
        session.answer(&nonce).await;
        let Some(nonce) = session.question().await else { return };
        match self.second {
            Second::AnswersLate => {
                self.refused.notified().await;
                session.answer(&nonce).await;
                session.question().await;
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
    async fn by(engine: Engine, second: Second) -> Self {
        let issued = Issued::new(|_| {});
        let script =
            Arc::new(Script { second, logins: AtomicUsize::new(0), refused: Notify::new() });
        let peer = database(engine, &issued, move |session| {
            let script = Arc::clone(&script);
            async move { script.serve(session).await }
        })
        .await;
        let handler = vars(engine, &issued, &peer).handler();
        let first = invoke(&handler, json!({})).await;
        assert_eq!(first["status"], "healthy", "{first:#}");
        Self { handler, _peer: peer, _issued: issued }
    }

    async fn report(&self) -> Value {
        invoke(&self.handler, json!({})).await
    }
}

async fn a_fresh_session_that_is_refused_does_not_overrule_a_kept_one_that_is_slow(engine: Engine) {
    let function = Kept::by(engine, Second::AnswersLate).await;
    let report = function.report().await;
    assert_eq!(report["status"], "healthy", "{report:#}");
    assert_eq!(report["session"]["reused"], true, "{report:#}");
    assert_eq!(steps(&report), ["config", "query"]);
    assert_eq!(report["retry"]["code"], "connection_rate_exceeded", "{report:#}");
}

async fn a_probe_is_unhealthy_only_when_both_attempts_have_failed(engine: Engine) {
    for (second, kept) in
        [(Second::ClosesLate, "connection_lost"), (Second::Closes, "connection_lost")]
    {
        let report = Kept::by(engine, second).await.report().await;
        assert_eq!(report["diagnosis"]["code"], "connection_rate_exceeded", "{report:#}");
        assert_eq!(report["retry"]["code"], kept, "{report:#}");
        assert_eq!(report["session"], Value::Null, "the fresh one has none: {report:#}");
    }
}

async fn a_session_that_is_not_kept_says_goodbye(engine: Engine) {
    let issued = Issued::new(|_| {});
    let (said, mut goodbye) = tokio::sync::mpsc::unbounded_channel();
    let peer = database(engine, &issued, move |mut session| {
        let said = said.clone();
        async move {
            session.log_in().await;
            let nonce = session.question().await.unwrap();
            session.answer(&nonce).await;
            said.send(session.hears_goodbye().await).unwrap();
        }
    })
    .await;
    let vars = vars(engine, &issued, &peer).with("DB_SESSION_MAX_AGE_S", 0);
    let report = invoke(&vars.handler(), json!({})).await;
    assert_eq!(report["status"], "healthy", "{report:#}");
    assert_eq!(goodbye.recv().await, Some(true));
}
