//! A secret that is rotated while a session is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Function;
use crate::support::aws::{Answer, Aws};
use crate::support::database::{Refusal, database, vars};
use crate::support::peer::Issued;
use crate::support::{Engine, by_engine};
use serde_json::{Value, json};

by_engine!(a_secret_that_was_rotated_while_a_kept_session_died_is_read_anew);

const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf";

/// What the server says of the old password.
const WRONG_PASSWORD: Refusal = Refusal {
    sqlstate: "28P01",
    postgresql: "The password that was provided for the role app is wrong.",
    number: 1045,
    mysql: "Access denied for user 'app'@'%' (using password: YES)",
};

async fn a_secret_that_was_rotated_while_a_kept_session_died_is_read_anew(engine: Engine) {
    let issued = Issued::new(|_| {});
    let is_rotated = Arc::new(AtomicBool::new(false));
    // The server ends its session and takes the new password alone, as after a rotation.
    let peer = database(engine, &issued, move |mut session| {
        let is_rotated = Arc::clone(&is_rotated);
        async move {
            let password = session.password().await.unwrap();
            if is_rotated.swap(true, Ordering::SeqCst) && !password.starts_with("after") {
                return session.refuse(WRONG_PASSWORD).await;
            }
            session.accept().await;
            let nonce = session.question().await.unwrap();
            session.answer(&nonce).await;
            // The next question ends the session.
            session.question().await;
        }
    })
    .await;
    let aws = Aws::start(|asked| {
        let password = if asked.before == 0 { "before the rotation" } else { "after the rotation" };
        Answer::secret(json!({ "username": "app", "password": password }))
    })
    .await;
    let vars = aws
        .lead(vars(engine, &issued, &peer))
        .without("DB_USER")
        .with("DB_AUTH", "secret")
        .with("DB_SECRET_ARN", ARN);
    let mut function = Function::start(&vars).await;
    for (retry, read) in [(Value::Null, 1), (json!("connection_lost"), 2)] {
        let report = function.report(b"{}").await;
        assert_eq!(report["status"], "healthy", "{report:#}");
        assert_eq!((&report["retry"]["code"], aws.asked().len()), (&retry, read), "{report:#}");
    }
    function.stop().await;
}
