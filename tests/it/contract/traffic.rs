//! What crosses the wire of a session: no more than the question, and nothing that stays.
//!
//! RDS Proxy pins a session to its database connection on SET, on named prepared statements, on
//! LISTEN and the like:
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html>.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use crate::support::peer::{
    Issued, ask_for_password, client_message, health_row, parameter, ready,
};
use crate::support::{Vars, invoke};

/// Everything that a client said after its startup message: type and body of each message.
type Said = Arc<Mutex<Vec<(u8, Vec<u8>)>>>;

/// What a writer's sessions say and hear when it is asked twice, cold and warm. The server
/// answers only where the protocol makes a client wait: after the password, and after `Sync`.
async fn asked_twice() -> Vec<(u8, Vec<u8>)> {
    let said = Said::default();
    let heard = Arc::clone(&said);
    let issued = Issued::new(|_| {});
    let peer = issued
        .peer(move |mut stream| {
            let heard = Arc::clone(&heard);
            async move {
                stream.write_all(&ask_for_password()).await.unwrap();
                stream.flush().await.unwrap();
                let mut nonce = vec![];
                while let Some((kind, body)) = client_message(&mut stream).await {
                    let answer = match kind {
                        b'p' => ready(),
                        b'S' => health_row(&nonce),
                        b'B' => {
                            nonce = parameter(&body).to_vec();
                            vec![]
                        }
                        _ => vec![],
                    };
                    heard.lock().unwrap().push((kind, body));
                    stream.write_all(&answer).await.unwrap();
                    stream.flush().await.unwrap();
                }
            }
        })
        .await;
    let handler = Vars::to(peer.address).with("DB_CA_FILE", issued.ca_file()).handler();
    for reused in [false, true] {
        let report = invoke(&handler, json!({})).await;
        assert_eq!(report["status"], "healthy", "{report:#}");
        assert_eq!(report["session"]["reused"], reused, "{report:#}");
    }
    let said = said.lock().unwrap();
    said.clone()
}

#[tokio::test]
async fn a_question_is_one_round_trip_and_signing_in_is_the_password_alone() {
    let kinds: Vec<u8> = asked_twice().await.iter().map(|(kind, _)| *kind).collect();
    // Parse, Bind, Describe, Execute, Sync: the five are one flight, which only Sync ends.
    assert_eq!(String::from_utf8(kinds).unwrap(), "pPBDESPBDES");
}

#[tokio::test]
async fn a_session_is_asked_an_unnamed_select_and_nothing_else() {
    let said = asked_twice().await;
    let parsed: Vec<&[u8]> =
        said.iter().filter(|(kind, _)| *kind == b'P').map(|(_, body)| body.as_slice()).collect();
    assert_eq!(parsed.len(), 2);
    for body in parsed {
        assert_eq!(body[0], 0, "a named prepared statement pins the session");
        let sql = body[1..].split(|byte| *byte == 0).next().unwrap();
        let sql = std::str::from_utf8(sql).unwrap().to_ascii_lowercase();
        assert!(sql.starts_with("select "), "{sql}");
        for word in [";", "set_config", "nextval", "advisory", "into ", "for update"] {
            assert!(!sql.contains(word), "{word} in {sql}");
        }
    }
    let binds = said.iter().filter(|(kind, _)| *kind == b'B').map(|(_, body)| body);
    for body in binds {
        assert_eq!(body[..2], [0, 0], "portal and statement are unnamed");
    }
}
