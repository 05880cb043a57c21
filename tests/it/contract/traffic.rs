//! What crosses the wire of a session: no more than the question, and nothing that stays.
//!
//! RDS Proxy pins a session to its database connection on SET, on named prepared statements, on
//! LISTEN and the like:
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html>; a MySQL one on
//! every prepared statement, and on comments that it executes.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use crate::support::peer::{
    Issued, ask_for_password, client_message, health_row, parameter, ready,
};
use crate::support::{Vars, invoke, mysql};

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

/// The commands of a writer's MySQL sessions that are asked twice, cold and warm, and what the client
/// said before them inside TLS.
async fn mysql_asked_twice() -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let heard = Arc::new(Mutex::new((Vec::new(), Vec::new())));
    let kept = Arc::clone(&heard);
    let issued = Issued::new(|_| {});
    let peer = mysql::after_greeting(&issued, move |mut server| {
        let kept = Arc::clone(&kept);
        async move {
            for answer in [testkit::mysql::ask_for_password(), testkit::mysql::ok()] {
                let said = server.receive().await.unwrap();
                kept.lock().unwrap().0.push(said);
                server.send(&answer).await;
            }
            while let Some(command) = server.receive().await {
                let answer = mysql::health_row(mysql::nonce(&command));
                kept.lock().unwrap().1.push(command);
                server.send_all(&answer).await;
            }
        }
    })
    .await;
    let handler = mysql::vars(&issued, &peer).handler();
    for reused in [false, true] {
        let report = invoke(&handler, json!({})).await;
        assert_eq!(report["status"], "healthy", "{report:#}");
        assert_eq!(report["session"]["reused"], reused, "{report:#}");
    }
    let heard = heard.lock().unwrap();
    heard.clone()
}

#[tokio::test]
async fn a_mysql_session_is_asked_one_text_query_that_pins_nothing_and_nothing_else() {
    let (login, commands) = mysql_asked_twice().await;
    assert_eq!(login.len(), 2, "the login packet, and the token alone");
    assert_eq!(commands.len(), 2, "a question is one round trip");
    for command in commands {
        assert_eq!(command[0], 3, "a prepared statement pins the session");
        let sql = std::str::from_utf8(&command[1..]).unwrap().to_ascii_lowercase();
        assert!(sql.starts_with("select "), "{sql}");
        for word in [";", "set ", "/*", " into ", "for update", "get_lock", ":="] {
            assert!(!sql.contains(word), "{word} in {sql}");
        }
    }
}
