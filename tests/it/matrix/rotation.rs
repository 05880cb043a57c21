//! A secret that is rotated while a session is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use super::Function;
use crate::support::Vars;
use crate::support::aws::{Answer, Aws};
use crate::support::peer::{
    Issued, ask_for_password, client_message, error_response, health_row, question, ready,
};

const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf";

#[tokio::test]
async fn a_secret_that_was_rotated_while_a_kept_session_died_is_read_anew() {
    let issued = Issued::new(|_| {});
    let is_rotated = Arc::new(AtomicBool::new(false));
    // The server ends its session and takes the new password alone, as after a rotation.
    let peer = issued
        .peer(move |mut stream| {
            let is_rotated = Arc::clone(&is_rotated);
            async move {
                stream.write_all(&ask_for_password()).await.unwrap();
                let (_, password) = client_message(&mut stream).await.unwrap();
                if is_rotated.swap(true, Ordering::SeqCst) && !password.starts_with(b"after") {
                    let text = "The password that was provided for the role app is wrong.";
                    stream.write_all(&error_response("28P01", text)).await.unwrap();
                    return;
                }
                stream.write_all(&ready()).await.unwrap();
                let nonce = question(&mut stream).await.unwrap();
                stream.write_all(&health_row(&nonce)).await.unwrap();
                // The next question ends the session.
                question(&mut stream).await;
            }
        })
        .await;
    let aws = Aws::start(|asked| {
        let password = if asked.before == 0 { "before the rotation" } else { "after the rotation" };
        Answer::secret(json!({ "username": "app", "password": password }))
    })
    .await;
    let vars = aws
        .lead(Vars::to(peer.address))
        .without("DB_USER")
        .with("DB_AUTH", "secret")
        .with("DB_SECRET_ARN", ARN)
        .with("DB_CA_FILE", issued.ca_file());
    let mut function = Function::start(&vars).await;
    for (retry, read) in [(Value::Null, 1), (json!("connection_lost"), 2)] {
        let report = function.report(b"{}").await;
        assert_eq!(report["status"], "healthy", "{report:#}");
        assert_eq!((&report["retry"]["code"], aws.asked().len()), (&retry, read), "{report:#}");
    }
    function.stop().await;
}
